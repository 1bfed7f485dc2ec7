"""One conversation with all its messages, as the views have it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from crm_model.errors import NotFound
from crm_model.links import Reason
from crm_model.mail import Address, Attachment, Direction, Outcome
from sync.store import deliveries, links, suggestions, tracking_summary
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.listing import thread_rows
from sync.store.tables import copies, message_texts, messages, threads
from sync.views import ConversationView, MessageView

_M = messages.c
_MESSAGES = (
    sa.select(
        _M.id,
        _M.from_name,
        _M.from_email,
        _M.recipients,
        _M.sent_at,
        _M.received_at,
        _M.subject,
        _M.direction,
        _M.attachments,
        _M.unread,
        _M.truncated,
        _M.verdict,
        _M.probability,
        _M.outcome,
        _M.rule,
        _M.reasons,
        message_texts.c.body,
    )
    .outerjoin(message_texts, message_texts.c.message_id == _M.id)
    .where(_M.thread_id == sa.bindparam("thread_id"))
    .order_by(sa.func.coalesce(_M.sent_at, _M.received_at), _M.id)
)
_MOST_MERGES = 100


def conversation(unit: Unit, thread_id: int) -> ConversationView:
    """A conversation, also under the id of one that was merged into it. Each message's whole body is in `text`.

    Errors: NotFound.
    """
    found = surviving_thread(unit, thread_id)
    row = thread_rows(unit, [found])[found]
    views = [message_view(message) for message in unit.execute(_MESSAGES, {"thread_id": found})]
    flags = flags_of(unit, [view.id for view in views])
    views = [replace(view, flags=flags.get(view.id, frozenset())) for view in views]
    ours = [view.id for view in views if view.direction is not Direction.INCOMING]
    ways, followed = deliveries.of_messages(unit, ours), tracking_summary.of_messages(unit, ours)
    views = [replace(view, tracking=followed.get(view.id)) for view in views]
    return ConversationView(
        thread=row,
        messages=tuple(replace(view, delivery=ways[view.id]) if view.id in ways else view for view in views),
        links=links.of_thread(unit, found),
        suggestion=suggestions.open_for_thread(unit, found),
    )


def surviving_thread(unit: Unit, thread_id: int) -> int:
    """The thread that `thread_id` is now, after any merges. Errors: NotFound."""
    for _ in range(_MOST_MERGES):
        row = unit.execute(sa.select(threads.c.id, threads.c.merged_into).where(threads.c.id == thread_id)).first()
        if row is None:
            break
        if row.merged_into is None:
            return int(row.id)
        thread_id = row.merged_into
    raise NotFound("This conversation is no longer here.")


def message_view(row: Any) -> MessageView:
    """A row of `messages` with its text as `body`."""

    def named(field: str) -> tuple[Address, ...]:
        return tuple(Address(email, name) for kind, name, email in row.recipients if kind == field)

    return MessageView(
        id=row.id,
        from_=Address(row.from_email, row.from_name),
        to=named("to"),
        cc=named("cc"),
        at=row.sent_at or row.received_at,
        subject=row.subject,
        direction=Direction(row.direction or Direction.INCOMING),
        text=row.body or "",
        quoted="",
        signature="",
        attachments=tuple(Attachment(name, kind, size, part) for name, kind, size, part in row.attachments),
        unread=row.unread,
        truncated=row.truncated,
        verdict=row.verdict,
        probability=row.probability,
        outcome=Outcome(row.outcome),
        rule=row.rule,
        reasons=tuple(Reason(rule, evidence) for rule, evidence in row.reasons),
    )


def attachments_of(unit: Unit, message_id: int) -> tuple[Attachment, ...]:
    """What a message carries; () for one that is not here."""
    row = unit.execute(sa.select(_M.attachments).where(_M.id == message_id)).one_or_none()
    return () if row is None else tuple(Attachment(*values) for values in row.attachments)


def flags_of(unit: Unit, message_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The flags that any mailbox holds a message with."""
    found: dict[int, frozenset[str]] = {}
    for some in batches(message_ids):
        query = sa.select(copies.c.message_id, copies.c.flags)
        for message_id, flags in unit.execute(
            query.where(copies.c.message_id.in_(some), copies.c.removed_at.is_(None))
        ):
            found[message_id] = found.get(message_id, frozenset()) | frozenset(flags.split())
    return found
