"""Messages and their copies in mailboxes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.links import Reason
from crm_model.mail import Direction, Message, Outcome
from crm_model.safe_text import safe_line
from sync.store.batches import allocate_ids, batches, insert_many
from sync.store.database import Unit
from sync.store.mailbox_changes import wished_flags
from sync.store.tables import copies, message_texts, messages, quarantine, threads
from sync.store.thread_summary import refresh_threads
from sync.store.threads import facts_columns
from sync.threads import ThreadFacts

SEEN = "\\seen"
UNFETCHED = "failed"
"""How the key of what stands for a message begins whose bytes were never here."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message ready to be stored, with its one outcome. `raw` and `error` only for the quarantined."""

    id: int
    message: Message
    facts: ThreadFacts
    direction: Direction
    received_at: datetime
    unread: bool
    outcome: Outcome
    rule: str = ""
    reasons: tuple[Reason, ...] = ()
    verdict: str = ""
    probability: float = 0.0
    retry_at: datetime | None = None
    raw: bytes | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a mailbox holds a message."""

    uid: str
    message_id: int
    flags: frozenset[str]


def new_message_ids(unit: Unit, count: int) -> list[int]:
    return allocate_ids(unit, messages, count)


def held_uids(unit: Unit, mailbox_id: int, generation: str, uids: Collection[str]) -> dict[str, int]:
    """Which of these uids the store has in this folder, with their messages; placeholders of failures are left out."""
    found: dict[str, int] = {}
    for some in batches(uids):
        rows = unit.execute(
            sa.select(copies.c.uid, copies.c.message_id)
            .join(messages, messages.c.id == copies.c.message_id)
            .where(
                copies.c.mailbox_id == mailbox_id,
                copies.c.generation == generation,
                copies.c.uid.in_(some),
                messages.c.outcome != Outcome.FAILED.value,
            )
        )
        found.update((uid, message_id) for uid, message_id in rows)
    return found


def known_uids(unit: Unit, mailbox_id: int, generation: str, uids: Collection[str]) -> set[str]:
    """Which of these uids the store accounts for in this folder, failures included: those are fetched by name."""
    found: set[str] = set()
    for some in batches(uids):
        place = (copies.c.mailbox_id == mailbox_id, copies.c.generation == generation, copies.c.uid.in_(some))
        found.update(unit.execute(sa.select(copies.c.uid).where(*place)).scalars())
    return found


def ids_by_key(unit: Unit, keys: Collection[str]) -> dict[str, int]:
    """Stored messages by their identity."""
    found: dict[str, int] = {}
    for some in batches(keys):
        found.update(
            (key, message_id)
            for key, message_id in unit.execute(
                sa.select(messages.c.key, messages.c.id).where(messages.c.key.in_(some))
            )
        )
    return found


def settled_keys(unit: Unit, keys: Collection[str]) -> set[str]:
    """Which of these identities the store has for good: those of failed messages are to be looked at again."""
    found: set[str] = set()
    for some in batches(keys):
        query = sa.select(messages.c.key).where(messages.c.key.in_(some), messages.c.outcome != Outcome.FAILED.value)
        found.update(unit.execute(query).scalars())
    return found


def ours_among(unit: Unit, nodes: Collection[str]) -> set[str]:
    """Which of these Message-IDs are of mail that we sent."""
    found: set[str] = set()
    for some in batches(nodes):
        query = sa.select(messages.c.node).where(
            messages.c.node.in_(some), messages.c.direction == Direction.OUTGOING.value
        )
        found.update(unit.execute(query).scalars())
    return found


def insert_arrivals(unit: Unit, arrivals: Sequence[Arrival], thread_of: Mapping[int, int]) -> None:
    """Store messages with their texts; the threads come from `threads.assign_threads`."""
    insert_many(unit, messages, [_message_row(arrival, thread_of[arrival.id]) for arrival in arrivals])
    insert_many(unit, message_texts, [_text_row(arrival) for arrival in arrivals])
    insert_many(
        unit,
        quarantine,
        [{"message_id": each.id, "raw": each.raw, "error": each.error} for each in arrivals if each.raw is not None],
    )


def insert_copies(unit: Unit, mailbox_id: int, generation: str, found: Iterable[Copy]) -> None:
    insert_many(
        unit,
        copies,
        [
            {
                "mailbox_id": mailbox_id,
                "generation": generation,
                "uid": copy.uid,
                "message_id": copy.message_id,
                "flags": " ".join(sorted(copy.flags)),
            }
            for copy in found
        ],
    )


def change_flags(unit: Unit, mailbox_id: int, generation: str, flags: Mapping[str, frozenset[str]]) -> set[int]:
    """New flags of copies; the threads whose unread marks changed. Mail of ours is never unread."""
    held = held_uids(unit, mailbox_id, generation, flags)
    if not held:
        return set()
    place = (copies.c.mailbox_id == mailbox_id, copies.c.generation == generation, copies.c.uid == sa.bindparam("one"))
    unit.execute(
        copies.update().where(*place).values(flags=sa.bindparam("new_flags")),
        [{"one": uid, "new_flags": " ".join(sorted(flags[uid]))} for uid in held],
    )
    changed: set[int] = set()
    wished = wished_flags(unit, held.values())
    for unread in (True, False):
        wanted = [
            message_id
            for uid, message_id in held.items()
            if (SEEN not in flags[uid]) is unread and SEEN not in wished.get(message_id, {})
        ]
        for some in batches(wanted):
            rows = unit.execute(
                messages.update()
                .where(
                    messages.c.id.in_(some),
                    messages.c.unread.is_(not unread),
                    messages.c.direction == Direction.INCOMING.value,
                )
                .values(unread=unread)
                .returning(messages.c.thread_id)
            )
            changed.update(rows.scalars())
    return changed


def mark_removed(unit: Unit, mailbox_id: int, generation: str, uids: Collection[str], now: datetime) -> None:
    """Copies that the mailbox no longer holds; the messages stay."""
    for some in batches(uids):
        unit.execute(
            copies.update()
            .where(copies.c.mailbox_id == mailbox_id, copies.c.generation == generation, copies.c.uid.in_(some))
            .values(removed_at=now)
        )


def mark_absent(unit: Unit, mailbox_id: int, generation: str, present: Collection[str], now: datetime) -> None:
    """Copies of this generation whose uid is not among `present` are gone, those that came back are here again."""
    query = sa.select(copies.c.uid, copies.c.removed_at.is_(None).label("live")).where(
        copies.c.mailbox_id == mailbox_id, copies.c.generation == generation
    )
    gone: list[str] = []
    back: list[str] = []
    for uid, live in unit.execute(query):
        if live != (uid in present):
            (gone if live else back).append(uid)
    mark_removed(unit, mailbox_id, generation, gone, now)
    mark_present(unit, mailbox_id, generation, back)


def mark_present(unit: Unit, mailbox_id: int, generation: str, uids: Collection[str]) -> None:
    """Copies that the mailbox holds, even if they were taken for removed before."""
    for some in batches(uids):
        unit.execute(
            copies.update()
            .where(copies.c.mailbox_id == mailbox_id, copies.c.generation == generation, copies.c.uid.in_(some))
            .where(copies.c.removed_at.is_not(None))
            .values(removed_at=None)
        )


def retire_generations(unit: Unit, mailbox_id: int, generation: str, now: datetime) -> None:
    """Copies of other generations: after a UIDVALIDITY change the folder has been read anew."""
    unit.execute(
        copies.update()
        .where(copies.c.mailbox_id == mailbox_id, copies.c.generation != generation, copies.c.removed_at.is_(None))
        .values(removed_at=now)
    )


def failures_due(unit: Unit, mailbox_id: int, generation: str, now: datetime, limit: int = 50) -> list[str]:
    """Uids whose message failed and is to be fetched again now."""
    query = (
        sa.select(copies.c.uid)
        .join(messages, messages.c.id == copies.c.message_id)
        .where(copies.c.mailbox_id == mailbox_id, copies.c.generation == generation)
        .where(messages.c.outcome == Outcome.FAILED.value, messages.c.retry_at <= now, copies.c.removed_at.is_(None))
        .limit(limit)
    )
    return list(unit.execute(query).scalars())


def drop_failures(unit: Unit, mailbox_id: int, generation: str, uids: Collection[str]) -> None:
    """Take away what stands for failed messages, since they are about to be stored themselves."""
    for some in batches(uids):
        here = (copies.c.mailbox_id == mailbox_id, copies.c.generation == generation, copies.c.uid.in_(some))
        _drop(unit, sa.and_(messages.c.outcome == Outcome.FAILED.value, *here))


def forget_unfetched(unit: Unit) -> None:
    """Take away what stands for messages that left their mailbox before they could be fetched.

    Where they went, or as what they were renumbered, they come anew.
    """
    stand_in = sa.and_(messages.c.outcome == Outcome.FAILED.value, messages.c.key.startswith(f"{UNFETCHED} "))
    _drop(unit, sa.and_(stand_in, copies.c.removed_at.is_not(None)))


def _drop(unit: Unit, chosen: sa.ColumnElement[bool]) -> None:
    """Messages with their one copy, and the threads that held nothing else."""
    query = sa.select(copies.c.id, copies.c.message_id, messages.c.thread_id)
    rows = unit.execute(query.join(messages, messages.c.id == copies.c.message_id).where(chosen)).all()
    if not rows:
        return
    unit.execute(copies.delete().where(copies.c.id.in_([row.id for row in rows])))
    unit.execute(messages.delete().where(messages.c.id.in_([row.message_id for row in rows])))
    emptied = [row.thread_id for row in rows]
    refresh_threads(unit, emptied)
    unit.execute(threads.delete().where(threads.c.id.in_(emptied), threads.c.message_count == 0))


def _message_row(arrival: Arrival, thread_id: int) -> dict[str, Any]:
    message = arrival.message
    return {
        "id": arrival.id,
        "key": message.key,
        "thread_id": thread_id,
        "message_id": message.message_id or "",
        **facts_columns(arrival.facts),
        "subject": message.subject,
        "from_name": message.from_.name if message.from_ else "",
        "from_email": message.from_.email if message.from_ else "",
        "recipients": [
            [field, address.name, address.email]
            for field, addresses in (
                ("to", message.to),
                ("cc", message.cc),
                ("bcc", message.bcc),
                ("reply-to", message.reply_to),
            )
            for address in addresses
        ],
        "sent_at": message.sent_at,
        "received_at": arrival.received_at,
        "size": message.size,
        "direction": arrival.direction.value,
        "unread": arrival.unread,
        "attachments": [[each.name, each.content_type, each.size, each.part] for each in message.attachments],
        "truncated": message.truncated,
        "verdict": arrival.verdict,
        "probability": arrival.probability,
        "outcome": arrival.outcome.value,
        "rule": arrival.rule,
        "reasons": [[reason.rule, reason.evidence] for reason in arrival.reasons],
        "retry_at": arrival.retry_at,
    }


def _text_row(arrival: Arrival) -> dict[str, Any]:
    message = arrival.message
    return {
        "message_id": arrival.id,
        # As it is shown: an escape sequence glued to a word would hide the word from the search.
        "subject": safe_line(message.subject),
        "sender": safe_line(f"{message.from_.name} {message.from_.email}") if message.from_ else "",
        "people": safe_line(" ".join(f"{person.name} {person.email}" for person in message.recipients)),
        "body": "\n\n".join([message.text, *(_embedded_text(inner) for inner in message.embedded)]),
    }


def _embedded_text(message: Message) -> str:
    """An attached message as text, so that it can be read and found with the one that carries it."""
    return f"From: {message.from_ or ''}\nSubject: {message.subject}\n\n{message.text}"
