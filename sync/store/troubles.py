"""What of all records waits for a person: fields in conflict and changes that a CRM refused."""

from __future__ import annotations

import sqlalchemy as sa

from crm_model.changes import ChangeState
from crm_model.records import RecordKind
from sync.store import conflicts
from sync.store.database import Unit
from sync.store.field_specs import fields_of
from sync.store.tables import conflicts as conflict_rows
from sync.store.tables import outbox, records
from sync.views import TroubleRow

_R, _O = records.c, outbox.c


def troubles(unit: Unit, limit: int) -> tuple[TroubleRow, ...]:
    """Conflicts first, then refusals, each newest first."""
    return (*_conflicts(unit, limit), *_refusals(unit, limit))[:limit]


def _conflicts(unit: Unit, limit: int) -> list[TroubleRow]:
    c = conflict_rows.c
    rows = unit.execute(
        sa.select(c.id, _R.id.label("record_id"), _R.crm, _R.kind, _R.title)
        .join(records, _R.id == c.record_id)
        .where(c.state == "open")
        .order_by(c.id.desc())
        .limit(limit)
    ).all()
    held = conflicts.of_records(unit, [row.record_id for row in rows])
    views = {view.id: view for each in held.values() for view in each}
    labels: dict[tuple[str, str], dict[str, str]] = {}
    for crm, kind in {(row.crm, row.kind) for row in rows}:
        labels[crm, kind] = {spec.name: spec.label for spec in fields_of(unit, crm, RecordKind(kind))}
    return [
        TroubleRow(
            record_id=row.record_id,
            kind=RecordKind(row.kind),
            title=row.title,
            label=labels[row.crm, row.kind].get(views[row.id].field, views[row.id].field),
            conflict=views[row.id],
        )
        for row in rows
    ]


def _refusals(unit: Unit, limit: int) -> list[TroubleRow]:
    rows = unit.execute(
        sa.select(_O.id.label("change_id"), _O.error, _R.id, _R.kind, _R.title)
        .join(records, _R.id == _O.record_id)
        .where(_O.state == ChangeState.REFUSED.value)
        .order_by(_O.id.desc())
        .limit(limit)
    )
    return [
        TroubleRow(row.id, RecordKind(row.kind), row.title, error=row.error, change_id=row.change_id) for row in rows
    ]
