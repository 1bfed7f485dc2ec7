"""`hitchpost init`: the first configuration file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hitchpost.output import note, print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, settings_file

AuthorOption = Annotated[str | None, typer.Option("--author", help="Your name, as colleagues shall see it.")]
OrganisationOption = Annotated[str | None, typer.Option("--organisation", help="Your company's name.")]
DomainOption = Annotated[
    list[str] | None, typer.Option("--domain", help="A mail domain of your company. Repeat for more.")
]
AddressOption = Annotated[
    list[str] | None, typer.Option("--address", help="An own address outside these domains. Repeat for more.")
]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="Two letters: how numbers without country code are read.")
]


def init(
    context: typer.Context,
    *,
    author: AuthorOption = None,
    organisation: OrganisationOption = None,
    domain: DomainOption = None,
    address: AddressOption = None,
    country: CountryOption = None,
    leads: Annotated[str, typer.Option("--leads", help="suggest a lead for an enquiry, or make it: auto.")] = "suggest",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the configuration file; asks for what no option gives. It never overwrites one.

    Example: hitchpost init --author "Ingrid Solbakken" --organisation "Nordvik" --domain nordvik.example
    """
    from crm_model.errors import ConfigError
    from sync.settings.file import create_file
    from sync.settings.template import new_configuration

    file = settings_file(context, config)
    if file.exists():
        raise ConfigError("there is a configuration already; it is never overwritten", file=file)
    author, organisation = _answer(author, "Your name"), _answer(organisation, "Your company's name")
    domains = domain if domain is not None else _list(_answer(None, "Its mail domains, separated by blanks"))
    text = new_configuration(
        author=author,
        organisation=organisation,
        domains=domains,
        addresses=address if address is not None else _list(_answer(None, "Own addresses outside these domains")),
        region=_answer(country, "Country (two letters)"),
        leads_mode=leads,
    )
    create_file(file, text)
    _tell(file, as_json)
    if not domains:
        note("No mail domain was given: set organisation.domains, or colleagues' mail counts as strangers'.")
    note("Next: hitchpost mailbox add NAME --kind imap, then hitchpost sync, then hitchpost tui")


def _tell(file: Path, as_json: bool) -> None:
    if as_json:
        print_json({"written": file})
    else:
        print_line(f"written {file}")


def _answer(given: str | None, question: str) -> str:
    """What the option said, else what the person says; nothing where nobody can be asked."""
    if given is not None or not sys.stdin.isatty():
        return given or ""
    answer: str = typer.prompt(question, default="", show_default=False, err=True)
    return answer.strip()


def _list(answer: str) -> list[str]:
    return answer.replace(",", " ").split()
