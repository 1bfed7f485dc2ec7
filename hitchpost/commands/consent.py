"""`hitchpost consent`: who agreed to be followed or written to, a copy of what is known of them, an end of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hitchpost.output import note, print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

app = typer.Typer(
    no_args_is_help=True, help="Who agreed to have opens and clicks followed, who wants no mail; a person's data."
)
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")]


class PurposeWord(StrEnum):
    """`crm_model.tracking.Purpose`, and the two that tracking is made of; a test compares them."""

    OPEN = "open"
    CLICK = "click"
    TRACKING = "tracking"
    MAIL = "mail"


class StateWord(StrEnum):
    """As `crm_model.tracking.ConsentState`; a test compares them."""

    GIVEN = "given"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List what people answered: the newest answer of each person and purpose.

    Example: hitchpost consent list --json
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        rows = queries.consents(store)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("address", "purpose", "state", "since", "source", "by"),
        ((row.address, row.purpose.value, row.state.value, row.at, row.source, row.author) for row in rows),
        empty="Nobody has answered yet, and no answer was noted.",
    )


@app.command("show")
def show(context: typer.Context, address: Address, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show all that a person ever answered, and what they ended.

    Example: hitchpost consent show ola@fjord.example
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        data = queries.personal_data(store, address)
    if as_json:
        print_json({"address": data.address, "consents": data.consents, "suppressions": data.suppressions})
        return
    for said in data.consents:
        version = f", text {said.text_version}" if said.text_version else ""
        by = f" (noted by {said.author})" if said.author else ""
        when = f"{said.at.astimezone():%Y-%m-%d %H:%M}"
        print_line(f"{when} {said.purpose.value}: {said.state.value}, {said.source}{version}{by}")
    for end in data.suppressions:
        print_line(f"no {end.scope.value} since {end.at.astimezone():%Y-%m-%d %H:%M} ({end.source})")
    if not data.consents and not data.suppressions:
        note("Nobody has asked this person yet, as far as is known here.")


@app.command("set")
def set_(
    context: typer.Context,
    address: Address,
    purpose: Annotated[PurposeWord, typer.Argument(help="What was asked; “tracking” is open and click.")],
    state: Annotated[StateWord, typer.Argument(help="What the person answered; “unknown” takes it back.")],
    *,
    source: Annotated[str, typer.Option("--source", "-s", help="How you know: “on the phone”, “signed form”.")],
    text_version: Annotated[str, typer.Option("--text-version", metavar="NAME", help="Of the text they saw.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note what a person answered. Who refuses is not even recorded any more, also in mail that has left.

    Example: hitchpost consent set ola@fjord.example tracking given --source "on the phone"
    """
    from crm_model.tracking import ConsentState, Purpose
    from sync import edits

    settings = load_settings(context, config)
    both = purpose is PurposeWord.TRACKING
    purposes = [Purpose.OPEN, Purpose.CLICK] if both else [Purpose(purpose.value)]
    with opened_store(settings) as store:
        edits.set_consent(
            store,
            address,
            purposes,
            ConsentState(state.value),
            source=source,
            author=settings.author,
            text_version=text_version,
        )
    if as_json:
        print_json({"address": address, "purposes": purposes, "state": state.value})
    else:
        print_line(f"{address}: {purpose.value} {state.value}")


@app.command("export")
def export(context: typer.Context, address: Address, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Print all that tracking knows of a person, as JSON: answers, tokens, opens and clicks with their verdicts.

    Example: hitchpost consent export ola@fjord.example > ola.json
    """
    from sync import queries

    del as_json  # it is JSON anyway; scripts give the flag to every command
    with opened_store(load_settings(context, config)) as store:
        print_json(queries.personal_data(store, address))


@app.command("erase")
def erase(
    context: typer.Context,
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete all that tracking knows of a person. Links in old mail go on working; “no more mail” stays, unreadable.

    Example: hitchpost consent erase ola@fjord.example --yes
    """
    from sync import edits

    with opened_store(load_settings(context, config)) as store:
        known = edits.is_followed(store, address)
        if known and not yes:
            typer.confirm(f"Delete the answers, opens and clicks of {address} for good?", abort=True, err=True)
        count = edits.erase_tracking(store, address)
    if as_json:
        print_json({"address": address, "events": count})
    elif known:
        print_line(f"{address}: {count} opens and clicks deleted")
    else:
        note(f"Nothing is known of {address}, so nothing was deleted.")
