"""Incremental reading by (modifiedAt, id), and where the next reading begins.

    cursor   {"at": "2026-11-22 09:00:00", "id": "6b01…"}     everything after this pair
             {"at": "2026-11-22 08:59:50", "id": ""}          everything after this second

EspoCRM stamps a change before it commits, with a resolution of a second. So after the last page reading goes back to
some seconds before the server's own clock: what comes in late is seen, what came already is seen once more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.espocrm.api import Row, equals, server_time
from crm_adapters.spelling import sql_time, time_of
from crm_model.errors import CursorExpired

_OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of changes; empty is the beginning."""

    at: str = ""
    record_id: str = ""

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """Errors: CursorExpired for what is none of ours."""
        if not cursor:
            return cls()
        try:
            held = json.loads(cursor)
            place = cls(str(held["at"]), str(held["id"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CursorExpired("This is no place in EspoCRM.") from error
        if place.at and time_of(place.at) is None:
            raise CursorExpired("This is no place in EspoCRM.")
        return place

    def text(self) -> str:
        return json.dumps({"at": self.at, "id": self.record_id})

    def condition(self) -> list[dict[str, object]]:
        """What comes after it."""
        if not self.at:
            return []
        later: dict[str, object] = {"type": "after", "attribute": "modifiedAt", "value": self.at}
        if not self.record_id:
            return [later]
        beside = {"type": "greaterThan", "attribute": "id", "value": self.record_id}
        same_second = {"type": "and", "value": [equals("modifiedAt", self.at), beside]}
        return [{"type": "or", "value": [later, same_second]}]


def place_after(place: Place, rows: list[Row], *, more: bool, now: datetime) -> Place:
    """Where the next page begins, or the next pass if there is no other page now. `now` is the server's clock."""
    last = Place(server_time(rows[-1]), str(rows[-1].get("id", ""))) if rows else place
    if more:
        return last
    quiet_since = sql_time(now - _OVERLAP)
    return last if last.at < quiet_since or not last.at else Place(min(last.at, quiet_since))
