"""The row that stands for a thread in lists: derived from its messages, links and suggestions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from crm_model.mail import Direction, Outcome
from sync.store.batches import batches
from sync.store.database import Unit, next_seq
from sync.store.tables import links, message_texts, messages, records, suggestions, threads

_SNIPPET_CHARACTERS = 160
_PEOPLE_SHOWN = 4
_MESSAGE_COLUMNS = (
    messages.c.id,
    messages.c.thread_id,
    messages.c.subject,
    messages.c.from_name,
    messages.c.from_email,
    messages.c.received_at,
    messages.c.sent_at,
    messages.c.direction,
    messages.c.unread,
    messages.c.outcome,
    messages.c.attachments,
)


def refresh_threads(unit: Unit, thread_ids: Collection[int]) -> None:
    """Bring the rows of these threads up to date and mark them changed for whoever watches."""
    if not thread_ids:
        return
    seq = next_seq(unit)
    for some in batches(thread_ids):
        by_thread: dict[int, list[Any]] = defaultdict(list)
        for row in unit.execute(sa.select(*_MESSAGE_COLUMNS).where(messages.c.thread_id.in_(some))):
            by_thread[row.thread_id].append(row)
        gone = sa.exists().where(records.c.id == links.c.record_id, records.c.state == "deleted")
        linked = _threads_with(unit, links, sa.and_(links.c.removed_at.is_(None), ~gone), some)
        asked = _threads_with(unit, suggestions, suggestions.c.state == "open", some)
        newest = {thread_id: max(rows, key=_time) for thread_id, rows in by_thread.items()}
        snippets = _snippets(unit, [row.id for row in newest.values()])
        unit.execute(
            threads.update().where(threads.c.id == sa.bindparam("thread")),
            [
                {
                    "thread": thread_id,
                    "seq": seq,
                    "linked": thread_id in linked,
                    "suggested": thread_id in asked,
                    "snippet": snippets.get(newest[thread_id].id, "") if thread_id in newest else "",
                    **_summary(by_thread.get(thread_id, [])),
                }
                for thread_id in some
            ],
        )


def _time(row: Any) -> tuple[Any, int]:
    return (row.sent_at or row.received_at, row.id)


def _summary(rows: list[Any]) -> dict[str, Any]:
    rows = sorted(rows, key=_time)
    if not rows:
        return {
            "subject": "",
            "people": "",
            "last_at": None,
            "message_count": 0,
            "unread_count": 0,
            "attachment_count": 0,
            "last_direction": "",
            "noise": False,
        }
    # A sender's clock may be wrong: the newest arrival decides the place in the list, not a Date in the future.
    return {
        "subject": next((row.subject for row in rows if row.subject), ""),
        "people": _people(rows),
        "last_at": max(row.received_at for row in rows),
        "message_count": len(rows),
        "unread_count": sum(row.unread for row in rows),
        "attachment_count": sum(len(row.attachments) for row in rows),
        "last_direction": rows[-1].direction,
        "noise": all(row.outcome == Outcome.IGNORED for row in rows),
    }


def _people(rows: list[Any]) -> str:
    """Who wrote, strangers before our own people, newest first."""
    newest_first = rows[::-1]
    strangers = [row for row in newest_first if row.direction == Direction.INCOMING]
    ordered = strangers + [row for row in newest_first if row.direction != Direction.INCOMING]
    names = dict.fromkeys(row.from_name or row.from_email for row in ordered)
    names.pop("", None)
    shown = list(names)[:_PEOPLE_SHOWN]
    return ", ".join(shown) + ("…" if len(names) > len(shown) else "")


def _threads_with(unit: Unit, table: sa.Table, condition: sa.ColumnElement[bool], some: list[int]) -> set[int]:
    query = sa.select(table.c.thread_id).where(table.c.thread_id.in_(some), condition)
    return set(unit.execute(query).scalars())


def _snippets(unit: Unit, message_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in batches(message_ids):
        rows = unit.execute(
            sa.select(
                message_texts.c.message_id, sa.func.substr(message_texts.c.body, 1, 3 * _SNIPPET_CHARACTERS)
            ).where(message_texts.c.message_id.in_(some))
        )
        found.update((message_id, " ".join(body.split())[:_SNIPPET_CHARACTERS]) for message_id, body in rows)
    return found
