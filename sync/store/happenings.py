"""Noticing what happened: records that stand otherwise than when they were last looked at.

Whoever changed a record, here or in the CRM, its row's place in the order of changes moved; so one look at what
moved finds everything, and a program that is killed looks again from where the last transaction ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.happenings import Event, Happening, Mark, events_between, mark_of
from crm_model.records import RecordKind
from sync.store import preferences
from sync.store.batches import batches, insert_missing
from sync.store.crms import names_read
from sync.store.database import Unit, last_seq
from sync.store.records import StoredRecord, get_many
from sync.store.tables import happenings, hook_deliveries, noticed_crms, record_marks, records

_SEEN = "happenings_seen"
_TELLING = (RecordKind.LEAD.value, RecordKind.OPPORTUNITY.value)
_TOLD_FIELDS = ("first_name", "last_name", "name", "email", "phone", "company", "source", "status", "stage", "amount")
_M = record_marks.c


def has_news(unit: Unit) -> bool:
    """Whether `notice_records` would find anything to look at."""
    if _moved(unit, _seen(unit), 1):
        return True
    noticed = unit.execute(sa.select(noticed_crms.c.crm)).scalars()
    return not names_read(unit) <= set(noticed)


def notice_records(unit: Unit, now: datetime, *, limit: int = 500) -> tuple[list[Happening], bool]:
    """What happened to leads and opportunities since the last look, and whether there is more to look at.

    The look is kept with the caller's transaction. What a CRM held before it was first looked at is no news.
    """
    silent = _silence(unit)
    moved = _moved(unit, _seen(unit), limit)
    if not moved:
        return [], False
    stored = get_many(unit, [record_id for record_id, _ in moved])
    before = _marks(unit, stored)
    found: list[Happening] = []
    marks: dict[int, Mark] = {}
    for record_id, seq in moved:
        record = stored[record_id]
        mark = mark_of(record.kind, record.fields, record.state)
        if mark == before.get(record_id):
            continue
        marks[record_id] = mark
        if seq > silent.get(record.crm, seq if record.remote_id else -1):
            found += _told(record, before.get(record_id), mark, seq, now)
    _keep_marks(unit, marks, before)
    preferences.put(unit, _SEEN, str(moved[-1][1]))
    return found, len(moved) >= limit


def add(unit: Unit, found: Sequence[Happening], wanted: Mapping[Event, Collection[str]], now: datetime) -> None:
    """Keep happenings, each once, with a delivery for every hook that wants the event (hooks' names by event)."""
    for some in batches([each.key for each in found]):
        chosen = [each for each in found if each.key in some]
        insert_missing(unit, happenings, [_row(each) for each in chosen])
        rows = unit.execute(
            sa.select(happenings.c.id, happenings.c.event).where(happenings.c.key.in_(some)).order_by(happenings.c.id)
        )
        due = [
            {"happening_id": row.id, "hook": hook, "next_at": now}
            for row in rows
            for hook in wanted.get(Event(row.event), ())
        ]
        insert_missing(unit, hook_deliveries, due)


def _seen(unit: Unit) -> int:
    return int(preferences.get(unit, _SEEN, "0"))


def _moved(unit: Unit, seen: int, limit: int) -> list[tuple[int, int]]:
    """Ids and places of what moved behind `seen`, in order, never half of one transaction's."""
    r = records.c
    query = sa.select(r.id, r.seq).where(r.seq > seen, r.kind.in_(_TELLING)).order_by(r.seq, r.id)
    rows = [(row.id, row.seq) for row in unit.execute(query.limit(limit))]
    if len(rows) == limit:
        last = rows[-1][1]
        rows = [row for row in rows if row[1] < last]
        same = unit.execute(query.where(r.seq == last))
        rows += [(row.id, row.seq) for row in same]
    return rows


def _silence(unit: Unit) -> dict[str, int]:
    """By CRM the place up to which nothing is news; a CRM that was never read through is left out.

    A CRM that was read through meanwhile is silent up to now.
    """
    held = {row.crm: row.silent_until for row in unit.execute(sa.select(noticed_crms))}
    for crm in names_read(unit) - held.keys():
        held[crm] = last_seq(unit)
        unit.execute(noticed_crms.insert().values(crm=crm, silent_until=held[crm]))
    return held


def _told(record: StoredRecord, before: Mark | None, mark: Mark, seq: int, now: datetime) -> list[Happening]:
    told = {name: record.fields.get(name) for name in _TOLD_FIELDS if record.fields.get(name)}
    data: dict[str, Any] = {record.kind.value: {**told, "owner": mark.owner, "crm": record.crm, "crm_url": record.url}}
    if before is not None:
        data["before"] = {"stage": before.stage, "owner": before.owner}
    at = record.modified_at if record.modified_at and record.is_unedited else now
    return [
        Happening(_key(event, record.id, mark, seq), event, at, record_id=record.id, data=data)
        for event in events_between(record.kind, before, mark)
    ]


def _key(event: Event, record_id: int, mark: Mark, seq: int) -> str:
    """A record is created once; the rest may happen again, at another place in the order of changes."""
    return f"{event}:{record_id}" if event is Event.LEAD_CREATED else f"{event}:{record_id}:{seq}"


def _marks(unit: Unit, record_ids: Collection[int]) -> dict[int, Mark]:
    found: dict[int, Mark] = {}
    for some in batches(record_ids):
        rows = unit.execute(sa.select(record_marks).where(_M.record_id.in_(some)))
        found.update((row.record_id, Mark(row.stage, row.owner, row.state, row.won)) for row in rows)
    return found


def _keep_marks(unit: Unit, marks: Mapping[int, Mark], before: Collection[int]) -> None:
    rows = [
        {"record_id": record_id, "stage": mark.stage, "owner": mark.owner, "state": mark.state, "won": mark.won}
        for record_id, mark in marks.items()
    ]
    for some in batches([row["record_id"] for row in rows if row["record_id"] in before]):
        unit.execute(record_marks.delete().where(_M.record_id.in_(some)))
    insert_missing(unit, record_marks, rows)


def _row(happening: Happening) -> dict[str, Any]:
    return {
        "key": happening.key,
        "event": happening.event.value,
        "record_id": happening.record_id,
        "message_id": happening.message_id,
        "data": dict(happening.data),
        "at": happening.at,
    }
