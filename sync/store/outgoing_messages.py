"""A mail of ours as a message of its conversation: there at the press of the key, gone again when it is taken back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from crm_model.errors import NotFound
from crm_model.mail import Address, DeliveryState, Direction, Message, Outcome
from sync.composing.answering import Answerable
from sync.store import mail
from sync.store.batches import batches
from sync.store.conversations import message_view
from sync.store.database import Unit
from sync.store.families import NewMessage, also_known
from sync.store.tables import (
    copies,
    links,
    mail_accounts,
    mailboxes,
    message_texts,
    messages,
    outgoing,
    suggestions,
    threads,
)
from sync.store.thread_summary import refresh_threads
from sync.store.threads import assign_threads
from sync.threads import ThreadFacts

_M = messages.c
_OWN_ID = "x-hitchpost-id"
"""A header of ours that keeps the Message-ID where a provider gives another (Gmail)."""


def insert(unit: Unit, message: Message, facts: ThreadFacts, direction: Direction, now: datetime) -> tuple[int, int]:
    """The message's row and its thread's."""
    (message_id,) = mail.new_message_ids(unit, 1)
    assigned = assign_threads(unit, [NewMessage(message_id, facts)])
    thread_id = assigned.thread_of[message_id]
    linked = sa.select(links.c.id).where(links.c.thread_id == thread_id, links.c.removed_at.is_(None)).limit(1)
    arrival = mail.Arrival(
        id=message_id,
        message=message,
        facts=facts,
        direction=direction,
        received_at=now,
        unread=False,
        outcome=Outcome.HELD if unit.execute(linked).first() is None else Outcome.LINKED,
        rule="outgoing",
    )
    mail.insert_arrivals(unit, [arrival], assigned.thread_of)
    refresh_threads(unit, assigned.touched)
    return message_id, thread_id


def remove(unit: Unit, message_id: int) -> None:
    """Take a message away that never left: what hung on it hangs on its neighbour, and goes where there is none."""
    unit.execute(outgoing.update().where(outgoing.c.message_id == message_id).values(message_id=None))
    thread_id = unit.execute(sa.select(_M.thread_id).where(_M.id == message_id)).scalar_one_or_none()
    if thread_id is None:
        return
    others = sa.select(sa.func.max(_M.id)).where(_M.thread_id == thread_id, _M.id != message_id)
    heir = unit.execute(others).scalar()
    for table in (links, suggestions):
        here = table.c.message_id == message_id
        unit.execute(table.delete().where(here) if heir is None else table.update().where(here).values(message_id=heir))
    if heir is None:
        unit.execute(links.delete().where(links.c.thread_id == thread_id))
    unit.execute(messages.delete().where(_M.id == message_id))
    refresh_threads(unit, [thread_id])
    if heir is None:
        unit.execute(threads.delete().where(threads.c.id == thread_id, threads.c.message_count == 0))


def fix(unit: Unit, message_id: int, message: Message) -> None:
    """What the mail came to be when its bytes were made: its identity, so that copies of it are known again."""
    values = {
        "key": message.key,
        "sent_at": message.sent_at,
        "size": message.size,
        "attachments": [[each.name, each.content_type, each.size, each.part] for each in message.attachments],
    }
    unit.execute(messages.update().where(_M.id == message_id).values(**values))


def rename(unit: Unit, message_id: int, given: str) -> None:
    """The server put this Message-ID in place of ours: the copy in Sent and all answers name it."""
    row = unit.execute(sa.select(_M.node, _M.thread_facts).where(_M.id == message_id)).one()
    also_known(unit, row.node, given)
    facts = {**row.thread_facts, "hints": [*row.thread_facts.get("hints", ()), row.node]}
    unit.execute(messages.update().where(_M.id == message_id).values(node=given, message_id=given, thread_facts=facts))
    unit.execute(outgoing.update().where(outgoing.c.message_id == message_id).values(node=given))


def decide(unit: Unit, message_id: int, arrival: mail.Arrival) -> None:
    """The outcome of a mail that left, as for one that came."""
    values = {
        "outcome": arrival.outcome.value,
        "rule": arrival.rule,
        "verdict": arrival.verdict,
        "probability": arrival.probability,
        "reasons": [[reason.rule, reason.evidence] for reason in arrival.reasons],
    }
    unit.execute(messages.update().where(_M.id == message_id).values(**values))


def own_ids(message: Message) -> set[str]:
    """The Message-IDs that a copy in Sent may be known by: its own, and ours where the server put another."""
    return {each for each in (message.message_id, message.header(_OWN_ID).strip("<> ")) if each}


def recognise(unit: Unit, found: Collection[Message]) -> dict[str, int]:
    """Copies in Sent of mail that left from here, by their keys: some servers write a mail anew when they take it."""
    by_node = {node: each for each in found for node in own_ids(each)}
    known: dict[str, int] = {}
    for some in batches(by_node):
        query = sa.select(outgoing.c.node, outgoing.c.message_id, _M.from_email)
        query = query.join(messages, _M.id == outgoing.c.message_id).where(outgoing.c.node.in_(some))
        for row in unit.execute(query.where(outgoing.c.state != DeliveryState.WAITING.value)).all():
            each = by_node[row.node]
            if each.from_ and each.from_.email == row.from_email:
                known[each.key] = row.message_id
                if each.message_id and each.message_id != row.node:
                    rename(unit, row.message_id, each.message_id)
    return known


def answerable(unit: Unit, message_id: int) -> Answerable:
    """A message as answering it needs it. Errors: NotFound."""
    query = sa.select(messages, message_texts.c.body).outerjoin(message_texts, message_texts.c.message_id == _M.id)
    row = unit.execute(query.where(_M.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("This message is no longer here.")
    view = message_view(row)
    held = sa.select(mail_accounts.c.name).join(mailboxes, mailboxes.c.account_id == mail_accounts.c.id)
    held = held.join(copies, copies.c.mailbox_id == mailboxes.c.id).where(copies.c.message_id == message_id).distinct()
    return Answerable(
        id=row.id,
        thread_id=row.thread_id,
        message_id=row.message_id,
        references=tuple(row.thread_facts.get("chain", ())),
        subject=row.subject,
        from_=view.from_,
        to=view.to,
        cc=view.cc,
        reply_to=tuple(Address(email, name) for kind, name, email in row.recipients if kind == "reply-to"),
        at=view.at,
        text=view.text,
        direction=view.direction,
        attachments=view.attachments,
        accounts=tuple(unit.execute(held).scalars()),
    )


def copies_of(unit: Unit, message_id: int) -> list[tuple[str, str, str]]:
    """Where mailboxes hold a message now: account, folder key, uid."""
    query = (
        sa.select(mail_accounts.c.name, mailboxes.c.key, copies.c.uid)
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .join(mail_accounts, mail_accounts.c.id == mailboxes.c.account_id)
        .where(copies.c.message_id == message_id, copies.c.removed_at.is_(None))
        .where(copies.c.generation == mailboxes.c.generation)
    )
    return [(row.name, row.key, row.uid) for row in unit.execute(query)]


def thread_of(unit: Unit, message_id: int) -> int | None:
    """The thread that a message is in now."""
    return unit.execute(sa.select(_M.thread_id).where(_M.id == message_id)).scalar_one_or_none()
