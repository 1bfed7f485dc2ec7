"""What changed in a module since a place: by time and id, with overlap; deletions by `sync` where the server has it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from crm_adapters.contract import RecordPage
from crm_adapters.vtiger import leads, vtql
from crm_adapters.vtiger.cursor import Place, place_of
from crm_adapters.vtiger.faults import OperationMissing
from crm_adapters.vtiger.modules import Module
from crm_adapters.vtiger.records import Records, Row
from crm_adapters.vtiger.values import is_stamp
from crm_model.errors import NotFound, Unreachable
from crm_model.records import Record, RecordKind

_OVERLAP = timedelta(minutes=2)
_OVERLAP_WITH_SUMMER_TIME = timedelta(minutes=62)  # an hour comes twice in autumn
_SETTLED_SECONDS = 900
_SYNC_OVERLAP_SECONDS = 2
_MOST_SYNC_PAGES = 50


def changes(records: Records, kind: RecordKind, cursor: str, limit: int) -> RecordPage:
    """One page. Errors: CursorExpired."""
    module, overlap, now = records.module_of(kind), _overlap(records), int(time.time())
    place = place_of(kind, cursor)
    begins = bool(place.ended_unix) or not place.at
    place = place.again(overlap, settled=now - place.ended_unix > _SETTLED_SECONDS)
    if not place.sync_from:
        place = replace(place, sync_from=records.service.session.server_time() - _SYNC_OVERLAP_SECONDS)
    if begins and kind is RecordKind.LEAD:
        leads.refresh(records)
    size = max(1, min(limit, vtql.MOST_ROWS))
    rows = records.query(vtql.select(module.name, _since(place, module), order="modifiedtime, id", limit=size))
    if rows:
        at = str(rows[-1].get("modifiedtime", ""))
        if not is_stamp(at):
            raise Unreachable("vtiger gave a record without the time of its change.")
        place = replace(place, at=at, after=str(rows[-1].get("id", "")))
    found = _records(records, kind, rows)
    states = {record.id: f"{row.get('modifiedtime', '')} {record.revision[:8]}" for record, row in found}
    fresh = [record for record, _ in found if place.told.get(record.id) != states[record.id]]
    place = place.told_also(states, overlap)
    if len(rows) == size:
        return RecordPage(fresh, (), place.text(), more=True)
    converted, removed, place = _removed(records, kind, place)
    return RecordPage([*fresh, *converted], removed, replace(place, ended_unix=now).text())


def _since(place: Place, module: Module) -> str:
    if not place.at:
        return ""
    at = vtql.literal(place.at)
    if not place.after:
        return f"modifiedtime >= {at}"
    return f"modifiedtime > {at} or modifiedtime = {at} and id > {vtql.literal(place.after)}"


def _records(records: Records, kind: RecordKind, rows: list[Row]) -> list[tuple[Record, Row]]:
    if kind is RecordKind.LEAD:
        return list(zip(leads.read_leads(records, rows), rows, strict=True))
    return [(records.read(kind, row), row) for row in rows]


def _removed(records: Records, kind: RecordKind, place: Place) -> tuple[list[Record], tuple[str, ...], Place]:
    """Leads converted and records deleted since, as far as `sync` tells: it knows of this user's own ones only."""
    told: list[str] = []
    since = place.sync_from
    try:
        for _ in range(_MOST_SYNC_PAGES):
            answer = records.service.try_read("sync", modifiedTime=str(since), elementType=records.module_of(kind).name)
            found = answer if isinstance(answer, dict) else {}
            told += [str(record_id) for record_id in found.get("deleted") or ()]
            last = str(found.get("lastModifiedTime", ""))
            # It echoes the question when nothing changed, and what changes later in the same second is lost.
            since = max(since, int(last) - _SYNC_OVERLAP_SECONDS) if last.isdecimal() else since
            if found.get("more") is not True or not last.isdecimal():
                break
    except OperationMissing:
        return [], (), place
    converted, removed = [], []
    for record_id in dict.fromkeys(told):
        if record_id in place.gone:
            continue
        try:
            converted.append(_converted(records, kind, record_id))
        except NotFound:
            removed.append(record_id)
    place = replace(place, sync_from=since).without(tuple(dict.fromkeys(told)))
    return converted, tuple(removed), place


def _converted(records: Records, kind: RecordKind, record_id: str) -> Record:
    """A converted lead counts as deleted, too. Errors: NotFound for what really is gone."""
    if kind is not RecordKind.LEAD:
        raise NotFound(record_id)
    return leads.find_lead(records, record_id)


def _overlap(records: Records) -> timedelta:
    return _OVERLAP if records.zone.key == "UTC" else _OVERLAP_WITH_SUMMER_TIME
