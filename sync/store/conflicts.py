"""Fields edited here and in the CRM at once: both values stay until a person chooses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, ChangeKind, ChangeState
from crm_model.field_values import pack_fields, same_value, unpack_fields, unpack_value
from crm_model.records import Fields, FieldValue
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import conflicts, outbox
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
    """A new conflict; an open one of the same field takes the new values but keeps its base."""
    values = {
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
    statement = conflicts.insert().values(record_id=record_id, field=field, base=base, created_at=now, **values)
    return int(unit.execute(statement.returning(_C.id)).scalar_one())


def get(unit: Unit, conflict_id: int) -> StoredConflict | None:
    row = unit.execute(sa.select(conflicts).where(_C.id == conflict_id)).one_or_none()
    return None if row is None else StoredConflict(row.record_id, row.state, _view(row))


def of_record(unit: Unit, record_id: int) -> tuple[ConflictView, ...]:
    """The open conflicts of a record, oldest first."""
    query = sa.select(conflicts).where(_C.record_id == record_id, _C.state == "open").order_by(_C.id)
    return tuple(_view(row) for row in unit.execute(query))


def of_records(unit: Unit, record_ids: Collection[int]) -> dict[int, tuple[ConflictView, ...]]:
    """The open conflicts of these records, by record; those without one are absent."""
    found: defaultdict[int, tuple[ConflictView, ...]] = defaultdict(tuple)
    for some in batches(record_ids):
        query = sa.select(conflicts).where(_C.record_id.in_(some), _C.state == "open").order_by(_C.id)
        for row in unit.execute(query):
            found[row.record_id] += (_view(row),)
    return dict(found)


def settle(unit: Unit, conflict_id: int, state: str, now: datetime | None) -> None:
    """Set mine, theirs, edited, or open again (`now` None). Call it before the deciding change is enqueued:
    what waits of this field in the outbox is taken out of it, since the person decided anew.
    """
    held = get(unit, conflict_id)
    if held is None:
        return
    unit.execute(conflicts.update().where(_C.id == conflict_id).values(state=state, settled_at=now))
    if state != "open" and now is not None:
        drop_waiting(unit, held.record_id, held.view.field, now)
        _close_changes(unit, held.record_id, now)


def close_agreeing(
    unit: Unit, record_id: int, open_ones: Iterable[ConflictView], *, mine: Fields, theirs: Fields, now: datetime
) -> None:
    """Both sides came to the same value by themselves: nothing is left to decide."""
    for held in open_ones:
        if same_value(mine.get(held.field), theirs.get(held.field)):
            unit.execute(conflicts.update().where(_C.id == held.id).values(state="theirs", settled_at=now))
            _close_changes(unit, record_id, now)


def drop_waiting(unit: Unit, record_id: int, field: str, now: datetime) -> None:
    """Take a field out of the edits that wait."""
    waiting = unit.execute(
        sa.select(outbox.c.id, outbox.c.fields).where(
            outbox.c.record_id == record_id,
            outbox.c.kind == ChangeKind.UPDATE.value,
            outbox.c.activity_id.is_(None),
            outbox.c.state.in_(UNSETTLED),
        )
    ).all()
    for row in waiting:
        fields = {name: value for name, value in unpack_fields(row.fields).items() if name != field}
        values = (
            {"fields": pack_fields(fields)} if fields else {"state": ChangeState.CANCELLED.value, "settled_at": now}
        )
        unit.execute(outbox.update().where(outbox.c.id == row.id).values(**values))


def _close_changes(unit: Unit, record_id: int, now: datetime) -> None:
    if not of_record(unit, record_id):
        settled = outbox.update().where(outbox.c.record_id == record_id, outbox.c.state == ChangeState.CONFLICT.value)
        unit.execute(settled.values(state=ChangeState.DONE.value, settled_at=now))


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
