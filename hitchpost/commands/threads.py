"""`hitchpost threads` and `hitchpost thread`: conversations, for people and scripts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import note, print_json, print_line, print_rows, print_text
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from sync.views import ConversationView, MessageView, ThreadRow


class View(StrEnum):
    """The filters of the conversation list, as `sync.views.Mailview` has them; a test compares the two."""

    TRIAGE = "triage"
    DUE = "due"
    LATER = "later"
    UNREAD = "unread"
    SUGGESTED = "suggested"
    LINKED = "linked"
    UNLINKED = "unlinked"
    WAITING = "waiting"
    OWING = "owing"
    AWAITED = "awaited"
    COLD = "cold"
    NOISE = "noise"
    ARCHIVED = "archived"
    ALL = "all"


def threads(
    context: typer.Context,
    *,
    text: Annotated[str, typer.Argument(help="What to search for, as --search.")] = "",
    search: Annotated[
        str, typer.Option("--search", "-s", help="Words and operators: from:kari is:unlinked before:oct -invoice.")
    ] = "",
    view: Annotated[View, typer.Option("--view", "-v", help="Which conversations.")] = View.TRIAGE,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, newest first.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List conversations, newest first.

    Operators: from: to: subject: company: stage: owner: is: has:attachment before: after:, "a phrase", -what is not
    wanted. What of a search was not understood is said on stderr.

    Example: hitchpost threads --search "company:fjord after:2w -is:linked" --json
    """
    from sync import queries
    from sync.viewer import Viewer
    from sync.views import Mailview

    text = f"{text} {search}".strip()
    for remark in queries.search_remarks(text):
        note(remark)
    settings = load_settings(context, config)
    viewer = Viewer(settings.author, datetime.now().astimezone(), settings.patience)
    with opened_store(settings) as store:
        ids = queries.thread_ids(store, Mailview(view.value), text, viewer=viewer)[:limit]
        by_id = queries.thread_rows(store, list(ids))
    rows = [by_id[number] for number in ids if number in by_id]
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "last", "marks", "people", "subject", "messages"),
        ((row.id, row.last_at, marks(row), row.people, row.subject, row.message_count) for row in rows),
        empty="No conversation here; `hitchpost views` says how much each list holds.",
    )


def marks(row: ThreadRow) -> str:
    """What is up with a conversation, in words."""
    waiting = {"us": "waits for us", "them": "waits for them"}.get(row.waiting, "")
    flags = {"unread": row.unread_count, "linked": row.linked, "suggested": row.suggested, "noise": row.noise}
    return ", ".join([name for name, is_set in flags.items() if is_set] + ([waiting] if waiting else []))


def thread(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="Its id, as `hitchpost threads` shows it.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a conversation, what it is linked to, and why.

    Example: hitchpost thread 42
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        conversation = queries.conversation(store, number)
    if as_json:
        print_json(conversation)
    else:
        _show(conversation)


def _show(conversation: ConversationView) -> None:
    print_line(conversation.thread.subject or "(no subject)")
    for link in conversation.links:
        broken = " (gone)" if link.broken else ""
        why = f"{link.rule}: {link.evidence}" if link.evidence else link.rule
        print_line(f"linked to {link.kind.value} {link.record_id} {link.title}{broken} - {why} (by {link.author})")
    if asked := conversation.suggestion:
        print_line(f"suggested: {asked.kind} - {'; '.join(reason.evidence for reason in asked.reasons)}")
    for message in conversation.messages:
        _show_message(message)


def _show_message(message: MessageView) -> None:
    from hitchpost.commands.sent import moment

    print_line()
    to = ", ".join(str(address) for address in message.to)
    print_line(f"{message.at.astimezone():%Y-%m-%d %H:%M} {message.from_} to {to}")
    judged = dict.fromkeys((message.verdict or "not judged", message.rule))
    print_line(f"[{message.outcome.value}: {', '.join(judged)}]")
    if message.tracking:
        print_line(f"reading: {message.tracking.summary(moment)}")
        for hit in message.tracking.hits:
            what = f"clicked {hit.link}" if hit.link else "opened"
            print_line(f"  {moment(hit.at)} {hit.who.value} {what}: {'; '.join(hit.reasons)}")
    for attachment in message.attachments:
        about = f"{attachment.content_type}, {attachment.size:,} bytes"
        print_line(f"attached: {attachment.name} ({about}; hitchpost attachment {message.id} {attachment.part})")
    print_text(message.text, indent="  ")
    if message.quoted:
        print_text(f"[{len(message.quoted.splitlines())} quoted lines]", indent="  ")
