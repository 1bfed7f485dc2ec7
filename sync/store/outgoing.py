"""Mail of ours on its way out: kept with the press of a key, claimed under a lease, settled with what came of it.

    draft -> waiting -> sending -> sent                  the server took it
                     |          -> waiting, later        nobody got it: the same mail is tried again
                     |          -> failed                refused; a person mends it or lets it be
                     |          -> unsure                handed over, the answer lost: looked for in Sent first
                     <- taken back to a draft            until it is handed over

A mail is one row with one Message-ID for ever, so that whatever is tried twice is recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.mail import DeliveryState
from crm_model.safe_text import safe_line
from sync.composing.draft import Draft, pack_draft, unpack_draft
from sync.composing.mime import MailFile
from sync.store.batches import batches
from sync.store.database import Unit, next_seq
from sync.store.tables import mail_accounts, messages, outgoing, outgoing_files
from sync.store.thread_summary import refresh_threads

WANTED, KEEPING, OURS, THEIRS, NONE = "wanted", "keeping", "ours", "theirs", "none"
"""Of the copy in Sent: still to be seen to, being written by us, written by us, by the server, nowhere."""

PROVEN = "proven"
"""In place of those, of a mail in doubt: somebody answered it."""

_O = outgoing.c
_OPEN_COPY = (WANTED, KEEPING)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody the mail goes to: `state` is waiting, sent or refused, `reason` the server's words."""

    email: str
    state: str = "waiting"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredOutgoing:
    """A mail on its way. `message_id` is its row among the messages, `raw` its bytes once they are fixed."""

    id: int
    node: str
    account: str
    state: DeliveryState
    message_id: int | None
    draft: Draft
    recipients: tuple[Recipient, ...]
    raw: bytes | None
    due_at: datetime | None
    next_at: datetime | None
    attempts: int
    handed_at: datetime | None
    sent_at: datetime | None
    sent_copy: str
    error: str
    author: str
    created_at: datetime

    @property
    def waiting(self) -> tuple[str, ...]:
        """Who has not got it yet and may still get it."""
        return tuple(each.email for each in self.recipients if each.state == "waiting")


def insert(unit: Unit, node: str, draft: Draft, *, author: str, now: datetime) -> int:
    """A new draft; its id."""
    values = {"node": node, "account": draft.account, "draft": pack_draft(draft), "recipients": []}
    row = outgoing.insert().values(**values, author=author, created_at=now, seq=next_seq(unit)).returning(_O.id)
    return int(unit.execute(row).scalar_one())


def get(unit: Unit, outgoing_id: int) -> StoredOutgoing | None:
    row = unit.execute(sa.select(outgoing).where(_O.id == outgoing_id)).one_or_none()
    return _stored(row) if row is not None else None


def id_of_node(unit: Unit, node: str) -> int | None:
    """The mail that goes, or went, under this Message-ID."""
    return unit.execute(sa.select(_O.id).where(_O.node == node)).scalar_one_or_none()


def get_many(unit: Unit, outgoing_ids: Collection[int]) -> list[StoredOutgoing]:
    """Those of these mails that are there."""
    found: list[StoredOutgoing] = []
    for some in batches(outgoing_ids):
        found += [_stored(row) for row in unit.execute(sa.select(outgoing).where(_O.id.in_(some)))]
    return found


def listed(unit: Unit, states: Collection[DeliveryState], limit: int) -> list[StoredOutgoing]:
    """Mails in these states, the newest first."""
    query = sa.select(outgoing).where(_O.state.in_([each.value for each in states]))
    return [_stored(row) for row in unit.execute(query.order_by(_O.id.desc()).limit(limit))]


def of_messages(unit: Unit, message_ids: Collection[int]) -> dict[int, StoredOutgoing]:
    """The way out of these messages, for those that went through here."""
    found: dict[int, StoredOutgoing] = {}
    for some in batches(message_ids):
        rows = unit.execute(sa.select(outgoing).where(_O.message_id.in_(some)))
        found.update((row.message_id, _stored(row)) for row in rows)
    return found


def prove(unit: Unit, in_sent: Collection[str], answered: Collection[str], now: datetime) -> None:
    """Mails in doubt whose Message-ID was seen in Sent, or in somebody's answer, are to be settled at once."""
    unsure = sa.select(_O.id, _O.node).where(_O.state == DeliveryState.UNSURE.value)
    for row in unit.execute(unsure).all():
        if row.node in in_sent or row.node in answered:
            change(unit, row.id, sent_copy=THEIRS if row.node in in_sent else PROVEN, next_at=now)


def change(unit: Unit, outgoing_id: int, **values: Any) -> None:
    """Set columns, and let whoever watches know."""
    if "error" in values:
        values["error"] = safe_line(str(values["error"]))
    row = outgoing.update().where(_O.id == outgoing_id).values(**values, seq=next_seq(unit)).returning(_O.message_id)
    message_id = unit.execute(row).scalar_one_or_none()
    if message_id is not None:
        thread = sa.select(messages.c.thread_id).where(messages.c.id == message_id)
        refresh_threads(unit, unit.execute(thread).scalars().all())


def save_draft(unit: Unit, outgoing_id: int, draft: Draft) -> None:
    change(unit, outgoing_id, draft=pack_draft(draft), account=draft.account)


def drop(unit: Unit, outgoing_id: int) -> None:
    """Forget a draft."""
    unit.execute(outgoing.delete().where(_O.id == outgoing_id, _O.state == DeliveryState.DRAFT.value))
    next_seq(unit)


def keep_files(unit: Unit, outgoing_id: int, kept: Collection[int], fresh: Sequence[MailFile]) -> list[int]:
    """Keep these stored files and add new ones, nothing else; the ids of the new ones."""
    f = outgoing_files.c
    unit.execute(outgoing_files.delete().where(f.outgoing_id == outgoing_id, f.id.not_in(list(kept))))
    return [
        int(
            unit.execute(
                outgoing_files.insert()
                .values(outgoing_id=outgoing_id, name=file.name, content_type=file.content_type, data=file.data)
                .returning(f.id)
            ).scalar_one()
        )
        for file in fresh
    ]


def files_of(unit: Unit, outgoing_id: int) -> dict[int, MailFile]:
    """The stored files of a mail, in the order in which they were attached."""
    f = outgoing_files.c
    rows = unit.execute(sa.select(outgoing_files).where(f.outgoing_id == outgoing_id).order_by(f.id))
    return {row.id: MailFile(row.name, row.data, row.content_type) for row in rows}


def has_due(unit: Unit, account: str, worker: str, now: datetime) -> bool:
    """Whether anything of this account's is to be done now."""
    return unit.execute(sa.select(_O.id).where(_is_due(account, worker, now)).limit(1)).first() is not None


def claim(unit: Unit, account: str, worker: str, *, now: datetime, lease_seconds: float) -> StoredOutgoing | None:
    """The next mail to work on, as it was before; nobody else gets it until the lease ends.

    A worker that asks again has done with what it had: what it still holds is left from before it was killed.
    """
    due = sa.select(outgoing).where(_is_due(account, worker, now)).order_by(_O.next_at, _O.id).limit(1)
    row = unit.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    held = {"claimed_by": worker, "claimed_until": now + timedelta(seconds=lease_seconds)}
    if row.state == DeliveryState.WAITING.value:
        held |= {"state": DeliveryState.SENDING.value, "attempts": row.attempts + 1, "handed_at": None}
    change(unit, row.id, **held)
    return _stored(row)


def hand_over(unit: Unit, outgoing_id: int, worker: str, now: datetime) -> bool:
    """Keep that the point of no return is passed; False if the mail was taken back meanwhile."""
    here = (_O.id == outgoing_id, _O.state == DeliveryState.SENDING.value, _O.claimed_by == worker)
    return unit.execute(outgoing.update().where(*here).values(handed_at=now)).rowcount > 0


def take_back(unit: Unit, outgoing_id: int) -> StoredOutgoing | None:
    """Make a draft of a mail that has not left; None if it has, or may have. Its message row is still there."""
    unsent = sa.and_(_O.state == DeliveryState.SENDING.value, _O.handed_at.is_(None))
    here = sa.or_(_O.state.in_([DeliveryState.WAITING.value, DeliveryState.FAILED.value]), unsent)
    fresh = {"due_at": None, "next_at": None, "attempts": 0, "claimed_by": "", "claimed_until": None, "raw": None}
    query = outgoing.update().where(_O.id == outgoing_id, here, _O.sent_at.is_(None))
    done = query.values(state=DeliveryState.DRAFT.value, error="", recipients=[], **fresh).returning(_O.id)
    if unit.execute(done).scalar_one_or_none() is None:
        return None
    change(unit, outgoing_id, handed_at=None)
    return get(unit, outgoing_id)


def confirmed(stored: StoredOutgoing) -> dict[str, Any]:
    """What `change` sets when a mail in doubt turns out to be sent; the copy in Sent is seen to after that."""
    served = [Recipient(each.email, "sent") if each.state == "waiting" else each for each in stored.recipients]
    return {
        "state": DeliveryState.SENT.value,
        "recipients": pack_recipients(served),
        "sent_copy": WANTED,
        "error": "",
    }


def pack_recipients(recipients: Collection[Recipient]) -> list[list[str]]:
    """The column's value."""
    return [[each.email, each.state, safe_line(each.reason)] for each in recipients]


def hold_up(unit: Unit, account: str, now: datetime, next_at: datetime, error: str) -> None:
    """What the account can't send now waits, all of it, and says why; what waits for its own time waits."""
    here = (_O.account == account, _O.state == DeliveryState.WAITING.value, _O.next_at <= now)
    free = sa.or_(_O.claimed_until.is_(None), _O.claimed_until < now)
    for row in unit.execute(sa.select(_O.id).where(*here, free)).all():
        change(unit, row.id, next_at=next_at, error=error)


def hasten(unit: Unit, account: str, now: datetime) -> None:
    """What was postponed after trouble is tried at once; what waits for its own time waits."""
    troubled = sa.or_(_O.attempts > 0, _O.error != "")
    here = (_O.account == account, _O.state == DeliveryState.WAITING.value, troubled)
    unit.execute(outgoing.update().where(*here).values(next_at=now))


def sent_by(unit: Unit, account: str) -> str:
    """Who is known to put this account's mail into Sent: `OURS`, `THEIRS` or ""."""
    query = sa.select(mail_accounts.c.sent_by).where(mail_accounts.c.name == account)
    return unit.execute(query).scalar_one_or_none() or ""


def learn_sent_by(unit: Unit, account: str, who: str) -> None:
    unit.execute(mail_accounts.update().where(mail_accounts.c.name == account).values(sent_by=who))


def _is_due(account: str, worker: str, now: datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(_O.claimed_until.is_(None), _O.claimed_until < now, _O.claimed_by == worker)
    time_has_come = sa.and_(_O.next_at.is_not(None), _O.next_at <= now)
    left = _O.state == DeliveryState.SENDING.value
    pending = _O.state.in_([DeliveryState.WAITING.value, DeliveryState.UNSURE.value])
    copy = sa.and_(_O.state == DeliveryState.SENT.value, _O.sent_copy.in_(_OPEN_COPY))
    return sa.and_(_O.account == account, free, sa.or_(left, sa.and_(time_has_come, sa.or_(pending, copy))))


def _stored(row: Any) -> StoredOutgoing:
    return StoredOutgoing(
        id=row.id,
        node=row.node,
        account=row.account,
        state=DeliveryState(row.state),
        message_id=row.message_id,
        draft=unpack_draft(row.draft),
        recipients=tuple(Recipient(*each) for each in row.recipients),
        raw=row.raw,
        due_at=row.due_at,
        next_at=row.next_at,
        attempts=row.attempts,
        handed_at=row.handed_at,
        sent_at=row.sent_at,
        sent_copy=row.sent_copy,
        error=row.error,
        author=row.author,
        created_at=row.created_at,
    )
