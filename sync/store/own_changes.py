"""What this side did to a record: its changes looked back on, so that no edit is taken for somebody else's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, Change, ChangeKind, ChangeState
from crm_model.field_values import pack_fields, same_value, unpack_fields
from crm_model.records import Fields, FieldValue
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import outbox


def maybe_sent(unit: Unit, record_id: int) -> dict[str, list[FieldValue]]:
    """Values of unsettled edits that were tried: the CRM may hold them although its answer was lost."""
    rows = unit.execute(
        sa.select(outbox.c.fields).where(
            outbox.c.record_id == record_id,
            outbox.c.activity_id.is_(None),
            outbox.c.state.in_(UNSETTLED),
            outbox.c.attempts > 0,
        )
    ).scalars()
    found: dict[str, list[FieldValue]] = {}
    for packed in rows:
        for name, value in unpack_fields(packed).items():
            found.setdefault(name, []).append(value)
    return found


def was_refused(unit: Unit, change: Change, name: str) -> bool:
    """Whether the value that the person edited was this side's own, which the CRM had refused."""
    rows = unit.execute(
        sa.select(outbox.c.fields).where(
            outbox.c.record_id == change.record_id,
            outbox.c.id < change.id,
            outbox.c.state.in_((ChangeState.REFUSED.value, ChangeState.CANCELLED.value)),
        )
    ).scalars()
    own = (unpack_fields(packed) for packed in rows)
    return any(name in fields and same_value(fields[name], change.base.get(name)) for fields in own)


def rebase(unit: Unit, told: Mapping[int, tuple[Fields, Fields]]) -> None:
    """By record, what was asked and what the CRM answered: edits that wait were made on the one, now on the other."""
    for some in batches(told):
        rows = unit.execute(
            sa.select(outbox.c.id, outbox.c.record_id, outbox.c.base).where(
                outbox.c.record_id.in_(some), outbox.c.activity_id.is_(None), outbox.c.state.in_(UNSETTLED)
            )
        ).all()
        for row in rows:
            asked, answered = told[row.record_id]
            base = unpack_fields(row.base)
            moved = {name: answered.get(name) for name in base if name in asked and same_value(base[name], asked[name])}
            if moved:
                packed = pack_fields({**base, **moved})
                unit.execute(outbox.update().where(outbox.c.id == row.id).values(base=packed))


def last_edit(unit: Unit, record_id: int, field: str) -> tuple[str, datetime | None]:
    """Who edited this field here last, and when; ("", None) if nobody did lately."""
    rows = unit.execute(
        sa.select(outbox.c.fields, outbox.c.author, outbox.c.created_at)
        .where(outbox.c.record_id == record_id, outbox.c.activity_id.is_(None))
        .order_by(outbox.c.id.desc())
        .limit(50)
    )
    return next(((row.author, row.created_at) for row in rows if field in unpack_fields(row.fields)), ("", None))


def creation_key(unit: Unit, record_id: int) -> str:
    """The key under which this record's creation was tried, "" if it never was."""
    key = unit.execute(
        sa.select(outbox.c.key)
        .where(outbox.c.record_id == record_id, outbox.c.kind == ChangeKind.CREATE.value)
        .order_by(outbox.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return str(key or "")


def is_unsettled(unit: Unit, record_id: int, kind: ChangeKind) -> bool:
    """Whether a change of this kind of the record still waits."""
    query = sa.select(outbox.c.id).where(
        outbox.c.record_id == record_id, outbox.c.kind == kind.value, outbox.c.state.in_(UNSETTLED)
    )
    return unit.execute(query.limit(1)).one_or_none() is not None


def unsettled_records(unit: Unit, record_ids: Collection[int]) -> set[int]:
    """Those of these records that have changes on their way."""
    found: set[int] = set()
    for some in batches(record_ids):
        query = sa.select(outbox.c.record_id).where(outbox.c.record_id.in_(some), outbox.c.state.in_(UNSETTLED))
        found.update(unit.execute(query.distinct()).scalars())
    return found


def supersede_refused(unit: Unit, changes: Collection[Change], now: datetime) -> None:
    """Changes went through: earlier refusals of the same fields are history."""
    by_record = {change.record_id: change for change in changes}
    for some in batches(by_record):
        rows = unit.execute(
            sa.select(outbox.c.id, outbox.c.record_id, outbox.c.fields, outbox.c.field_errors, outbox.c.kind).where(
                outbox.c.record_id.in_(some),
                outbox.c.state == ChangeState.REFUSED.value,
                outbox.c.activity_id.is_(None),
                outbox.c.kind != ChangeKind.ATTACH.value,
            )
        ).all()
        for row in rows:
            if row.id < by_record[row.record_id].id:
                _supersede(unit, row, by_record[row.record_id].fields, now)


def _supersede(unit: Unit, row: Any, fields: Fields, now: datetime) -> None:
    left = set(unpack_fields(row.fields)) - set(fields)
    if not left or row.kind == ChangeKind.CREATE.value:
        values: dict[str, object] = {"state": ChangeState.CANCELLED.value, "settled_at": now}
    else:
        values = {"field_errors": {name: text for name, text in row.field_errors.items() if name in left}}
    unit.execute(outbox.update().where(outbox.c.id == row.id).values(**values))
