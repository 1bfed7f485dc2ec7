"""What people want of messages in their mailboxes: wished with the edit, claimed under a lease, settled.

    pending -> claimed -> done | refused       the mailbox's answer
            -> pending, later                  no answer: the change is made again, which is harmless
    pending, untried -> cancelled              a newer wish about the same thing took its place

A wish names the message, not its copy: where it lies is looked up when the wish is claimed, so a move or a
renumbered folder in between does no harm. While a wish is under way the message's flags are as the person wants them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, ChangeState
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from crm_model.safe_text import safe_line
from sync.store.batches import batches, insert_many
from sync.store.database import Unit, next_seq
from sync.store.tables import copies, mail_accounts, mailbox_changes, mailboxes

_W = mailbox_changes.c
_FLAGS = (MailboxChangeKind.ADD_FLAG.value, MailboxChangeKind.REMOVE_FLAG.value)
_PLACES = tuple(kind.value for kind in MailboxChangeKind if kind.value not in _FLAGS)
_INBOXES = (MailboxRole.INBOX.value, MailboxRole.ALL.value)  # one folder may be both: Gmail has labels for places
_ARCHIVED = (MailboxRole.ARCHIVE.value, MailboxRole.ALL.value)
_ON_ITS_WAY = timedelta(hours=1)
UNSEEN = "The message is not seen where it was moved yet."


@dataclass(frozen=True, slots=True)
class Wish:
    """A claimed wish of one account; `message_id` is the store's own.

    `attempts` are those in a row that ended alike: `was_unseen` where the message was looked for and not found.
    """

    id: int
    message_id: int
    change: MailboxChange
    attempts: int
    was_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A copy that a wish is about."""

    wish_id: int
    mailbox_id: int
    folder_key: str
    generation: str
    uid: str


def wish(unit: Unit, message_ids: Collection[int], change: MailboxChange, *, author: str, now: datetime) -> None:
    """Want `change` for these messages in every account that holds them; an older untried wish gives way to it.

    A message that left its folder a moment ago may be on its way to another one: it is looked for.
    """
    rows = []
    for some in batches(message_ids):
        _cancel_older(unit, some, change, now)
        held = sa.select(mailboxes.c.account_id, copies.c.message_id).distinct()
        held = held.join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        here = sa.or_(copies.c.removed_at.is_(None), copies.c.removed_at > now - _ON_ITS_WAY)
        held = held.where(copies.c.message_id.in_(some), here)
        about = {"kind": change.kind.value, "value": change.value, "author": safe_line(author), "created_at": now}
        rows += [{"account_id": account, "message_id": message, **about} for account, message in unit.execute(held)]
    insert_many(unit, mailbox_changes, rows)


def claim(unit: Unit, account_id: int, worker: str, *, limit: int, now: datetime, lease_seconds: float) -> list[Wish]:
    """The next wishes of an account, oldest first; nobody else gets them until the lease ends.

    What this worker still holds is left from before it was killed. Wishes for one message are met in their order.
    """
    earlier = mailbox_changes.alias()
    waits = sa.exists().where(
        earlier.c.message_id == _W.message_id,
        earlier.c.account_id == _W.account_id,
        earlier.c.id < _W.id,
        earlier.c.state.in_(UNSETTLED),
    )
    query = sa.select(_W.id).where(_W.account_id == account_id, _is_due(now, worker), ~waits)
    chosen = list(
        unit.execute(query.order_by(_W.id).limit(limit).with_for_update(skip_locked=True, of=mailbox_changes)).scalars()
    )
    claimed = {
        "state": ChangeState.CLAIMED.value,
        "claimed_by": worker,
        "claimed_until": now + timedelta(seconds=lease_seconds),
        "attempts": _W.attempts + 1,
    }
    unit.execute(mailbox_changes.update().where(_W.id.in_(chosen)).values(**claimed))
    rows = unit.execute(sa.select(mailbox_changes).where(_W.id.in_(chosen)).order_by(_W.id))
    return [
        Wish(
            *(row.id, row.message_id, MailboxChange(MailboxChangeKind(row.kind), row.value)),
            *(row.attempts, row.error == UNSEEN),
        )
        for row in rows
    ]


def targets(unit: Unit, account_id: int, wishes: Sequence[Wish]) -> list[Target]:
    """Where the messages lie now, as far as the wish concerns that folder; nothing for what is gone."""
    found: list[Target] = []
    for each in wishes:
        query = sa.select(mailboxes.c.id, mailboxes.c.key, copies.c.generation, copies.c.uid)
        query = query.join(mailboxes, mailboxes.c.id == copies.c.mailbox_id).where(
            mailboxes.c.account_id == account_id,
            ~mailboxes.c.missing,
            mailboxes.c.generation == copies.c.generation,
            copies.c.message_id == each.message_id,
            copies.c.removed_at.is_(None),
            *_within(each.change),
        )
        found += [Target(each.id, *row) for row in unit.execute(query)]
    return found


def is_in_inbox(unit: Unit, account_id: int, message_id: int) -> bool:
    """Whether the account's inbox holds the message as far as we know."""
    query = sa.select(copies.c.id).join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
    query = query.where(mailboxes.c.account_id == account_id, mailboxes.c.role == MailboxRole.INBOX.value)
    query = query.where(copies.c.message_id == message_id, copies.c.removed_at.is_(None))
    return unit.execute(query.limit(1)).first() is not None


def settle(unit: Unit, ids: Collection[int], state: ChangeState, now: datetime, error: str = "") -> None:
    """The end of wishes: done, or refused with the mailbox's words."""
    ended = {"state": state.value, "error": safe_line(error), "settled_at": now, "claimed_until": None}
    unit.execute(mailbox_changes.update().where(_W.id.in_(ids), _W.state.in_(UNSETTLED)).values(**ended, claimed_by=""))
    if state is not ChangeState.DONE:
        next_seq(unit)


def postpone(unit: Unit, ids: Collection[int], next_at: datetime, error: str) -> None:
    """Back to waiting until `next_at`."""
    later = {"state": ChangeState.PENDING.value, "next_at": next_at, "error": safe_line(error), "claimed_until": None}
    unit.execute(mailbox_changes.update().where(_W.id.in_(ids), _W.state.in_(UNSETTLED)).values(**later, claimed_by=""))


def look_later(unit: Unit, wish_id: int, next_at: datetime, looks: int) -> None:
    """Back to waiting, since the message was not seen so many times in a row."""
    postpone(unit, [wish_id], next_at, UNSEEN)
    unit.execute(mailbox_changes.update().where(_W.id == wish_id).values(attempts=looks))


def has_due(unit: Unit, account: str, now: datetime) -> bool:
    """Whether a wish of the account of this name can be met now."""
    query = sa.select(_W.id).join(mail_accounts, mail_accounts.c.id == _W.account_id)
    return unit.execute(query.where(mail_accounts.c.name == account, _is_due(now, "")).limit(1)).first() is not None


def refused_since(unit: Unit, start: datetime) -> dict[int, str]:
    """What mailboxes refused of people's wishes since `start`, the last of it in words, by account."""
    query = sa.select(_W.account_id, _W.error).where(_W.state == ChangeState.REFUSED.value, _W.settled_at >= start)
    return {row.account_id: row.error for row in unit.execute(query.order_by(_W.settled_at, _W.id))}


def wished_flags(unit: Unit, message_ids: Collection[int]) -> dict[int, dict[str, bool]]:
    """For each message the flags that are on their way to the mailbox: whether they will be set there."""
    found: dict[int, dict[str, bool]] = {}
    for some in batches(message_ids):
        query = sa.select(_W.message_id, _W.value, _W.kind).where(
            _W.message_id.in_(some), _W.kind.in_(_FLAGS), _W.state.in_(UNSETTLED)
        )
        for message_id, value, kind in unit.execute(query.order_by(_W.id)):
            found.setdefault(message_id, {})[value] = kind == MailboxChangeKind.ADD_FLAG.value
    return found


def _cancel_older(unit: Unit, message_ids: Collection[int], change: MailboxChange, now: datetime) -> None:
    same = _W.kind.in_(_FLAGS) & (_W.value == change.value) if change.kind.value in _FLAGS else _W.kind.in_(_PLACES)
    untried = sa.and_(_W.state == ChangeState.PENDING.value, _W.attempts == 0, _W.message_id.in_(message_ids), same)
    unit.execute(mailbox_changes.update().where(untried).values(state=ChangeState.CANCELLED.value, settled_at=now))


def _within(change: MailboxChange) -> list[sa.ColumnElement[bool]]:
    """The folders that a change concerns."""
    match change.kind:
        case MailboxChangeKind.ARCHIVE:
            return [mailboxes.c.role.in_(_INBOXES)]
        case MailboxChangeKind.UNARCHIVE:
            return [mailboxes.c.role.in_(_ARCHIVED)]
        case MailboxChangeKind.MOVE:
            return [mailboxes.c.key != change.value]
        case _:
            return []


def _is_due(now: datetime, worker: str) -> sa.ColumnElement[bool]:
    pending = sa.and_(_W.state == ChangeState.PENDING.value, sa.or_(_W.next_at.is_(None), _W.next_at <= now))
    mine = sa.and_(_W.claimed_by == worker, _W.claimed_by != "")
    left = sa.and_(_W.state == ChangeState.CLAIMED.value, sa.or_(_W.claimed_until < now, mine))
    return sa.or_(pending, left)
