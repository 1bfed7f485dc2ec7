"""What changed since a place, by HubSpot's search: it sees a change some seconds late, and ends at 10,000 results.

    cursor   {"at": 1714550400000, "after": "", "first": true, "told": {"512": "1714550400000 ab…"}, "ended": 0}

Pages are sorted by time alone, the only order that there is, and each begins where the last one ended; what came in
between is told apart by `told`. A page that is all of one millisecond (an import) goes on along the ids (`after`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crm_adapters.contract import RecordPage
from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import values
from crm_adapters.hubspot.api import Row, rows_of
from crm_adapters.hubspot.records import Records, properties_of
from crm_model.errors import CursorExpired
from crm_model.records import Record, RecordKind

_LARGEST_PAGE = 100
_LAG_MS = 120_000
_SETTLED_SECONDS = 900
_MOST_TOLD = 500


@dataclass(frozen=True, slots=True)
class Place:
    """`at` in milliseconds; `after` an id within that millisecond; `first` until the end was reached once."""

    kind: RecordKind
    at: int = 0
    after: str = ""
    first: bool = True
    ended: int = 0
    told: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        held = {"kind": self.kind.value, "at": self.at, "after": self.after, "first": self.first, "ended": self.ended}
        return json.dumps({**held, "told": dict(self.told)}, separators=(",", ":"))


def changes(records: Records, kind: RecordKind, cursor: str, limit: int) -> RecordPage:
    """One page. Errors: CursorExpired."""
    place, now = place_of(kind, cursor), int(time.time())
    if place.ended:
        settled = now - place.ended > _SETTLED_SECONDS
        place = replace(place, at=place.at if settled else place.at - _LAG_MS, ended=0)
    size = max(1, min(limit, _LARGEST_PAGE))
    objects = rows_of(records.api.search(names.TYPES[kind], _query(records, place, size)))
    states = {str(row.get("id", "")): _state(records, row) for row in objects}
    fresh = [row for row in objects if place.told.get(str(row.get("id", ""))) != states[str(row.get("id", ""))]]
    found = [record for record in records.to_records(kind, fresh) if not (place.first and _is_converted(record))]
    following = _next(records, place, objects, size)
    told = {object_id: state for object_id, state in {**place.told, **states}.items() if _is_near(state, following.at)}
    following = replace(following, told=dict(list(told.items())[-max(_MOST_TOLD, size) :]))
    if len(objects) == size or place.after:
        return RecordPage(found, (), following.text(), more=True)
    return RecordPage(found, (), replace(following, ended=now, first=False).text())


def place_of(kind: RecordKind, cursor: str) -> Place:
    """Errors: CursorExpired."""
    if not cursor:
        return Place(kind)
    try:
        held = json.loads(cursor)
        told = {str(object_id): str(state) for object_id, state in dict(held["told"]).items()}
        place = Place(kind, int(held["at"]), str(held["after"]), held["first"] is True, int(held["ended"]), told)
        written_for = held["kind"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CursorExpired(f"This is no place among the changes of HubSpot's {kind}s.") from error
    if written_for != kind.value:
        raise CursorExpired(f"This is no place among the changes of HubSpot's {kind}s.")
    return place


def _query(records: Records, place: Place, size: int) -> dict[str, object]:
    modified = names.modified_property(names.TYPES[place.kind])
    if place.after:
        filters = [
            {"propertyName": modified, "operator": "EQ", "value": str(place.at)},
            {"propertyName": "hs_object_id", "operator": "GT", "value": place.after},
        ]
        order = "hs_object_id"
    else:
        filters = [{"propertyName": modified, "operator": "GTE", "value": str(place.at)}]
        order = modified
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
        "properties": records.wanted(place.kind),
        "limit": size,
    }


def _next(records: Records, place: Place, objects: list[Row], size: int) -> Place:
    """Where the next page begins."""
    if not objects:
        return replace(place, at=place.at + 1, after="") if place.after else place
    if place.after:
        if len(objects) == size:
            return replace(place, after=str(objects[-1].get("id", "")))
        return replace(place, at=place.at + 1, after="")
    last = _modified(records, objects[-1])
    if len(objects) == size and last == _modified(records, objects[0]):
        return replace(place, at=last, after="0")  # all of one millisecond: along the ids, from the first one on
    return replace(place, at=last)


def _modified(records: Records, row: Row) -> int:
    properties = properties_of(row)
    stamp = properties.get("lastmodifieddate") or properties.get("hs_lastmodifieddate") or row.get("updatedAt")
    at = values.any_time(stamp)
    return values.milliseconds(at) if at is not None else 0


def _state(records: Records, row: Row) -> str:
    return str(_modified(records, row))


def _is_near(state: str, at: int) -> bool:
    return int(state) >= at - _LAG_MS


def _is_converted(record: Record) -> bool:
    return bool(record.fields.get("converted_contact_id"))
