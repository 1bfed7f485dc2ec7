"""What undo must know of the outbox: whether a change can still be stopped, and what came after it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, ChangeKind, ChangeState
from sync.store import outbox as queue
from sync.store import own_changes
from sync.store.database import Unit
from sync.store.tables import outbox

_O = outbox.c
_NEVER_ARRIVED = (ChangeState.REFUSED.value, ChangeState.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class LaterChange:
    """A newer change of the same field: who made it and when."""

    author: str
    at: datetime


def take_back(unit: Unit, change_id: int, now: datetime) -> bool:
    """Stop a change. True if the CRM does not have it and will not get it; a refusal shown for it is forgotten."""
    if queue.cancel(unit, change_id, now):
        return True
    state = unit.execute(sa.select(_O.state).where(_O.id == change_id)).scalar()
    if state == ChangeState.REFUSED.value:
        unit.execute(outbox.update().where(_O.id == change_id).values(state=ChangeState.CANCELLED.value))
    return state is None or state in _NEVER_ARRIVED


def forget_change(unit: Unit, activity_id: int, now: datetime) -> bool:
    """Stop everything that waits for an activity. True if the CRM does not have the activity and will not get it."""
    rows = unit.execute(sa.select(_O.id, _O.kind).where(_O.activity_id == activity_id).order_by(_O.id.desc())).all()
    logs = [row.id for row in rows if row.kind == ChangeKind.LOG.value]
    stopped = {row.id: take_back(unit, row.id, now) for row in rows if row.kind != ChangeKind.DELETE.value}
    return bool(logs) and all(stopped[change_id] for change_id in logs)


def drop_waiting(unit: Unit, record_id: int, now: datetime) -> None:
    """Stop every change of a record that was never tried."""
    waiting = sa.and_(_O.record_id == record_id, _O.state == ChangeState.PENDING.value, _O.attempts == 0)
    for change_id in unit.execute(sa.select(_O.id).where(waiting)).scalars().all():
        queue.cancel(unit, change_id, now)


def later_change(unit: Unit, record_id: int, change_id: int, names: Collection[str]) -> LaterChange | None:
    """The newest change of the record after `change_id` that touches one of these fields and was not stopped."""
    rows: Any = unit.execute(
        sa.select(_O.fields, _O.author, _O.created_at)
        .where(
            _O.record_id == record_id,
            _O.id > change_id,
            _O.activity_id.is_(None),
            _O.state != ChangeState.CANCELLED.value,
        )
        .order_by(_O.id.desc())
    )
    return next((LaterChange(row.author, row.created_at) for row in rows if set(names) & set(row.fields)), None)


def is_under_way(unit: Unit, record_id: int) -> bool:
    """Whether some change of the record itself may reach the CRM yet."""
    of_the_record = sa.and_(_O.record_id == record_id, _O.activity_id.is_(None), _O.kind != ChangeKind.ATTACH.value)
    waiting = sa.and_(of_the_record, _O.state.in_(UNSETTLED))
    return unit.execute(sa.select(_O.id).where(waiting).limit(1)).first() is not None


def conversion_waits(unit: Unit, record_id: int) -> bool:
    """Whether a conversion of this lead is on its way."""
    return own_changes.is_unsettled(unit, record_id, ChangeKind.CONVERT)
