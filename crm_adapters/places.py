"""A place in the changes of a kind of record: all modified since a time, read by id so that nothing moves under us.

    {"since": T}                        the next read begins here
    {"since": T, "after": id, "next": U}  pages of one read; U is where the read after it begins

U is the server's clock when the read began, less an overlap: what is saved while we read comes again, never not at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crm_adapters.spelling import iso_time, time_of
from crm_model.errors import CursorExpired

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a server's clock may say the year 1
OVERLAP = timedelta(seconds=30)
"""A save sets its time before it commits."""


@dataclass(frozen=True, slots=True)
class Place:
    """`since` None is the beginning; `mark` tells apart places at the same second."""

    since: datetime | None = None
    after: str = ""
    next: datetime | None = None
    mark: str = ""

    def begun(self, server_now: datetime) -> Place:
        """The same read if one goes on, else a new one."""
        if self.next is not None:
            return self
        return replace(self, next=max(server_now, _EPOCH) - OVERLAP)

    def at(self, record_id: str) -> Place:
        return replace(self, after=record_id)

    def done(self, mark: str) -> Place:
        return Place(since=self.next, mark=mark)

    def text(self) -> str:
        parts = {
            "since": iso_time(self.since) if self.since is not None else "",
            "after": self.after,
            "next": iso_time(self.next) if self.next is not None else "",
            "mark": self.mark,
        }
        return json.dumps({name: part for name, part in parts.items() if part})


def read_place(cursor: str) -> Place:
    """Errors: CursorExpired for what we did not write."""
    if not cursor:
        return Place()
    try:
        parts = json.loads(cursor)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, dict) or not parts or not all(isinstance(part, str) for part in parts.values()):
        raise CursorExpired("This is no place in this CRM.")
    since, after = time_of(parts.get("since")), parts.get("after", "")
    if since is None and not after:
        raise CursorExpired("This is no place in this CRM.")
    return Place(since, after, time_of(parts.get("next")), parts.get("mark", ""))
