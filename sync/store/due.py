"""What has come due for a person: put-off conversations, tasks of records, leads whose next contact is today."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from crm_model.field_values import unpack_fields
from crm_model.records import ActivityKind, RecordKind
from sync.store import next_touches
from sync.store.database import Unit
from sync.store.field_specs import owners_of
from sync.store.tables import activities, links, records, threads
from sync.viewer import Viewer

_A, _R, _T, _L = activities.c, records.c, threads.c, links.c
_MOST = 500
"""Tasks and leads looked at, the longest due first: nobody works through more in a day."""


def due_threads(unit: Unit, viewer: Viewer) -> tuple[int, ...]:
    """The conversations that are due, the longest due first."""
    found = next_touches.came(unit, viewer.author, viewer.now)
    found += _by_task(unit, viewer)
    found += _by_lead(unit, viewer)
    found.sort()
    return tuple(dict.fromkeys(thread_id for _, thread_id in found))


def _by_task(unit: Unit, viewer: Viewer) -> list[tuple[datetime, int]]:
    """Tasks that are ours to do: made in this person's name, or by nobody in particular."""
    tasks = (
        sa.select(_A.due_at, _A.record_id)
        .where(
            _A.kind == ActivityKind.TASK.value,
            _A.done.is_(False),
            _A.due_at <= viewer.now,
            _A.removed_at.is_(None),
            _A.author.in_([viewer.author, ""]),
        )
        .order_by(_A.due_at)
        .limit(_MOST)
    )
    return _threads_of(unit, [(row.due_at, row.record_id) for row in unit.execute(tasks)])


def _by_lead(unit: Unit, viewer: Viewer) -> list[tuple[datetime, int]]:
    """Leads to be contacted, as far as they are this person's or nobody's."""
    today = viewer.now.date().isoformat()
    wanted = sa.and_(_R.kind == RecordKind.LEAD.value, _R.state == "live", _R.next_contact_on.between("0", today))
    rows = unit.execute(
        sa.select(_R.id, _R.crm, _R.fields, _R.next_contact_on).where(wanted).order_by(_R.next_contact_on).limit(_MOST)
    ).all()
    mine = {crm: _strangers(unit, crm, viewer.author) for crm in {row.crm for row in rows}}
    zone = viewer.now.tzinfo
    return _threads_of(
        unit,
        [
            (datetime.fromisoformat(row.next_contact_on).replace(tzinfo=zone), row.id)
            for row in rows
            if _owner(row.fields) not in mine[row.crm]
        ],
    )


def _owner(fields: object) -> str:
    held = unpack_fields(fields)
    return str(held.get("owner") or held.get("owner_id") or "")


def _strangers(unit: Unit, crm: str, author: str) -> frozenset[str]:
    """The ids of a CRM's other users; nobody is one where the CRM does not know this person's name."""
    owners = owners_of(unit, crm)
    if all(owner.name.casefold() != author.casefold() for owner in owners):
        return frozenset()
    return frozenset(owner.id for owner in owners if owner.name.casefold() != author.casefold())


def _threads_of(unit: Unit, due: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """The newest conversation of each record, with the record's time."""
    at: dict[int, datetime] = {}
    for when, record_id in due:
        at.setdefault(record_id, when)
    rows = unit.execute(
        sa.select(_L.record_id, _T.id, _T.last_at)
        .join(threads, _T.id == _L.thread_id)
        .where(_L.record_id.in_(list(at)), _L.removed_at.is_(None), _T.last_at.is_not(None), _T.merged_into.is_(None))
    ).all()
    newest = {row.record_id: row.id for row in sorted(rows, key=lambda row: (row.last_at, row.id))}
    return [(at[record_id], thread_id) for record_id, thread_id in newest.items()]
