"""Fields edited here and in the CRM at once: both values stay until a person chooses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.field_values import unpack_value
from crm_model.records import FieldValue
from sync.store.database import Unit
from sync.store.tables import conflicts
from sync.views import ConflictView

_C = conflicts.c


@dataclass(frozen=True, slots=True)
class StoredConflict:
    """A conflict with the record that it is about. `state` is open, mine, theirs or edited."""

    record_id: int
    state: str
    view: ConflictView


def add(
    unit: Unit,
    record_id: int,
    field: str,
    *,
    base: FieldValue,
    mine: FieldValue,
    theirs: FieldValue,
    mine_by: str,
    mine_at: datetime | None,
    theirs_by: str,
    theirs_at: datetime | None,
    now: datetime,
) -> int:
    """A new conflict; an open one of the same field takes the new values instead."""
    values = {
        "base": base,
        "mine": mine,
        "theirs": theirs,
        "mine_by": mine_by,
        "mine_at": mine_at,
        "theirs_by": theirs_by,
        "theirs_at": theirs_at,
    }
    here = sa.and_(_C.record_id == record_id, _C.field == field, _C.state == "open")
    held = unit.execute(conflicts.update().where(here).values(**values).returning(_C.id)).scalar()
    if held is not None:
        return int(held)
    statement = conflicts.insert().values(record_id=record_id, field=field, created_at=now, **values)
    return int(unit.execute(statement.returning(_C.id)).scalar_one())


def get(unit: Unit, conflict_id: int) -> StoredConflict | None:
    row = unit.execute(sa.select(conflicts).where(_C.id == conflict_id)).one_or_none()
    return None if row is None else StoredConflict(row.record_id, row.state, _view(row))


def of_record(unit: Unit, record_id: int) -> tuple[ConflictView, ...]:
    """The open conflicts of a record, oldest first."""
    query = sa.select(conflicts).where(_C.record_id == record_id, _C.state == "open").order_by(_C.id)
    return tuple(_view(row) for row in unit.execute(query))


def settle(unit: Unit, conflict_id: int, state: str, now: datetime | None) -> None:
    """Set mine, theirs, edited, or open again (`now` None)."""
    unit.execute(conflicts.update().where(_C.id == conflict_id).values(state=state, settled_at=now))


def count_open(unit: Unit) -> int:
    return int(unit.execute(sa.select(sa.func.count()).where(_C.state == "open")).scalar_one())


def _view(row: Any) -> ConflictView:
    return ConflictView(
        id=row.id,
        field=row.field,
        base=unpack_value(row.base),
        mine=unpack_value(row.mine),
        theirs=unpack_value(row.theirs),
        mine_by=row.mine_by,
        mine_at=row.mine_at,
        theirs_by=row.theirs_by,
        theirs_at=row.theirs_at,
    )
