"""Messages that the store holds already, known again by what is seen of them without their bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm_model.mail import Message, Outcome
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.mail import forget_unfetched
from sync.store.tables import copies, mailboxes, messages

_M = messages.c
_GRACE = timedelta(days=7)
_TEXTS_ONLY = "texts "  # how a key begins that leaves attachments out; see agent.parsing.identity


@dataclass(frozen=True, slots=True)
class Look:
    """A message's id, whole size in bytes and internal date."""

    node: str
    size: int
    received_at: datetime


def find_seen(unit: Unit, looks: Mapping[str, Look]) -> dict[str, int]:
    """Messages that look exactly so, by the keys of `looks`; where two do, none is taken."""
    found: dict[tuple[str, int, datetime], set[int]] = {}
    for some in batches({look.node for look in looks.values()}):
        query = sa.select(_M.id, _M.node, _M.size, _M.received_at)
        for row in unit.execute(query.where(_M.node.in_(some), _M.outcome != Outcome.FAILED.value)):
            found.setdefault((row.node, row.size, row.received_at), set()).add(row.id)
    seen = {key: found.get((look.node, look.size, look.received_at), set()) for key, look in looks.items()}
    return {key: next(iter(ids)) for key, ids in seen.items() if len(ids) == 1}


def find_older(unit: Unit, arrived: Collection[Message]) -> dict[str, int]:
    """Messages with attachments that were stored when keys still counted attachments, by their keys of today."""
    wanted = {(each.message_id, each.size): each for each in arrived if each.key.startswith(_TEXTS_ONLY)}
    found: dict[str, int] = {}
    for some in batches([node for node, _ in wanted if node]):
        query = sa.select(_M.id, _M.key, _M.node, _M.size, _M.subject, _M.from_email, _M.sent_at)
        for row in unit.execute(query.where(_M.node.in_(some), _M.outcome != Outcome.FAILED.value)):
            each = wanted.get((row.node, row.size))
            if each is None or row.key.startswith(_TEXTS_ONLY):
                continue
            sender = each.from_.email if each.from_ else ""
            if (row.subject, row.from_email, row.sent_at) == (each.subject, sender, each.sent_at):
                found[each.key] = row.id
    return found


def has_strays(unit: Unit, account_id: int, mailbox_id: int, generation: str) -> bool:
    """Whether messages may come back here under new ids: the folder was renumbered, or one of the account is gone."""
    lost = sa.and_(mailboxes.c.account_id == account_id, mailboxes.c.missing)
    renumbered = sa.and_(copies.c.mailbox_id == mailbox_id, copies.c.generation != generation)
    query = sa.select(copies.c.id).join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
    query = query.where(sa.or_(lost, renumbered), copies.c.removed_at.is_(None))
    return unit.execute(query.limit(1)).first() is not None


def forget_renamed(unit: Unit, account_id: int, now: datetime) -> None:
    """Let go of folders that are gone: of mail that other folders hold at once, of the rest after a week of grace.

    A folder without anything left is forgotten; the messages stay for ever.
    """
    here = sa.and_(mailboxes.c.account_id == account_id, mailboxes.c.missing)
    lost = sa.select(copies.c.id, copies.c.message_id).join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
    lost = lost.where(here, copies.c.removed_at.is_(None))
    elsewhere, place = copies.alias(), mailboxes.alias()
    again = (
        sa.exists()
        .where(elsewhere.c.message_id == copies.c.message_id, elsewhere.c.removed_at.is_(None))
        .where(place.c.id == elsewhere.c.mailbox_id, ~place.c.missing, place.c.account_id == account_id)
    )
    expired = mailboxes.c.last_success_at < now - _GRACE
    gone = [row.id for row in unit.execute(lost.where(sa.or_(again, expired)))]
    for some in batches(gone):
        unit.execute(copies.update().where(copies.c.id.in_(some)).values(removed_at=now))
    forget_unfetched(unit)
    held = sa.exists().where(copies.c.mailbox_id == mailboxes.c.id)
    live = sa.exists().where(copies.c.mailbox_id == mailboxes.c.id, copies.c.removed_at.is_(None))
    empty = unit.execute(sa.select(mailboxes.c.id).where(here, held, ~live)).scalars().all()
    unit.execute(mailboxes.delete().where(mailboxes.c.id.in_(empty)))
