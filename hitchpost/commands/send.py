"""`hitchpost send`: write a mail from a script or a terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.commands.outbox import show_draft
from hitchpost.output import note, print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from sync.composing.draft import Desk, Draft
    from sync.settings import Settings
    from sync.store import Store


Attached = Annotated[list[Path] | None, typer.Option("--attach", "-a", metavar="FILE", help="Repeat for more.")]


class TrackWord(StrEnum):
    """As `crm_model.tracking.TrackingMode`; a test compares them."""

    NONE = "none"
    AGGREGATE = "aggregate"
    INDIVIDUAL = "individual"


TrackOption = Annotated[
    TrackWord | None, typer.Option(help="What is to be known of its reading, if not what the configuration says.")
]
SequenceOption = Annotated[
    bool, typer.Option("--sequence", help="One of many alike: with a link that ends them, as the law wants.")
]
Addresses = Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="Repeat for more.")]


def send(
    context: typer.Context,
    *,
    to: Addresses = None,
    cc: Addresses = None,
    bcc: Addresses = None,
    subject: Annotated[str, typer.Option("--subject", "-s", help="The subject; a reply keeps its own.")] = "",
    text: Annotated[str, typer.Option("--text", "-t", help="The text; “-” reads it from standard input.")] = "",
    attach: Attached = None,
    template: Annotated[str, typer.Option(metavar="NAME", help="A template of the configuration.")] = "",
    record: Annotated[int | None, typer.Option(metavar="ID", help="The record it is about: linked to it.")] = None,
    reply: Annotated[int | None, typer.Option(metavar="THREAD", help="Answer this conversation.")] = None,
    reply_all: Annotated[bool, typer.Option("--all", help="With --reply: answer everybody.")] = False,
    forward: Annotated[int | None, typer.Option(metavar="THREAD", help="Forward its last message.")] = None,
    account: Annotated[str, typer.Option(metavar="NAME", help="The mail account, if not the first that can.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="Send later: “fri 9”, “+2h”, “22 Nov 14:30”.")] = "",
    track: TrackOption = None,
    sequence: SequenceOption = False,
    empty: Annotated[bool, typer.Option("--empty", help="Send it without a text of its own.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the mail; send nothing.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a mail into the outbox; the agent sends it, or the next `hitchpost sync`.

    Example: hitchpost send --to ola@fjord.example --subject Offer --text - --attach offer.pdf
    """
    _check_given(reply, forward, says_something=bool(empty or text.strip() or template or attach))
    send_at = _time(at) if at else None
    settings = load_settings(context, config)
    with opened_store(settings) as store:
        draft = _begun(store, settings.desk, reply, forward, reply_all=reply_all, record=record, account=account)
        more = {"to": to, "cc": cc, "bcc": bcc}
        draft = _written(draft, more, subject=subject, text=text, attach=attach)
        draft = _with_template(store, settings.desk, draft, template)
        draft = _followed(store, settings.desk, draft, track, sequence=sequence)
        if dry_run:
            _only_show(draft, settings.desk, as_json)
            return
        _put_out(store, settings, draft, send_at, as_json)


def _check_given(reply: int | None, forward: int | None, *, says_something: bool) -> None:
    if reply is not None and forward is not None:
        raise typer.BadParameter("a mail is either a reply or a forward")
    if forward is None and not says_something:
        raise typer.BadParameter("the mail has no text: give --text, or --empty to send it all the same")


def _put_out(store: Store, settings: Settings, draft: Draft, send_at: datetime | None, as_json: bool) -> None:
    from sync import edits

    number = edits.send_mail(store, draft, settings.desk, settings.author, send_at=send_at)
    if as_json:
        print_json({"mail": number})
        return
    print_line(f"mail {number} to {draft.to or draft.cc or draft.bcc}")
    when = f"at {send_at.astimezone():%Y-%m-%d %H:%M}" if send_at else f"in {settings.desk.undo_seconds} seconds"
    note(f"It leaves {when}, with the agent or the next `hitchpost sync`; `hitchpost outbox cancel {number}` holds it.")


def _followed(store: Store, desk: Desk, draft: Draft, track: TrackWord | None, *, sequence: bool) -> Draft:
    """Say what will be known of its reading, where anything is asked for, and who wants no mail."""
    from crm_model.tracking import TrackingMode
    from sync.following import outlook

    draft = replace(draft, tracking=TrackingMode(track.value) if track else None, sequence=sequence)
    ahead = outlook(store, draft, desk)
    if ahead.decision.wanted is not TrackingMode.NONE:
        note(ahead.words)
    for warning in ahead.warnings:
        note(warning)
    return draft


def _only_show(draft: Draft, desk: Desk, as_json: bool) -> None:
    from sync.composing.checks import check_draft

    check_draft(draft, desk)
    show_draft(draft, as_json)


def _begun(
    store: Store,
    desk: Desk,
    reply: int | None,
    forward: int | None,
    *,
    reply_all: bool,
    record: int | None,
    account: str,
) -> Draft:
    from sync import writing
    from sync.composing.draft import DraftKind

    thread = reply if reply is not None else forward
    if thread is None:
        return writing.new_mail(store, desk, record_id=record, account=account)
    kind = DraftKind.FORWARD if reply is None else DraftKind.REPLY_ALL if reply_all else DraftKind.REPLY
    draft = writing.answer(store, desk, writing.answered_message(store, thread), kind)
    return replace(draft, account=account or draft.account, record_id=record)


def _written(
    draft: Draft, more: dict[str, list[str] | None], *, subject: str, text: str, attach: list[Path] | None
) -> Draft:
    from sync.composing.draft import DraftFile

    return replace(
        draft,
        to=_joined(draft.to, more["to"]),
        cc=_joined(draft.cc, more["cc"]),
        bcc=_joined(draft.bcc, more["bcc"]),
        subject=subject or draft.subject,
        text=f"{sys.stdin.read() if text == '-' else text}{draft.text}",
        files=tuple(DraftFile(str(path.absolute())) for path in attach or ()),
    )


def _with_template(store: Store, desk: Desk, draft: Draft, name: str) -> Draft:
    from sync import writing

    return writing.use_template(store, desk, draft, name) if name else draft


def _joined(known: str, more: list[str] | None) -> str:
    return ", ".join(filter(None, (known, *(more or ()))))


def _time(text: str) -> datetime:
    from crm_model.typed_times import read_time

    now = datetime.now(UTC)
    try:
        at = read_time(text, now, None)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from error
    if at <= now:
        raise typer.BadParameter(f"“{text}” is over: it was {at.astimezone():%Y-%m-%d %H:%M}")
    return at
