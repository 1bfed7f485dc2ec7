"""Changes on their way to a CRM: enqueued with the edit, claimed under a lease, settled with what came of them.

Changes of one record go out in the order in which they were made. Activities wait only until the CRM has their
record, so that a note never holds up an edit; files stand in a line of their own for the same reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, Change, ChangeKind, ChangeState, MailFile
from crm_model.field_values import (
    Packed,
    clean_text,
    pack_conversion,
    pack_fields,
    pack_file,
    unpack_conversion,
    unpack_fields,
    unpack_file,
)
from crm_model.records import Conversion, Fields
from sync.store import activities
from sync.store.batches import batches, insert_many
from sync.store.database import Unit
from sync.store.records import touch
from sync.store.tables import outbox, records

_NOTHING: dict[str, Any] = {"fields": {}, "base": {}, "details": {}, "field_errors": {}}


def enqueue(
    unit: Unit,
    *,
    crm: str,
    kind: ChangeKind,
    key: str,
    record_id: int,
    activity_id: int | None = None,
    fields: Fields | None = None,
    base: Fields | None = None,
    details: Conversion | MailFile | None = None,
    author: str,
    now: datetime,
) -> int:
    """A change to be pushed; its id. A second one with the same key is the first one.

    `base` are the values that the person saw when editing. With an activity, LOG logs it, UPDATE tells whether
    it is done, DELETE takes it back.
    """
    held = unit.execute(sa.select(outbox.c.id).where(outbox.c.key == key)).scalar_one_or_none()
    if held is not None:
        return int(held)
    values = {
        **_NOTHING,
        "key": key,
        "crm": crm,
        "kind": kind.value,
        "record_id": record_id,
        "activity_id": activity_id,
        "fields": pack_fields(fields or {}),
        "base": pack_fields(base or {}),
        "details": _pack_details(details),
        "author": clean_text(author),
        "created_at": now,
    }
    change_id = int(unit.execute(outbox.insert().values(**values).returning(outbox.c.id)).scalar_one())
    touch(unit, [record_id])
    return change_id


def _pack_details(details: Conversion | MailFile | None) -> Packed:
    if details is None:
        return {}
    return pack_file(details) if isinstance(details, MailFile) else pack_conversion(details)


def enqueue_mails(unit: Unit, mails: Mapping[int, activities.NewMail], now: datetime) -> None:
    """Log e-mails, by the ids of their activities, which have just been inserted: many at once."""
    rows = [
        {
            **_NOTHING,
            "key": uuid.uuid4().hex,
            "crm": mail.crm,
            "kind": ChangeKind.LOG.value,
            "record_id": mail.record_id,
            "activity_id": activity_id,
            "author": clean_text(mail.activity.author),
            "created_at": now,
        }
        for activity_id, mail in mails.items()
    ]
    insert_many(unit, outbox, rows)


def claim(
    unit: Unit,
    crm: str,
    worker: str,
    *,
    limit: int,
    now: datetime,
    lease_seconds: float,
    in_hand: Collection[int] = (),
) -> list[Change]:
    """The next changes to push, oldest first, at most one per record; nobody else gets them until the lease ends.

    A worker has done with all but the changes `in_hand`: what else it holds is left from before it was killed.
    """
    chosen = _due_ids(unit, crm, sa.and_(_is_left(now, worker), outbox.c.id.not_in(in_hand)), limit)
    if len(chosen) < limit:
        chosen += _due_ids(unit, crm, _is_pending(now), limit - len(chosen))
    if not chosen:
        return []
    unit.execute(
        outbox.update()
        .where(outbox.c.id.in_(chosen))
        .values(
            state=ChangeState.CLAIMED.value,
            claimed_by=worker,
            claimed_until=now + timedelta(seconds=lease_seconds),
            attempts=outbox.c.attempts + 1,
        )
    )
    return _changes(unit, chosen)


def _due_ids(unit: Unit, crm: str, is_due: sa.ColumnElement[bool], limit: int) -> list[int]:
    """The oldest that are due and wait for no other change. One state at a time: the index then gives their order."""
    earlier = outbox.alias()
    is_file, earlier_is_file = (changes.c.kind == ChangeKind.ATTACH.value for changes in (outbox, earlier))
    waits = sa.exists().where(
        earlier.c.record_id == outbox.c.record_id,
        earlier.c.id < outbox.c.id,
        earlier.c.state.in_(UNSETTLED),
        earlier.c.activity_id.is_not_distinct_from(outbox.c.activity_id),
        earlier_is_file == is_file,
    )
    homeless = sa.exists().where(
        records.c.id == outbox.c.record_id, records.c.remote_id.is_(None), records.c.state == "live"
    )
    is_of_the_record = sa.and_(outbox.c.activity_id.is_(None), ~is_file)
    found = unit.execute(
        sa.select(outbox.c.id)
        .where(outbox.c.crm == crm, is_due, ~waits, sa.or_(is_of_the_record, ~homeless))
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=outbox)
    )
    return list(found.scalars())


def has_due(unit: Unit, crm: str, now: datetime) -> bool:
    """Whether a change waits to be pushed now."""
    query = sa.select(outbox.c.id).where(outbox.c.crm == crm, sa.or_(_is_pending(now), _is_left(now, "")))
    return unit.execute(query.limit(1)).first() is not None


def get(unit: Unit, change_id: int) -> Change | None:
    """A change with its activity's present state."""
    return next(iter(_changes(unit, [change_id])), None)


def settle(
    unit: Unit,
    change_id: int,
    state: ChangeState,
    *,
    error: str = "",
    field_errors: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """The end of a change: done, refused (with the CRM's words), conflict, cancelled. Settled ones stay as they are."""
    packed = {clean_text(name): clean_text(text) for name, text in (field_errors or {}).items()}
    record_id = unit.execute(
        outbox.update()
        .where(outbox.c.id == change_id, outbox.c.state.in_(UNSETTLED))
        .values(
            state=state.value,
            error=clean_text(error),
            field_errors=packed,
            settled_at=now,
            claimed_until=None,
            claimed_by="",
        )
        .returning(outbox.c.record_id)
    ).scalar_one_or_none()
    if record_id is not None:
        touch(unit, [record_id])


def settle_all(unit: Unit, change_ids: Collection[int], state: ChangeState, now: datetime) -> None:
    """The same end for many changes; their records are not marked changed."""
    for some in batches(change_ids):
        unit.execute(
            outbox.update()
            .where(outbox.c.id.in_(some), outbox.c.state.in_(UNSETTLED))
            .values(state=state.value, error="", settled_at=now, claimed_until=None, claimed_by="")
        )


def note_altered(unit: Unit, change_id: int, altered: Mapping[str, str]) -> None:
    """The CRM took a change but holds other values than it was sent: a sentence per field, shown beside it."""
    packed = {clean_text(name): clean_text(text) for name, text in altered.items()}
    unit.execute(outbox.update().where(outbox.c.id == change_id).values(field_errors=packed))


def amend(unit: Unit, change_id: int, fields: Fields) -> None:
    """A change that was not taken waits again with other fields, under its key."""
    unit.execute(
        outbox.update()
        .where(outbox.c.id == change_id, outbox.c.state.in_(UNSETTLED))
        .values(fields=pack_fields(fields), state=ChangeState.PENDING.value, claimed_until=None, claimed_by="")
    )


def postpone(unit: Unit, change_id: int, next_at: datetime, error: str) -> None:
    """Back to waiting until `next_at`."""
    unit.execute(
        outbox.update()
        .where(outbox.c.id == change_id, outbox.c.state.in_(UNSETTLED))
        .values(
            state=ChangeState.PENDING.value,
            next_at=next_at,
            error=clean_text(error),
            claimed_until=None,
            claimed_by="",
        )
    )


def release(unit: Unit, change_ids: Collection[int]) -> None:
    """Give claims back untried."""
    for some in batches(change_ids):
        unit.execute(
            outbox.update()
            .where(outbox.c.id.in_(some), outbox.c.state == ChangeState.CLAIMED.value)
            .values(state=ChangeState.PENDING.value, claimed_until=None, claimed_by="", attempts=outbox.c.attempts - 1)
        )


def cancel(unit: Unit, change_id: int, now: datetime) -> bool:
    """Take back a change that was never tried (undo before the push); False if it may have reached the CRM."""
    done = unit.execute(
        outbox.update()
        .where(outbox.c.id == change_id, outbox.c.state == ChangeState.PENDING.value, outbox.c.attempts == 0)
        .values(state=ChangeState.CANCELLED.value, settled_at=now)
        .returning(outbox.c.record_id)
    ).scalar_one_or_none()
    if done is not None:
        touch(unit, [done])
    return done is not None


def reopen(unit: Unit, change_id: int) -> bool:
    """A change that was taken back or refused waits again; False if it did not end so."""
    ended = outbox.c.state.in_((ChangeState.CANCELLED.value, ChangeState.REFUSED.value))
    record_id = unit.execute(
        outbox.update()
        .where(outbox.c.id == change_id, ended)
        .values(state=ChangeState.PENDING.value, error="", next_at=None, settled_at=None)
        .returning(outbox.c.record_id)
    ).scalar_one_or_none()
    if record_id is not None:
        touch(unit, [record_id])
    return record_id is not None


def _is_pending(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.state == ChangeState.PENDING.value, sa.or_(outbox.c.next_at.is_(None), outbox.c.next_at <= now)
    )


def _is_left(now: datetime, worker: str) -> sa.ColumnElement[bool]:
    mine = sa.and_(outbox.c.claimed_by == worker, outbox.c.claimed_by != "")
    return sa.and_(outbox.c.state == ChangeState.CLAIMED.value, sa.or_(outbox.c.claimed_until < now, mine))


def _changes(unit: Unit, change_ids: Sequence[int]) -> list[Change]:
    rows = unit.execute(sa.select(outbox).where(outbox.c.id.in_(change_ids)).order_by(outbox.c.id)).all()
    about = activities.find_all(unit, [row.activity_id for row in rows if row.activity_id is not None])
    return [_change(row, about.get(row.activity_id)) for row in rows]


def _change(row: sa.Row[Any], about: activities.StoredActivity | None) -> Change:
    kind = ChangeKind(row.kind)
    return Change(
        id=row.id,
        key=row.key,
        crm=row.crm,
        kind=kind,
        record_id=row.record_id,
        fields=unpack_fields(row.fields),
        base=unpack_fields(row.base),
        conversion=unpack_conversion(row.details) if kind is ChangeKind.CONVERT else None,
        activity=about.activity if about is not None else None,
        activity_id=row.activity_id,
        file=unpack_file(row.details) if kind is ChangeKind.ATTACH else None,
        author=row.author,
        attempts=row.attempts,
    )
