"""`hitchpost outbox`: what waits, what failed, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import print_json, print_line, print_rows, print_text
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from sync.composing.draft import Draft
    from sync.views import DeliveryView

app = typer.Typer(
    no_args_is_help=True, help="Mail of yours that is not sent yet: drafts, what waits, what failed, what is in doubt."
)
Number = Annotated[int, typer.Argument(metavar="ID", help="Its id, as `hitchpost outbox list` shows it.")]


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List drafts and mails that are not sent, newest first.

    Example: hitchpost outbox list --json
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        rows = queries.outbox(store)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "state", "leaves", "to", "subject", "trouble"),
        ((row.id, row.state.value, row.due_at, row.to, row.subject, _trouble(row)) for row in rows),
        empty="No draft, and nothing that waits: everything is sent.",
    )


def _trouble(row: DeliveryView) -> str:
    return row.error or "; ".join(f"{who}: {why}" for who, why in row.refused)


@app.command("show")
def show(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show a mail of the outbox as it was written.

    Example: hitchpost outbox show 7
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        draft = queries.mail_draft(store, number)
    show_draft(draft, as_json)


def show_draft(draft: Draft, as_json: bool) -> None:
    """A mail as it was written."""
    if as_json:
        print_json(draft)
        return
    for name in ("to", "cc", "bcc", "subject"):
        if value := getattr(draft, name):
            print_line(f"{name}: {value}")
    for file in draft.files:
        print_line(f"attached: {file.path}")
    print_line()
    print_text(draft.text)


@app.command("cancel")
def cancel(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take a mail back before it leaves: it is a draft again.

    Example: hitchpost outbox cancel 7
    """
    from sync import edits

    with opened_store(load_settings(context, config)) as store:
        edits.take_back(store, number)
    _say("draft", number, as_json)


@app.command("drop")
def drop(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Throw a draft away.

    Example: hitchpost outbox drop 7
    """
    from sync import edits

    with opened_store(load_settings(context, config)) as store:
        edits.drop_draft(store, number)
    _say("dropped", number, as_json)


@app.command("retry")
def retry(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Try a mail that failed, waits or is in doubt once more, now. Who has it does not get it again, as far as known.

    Example: hitchpost outbox retry 7
    """
    from sync import edits

    with opened_store(load_settings(context, config)) as store:
        edits.send_again(store, number)
    _say("waiting", number, as_json)


@app.command("sent")
def sent(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say that a mail in doubt did arrive.

    Example: hitchpost outbox sent 7
    """
    from sync import edits

    with opened_store(load_settings(context, config)) as store:
        edits.call_sent(store, number)
    _say("sent", number, as_json)


def _say(state: str, number: int, as_json: bool) -> None:
    if as_json:
        print_json({"mail": number, "state": state})
    else:
        print_line(f"mail {number}: {state}")
