"""`hitchpost form`: web forms in the configuration, and how to put one on a page."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.output import note, print_json, print_line, print_rows, print_text
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file

if TYPE_CHECKING:
    from pathlib import Path

    from crm_model.web_forms import FormField, FormRules
    from sync.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Add, list, show and remove web forms; put one on a page.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name in the configuration and in its address.")]
Title = Annotated[str, typer.Option("--title", "-t", help="The heading of the form.")]
Languages = Annotated[
    list[str] | None, typer.Option("--language", "-l", metavar="LANGUAGE", help="en, no, sv, it or ru; repeat.")
]
Asks = Annotated[
    list[str] | None,
    typer.Option("--ask", "-a", metavar="FIELD", help="A field; “email!” must be filled in. Repeat; else the usual."),
]
Origins = Annotated[
    list[str] | None, typer.Option("--origin", "-o", metavar="SITE", help="A site that may embed it. Repeat.")
]
Owners = Annotated[
    list[str] | None,
    typer.Option("--owner", metavar="SERVICE=USER", help="Whose leads those for a service are; * for any other."),
]


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: Name,
    title: Title = "",
    language: Languages = None,
    ask: Asks = None,
    origin: Origins = None,
    owner: Owners = None,
    leads: Annotated[str, typer.Option("--leads", help="suggest or auto; else as for mail.")] = "",
    double_opt_in: Annotated[bool, typer.Option("--double-opt-in", help="Confirmed by mail before it counts.")] = False,
    redirect: Annotated[str, typer.Option("--redirect", metavar="URL", help="Where a thank-you leads.")] = "",
    privacy_url: Annotated[str, typer.Option("--privacy-url", metavar="URL", help="Your page on privacy.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a form to the configuration; asks for its title. docs/forms.md has what else a form can hold.

    Example: hitchpost form add contact -t "Kontakt oss" -l no -l en -o https://www.company.example

    Example: hitchpost form add callback -t "Call me" -a name! -a phone! -a service --owner hosting=kari@company.example
    """
    from sync.settings.file import add_form

    values: dict[str, object] = {
        "title": title or _asked_title(),
        "languages": language or ["en"],
        "origins": origin or [],
        "leads": leads,
        "double_opt_in": double_opt_in,
        "redirect": redirect,
        "privacy_url": privacy_url,
        "owners": dict(_owner(each) for each in owner or ()),
        "field": [_field(each) for each in ask or ()],
    }
    add_form(settings_file(context, config), name, {key: value for key, value in values.items() if value})
    connections.show_done("added", name, as_json, _next_steps(name))
    _note_unknown_owners(load_settings(context, config), name)


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the forms.

    Example: hitchpost form list --json
    """
    forms = load_settings(context, config).forms
    if as_json:
        print_json([_in_full(each) for each in forms])
        return
    print_rows(
        ("name", "title", "languages", "fields", "leads", "sites"),
        (
            (
                each.form.name,
                each.form.title,
                ", ".join(each.form.languages),
                ", ".join(map(_field_words, each.form.fields)),
                each.leads or "as for mail",
                ", ".join(each.form.origins),
            )
            for each in forms
        ),
        empty="No form yet; `hitchpost form add` begins.",
    )


@app.command("show")
def show(context: typer.Context, name: Name, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show everything about a form.

    Example: hitchpost form show contact
    """
    rules = _find(load_settings(context, config), name, settings_file(context, config))
    if as_json:
        print_json(_in_full(rules))
        return
    for key, value in _in_full(rules).items():
        if key != "fields" and value not in ("", (), {}):
            print_line(f"{key.replace('_', ' ')}: {_words(value)}")
    print_rows(
        ("field", "kind", "means", "required", "at most", "label"),
        (
            (
                each.name,
                each.kind,
                each.means,
                "yes" if each.required else "",
                each.max_length,
                " / ".join(each.labels.values()),
            )
            for each in rules.form.fields
        ),
    )


@app.command("remove")
def remove(context: typer.Context, name: Name, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Remove a form; what came through it stays.

    Example: hitchpost form remove contact
    """
    from sync.settings.file import remove_table

    remove_table(settings_file(context, config), "form", name)
    connections.show_done("removed", name, as_json)


@app.command("snippet")
def snippet(
    context: typer.Context,
    name: Name,
    *,
    url: Annotated[
        str,
        typer.Option("--url", "-u", metavar="URL", help="The outpost as the world sees it; else tracking.url."),
    ] = "",
    language: Annotated[str, typer.Option("--language", "-l", help="The language of the page it goes on.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a form as HTML for a page of yours: no script, no frame, your own style.

    Example: hitchpost form snippet contact --url https://forms.company.example -l no
    """
    from agent.web_forms.snippet import snippet_of

    settings = load_settings(context, config)
    form = _find(settings, name, settings_file(context, config)).form
    base = url or settings.desk.tracking.url
    if not base:
        raise typer.BadParameter("say with --url where the world reaches the outpost, or write url into [tracking]")
    html = snippet_of(form, form.language(language), base.rstrip("/"))
    if as_json:
        print_json({"html": html})
    else:
        print_text(html)


def _note_unknown_owners(settings: Settings, name: str) -> None:
    """Say whom the CRM, as it was last read, does not know; it may know them by now, so nothing is refused."""
    from sync.edits.fitting import unknown_owners
    from sync.store.field_specs import owners_of

    owners = next((each.owners for each in settings.forms if each.form.name == name), None)
    if not owners or not any(crm.name == settings.leads.crm for crm in settings.crms):
        return
    with opened_store(settings) as store, store.read() as unit:
        people = owners_of(unit, settings.leads.crm)
    for unknown in unknown_owners(owners.values(), people) if people else ():
        note(f"The CRM {settings.leads.crm} has no user “{unknown}”: such leads will have no owner.")


def _next_steps(name: str) -> str:
    return (
        f"The outpost (hitchpost web) shows it at /f/{name} after the agent's next pass, or hitchpost sync.\n"
        f"Put it on a page: hitchpost form snippet {name} --url https://…"
    )


def _asked_title() -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("a form needs --title: the heading that people see")
    return str(typer.prompt("Title (the heading that people see)", err=True))


def _field(word: str) -> dict[str, object]:
    """One of the usual fields by its name, "!" behind it for one that must be filled in."""
    from crm_model.web_forms import USUAL_FIELDS
    from sync.settings.options import nearest_name

    usual = {each.name: each for each in USUAL_FIELDS}
    name = word.rstrip("!")
    if name not in usual:
        nearest = nearest_name(name, usual)
        hint = f"Did you mean “{nearest}”?" if nearest else f"There are {', '.join(usual)}; others go into the file."
        raise typer.BadParameter(f"there is no usual field “{name}”. {hint}")
    chosen = replace(usual[name], required=word.endswith("!"))
    return {"name": name, "kind": chosen.kind.value} | ({"required": True} if chosen.required else {})


def _owner(word: str) -> tuple[str, str]:
    service, equals, owner = word.rpartition("=")
    if not equals or not service.strip() or not owner.strip():
        raise typer.BadParameter(f"--owner wants SERVICE=USER, not “{word}”")
    return service.strip(), owner.strip()


def _find(settings: Settings, name: str, file: Path) -> FormRules:
    from crm_model.errors import ConfigError
    from sync.settings.options import nearest_name

    forms = {each.form.name: each for each in settings.forms}
    if name not in forms:
        raise ConfigError("there is no form of this name", file=file, key=name, nearest=nearest_name(name, forms))
    return forms[name]


def _in_full(rules: FormRules) -> dict[str, object]:
    """Everything about a form, plain."""
    from crm_model.web_forms import pack_form

    own = {"leads": rules.leads, "owners": dict(rules.owners), "mail_account": rules.mail_account}
    return pack_form(rules.form) | own | {"confirm_days": rules.confirm_days}


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key or 'any other'} = {each}" for key, each in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(each["name"] if isinstance(each, dict) else str(each) for each in value)
    return str(value)


def _field_words(field: FormField) -> str:
    return f"{field.name}{'!' if field.required else ''}"
