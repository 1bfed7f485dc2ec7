"""A long list of which only the rows in sight are in memory.

The list is an array of ids; rows come page by page from a worker. A changed row stays in sight until its fresh
version arrives: `stamp` tells an answer that was read before the change from one read after it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from tui.gateway import ThreadRow

_MARGIN = 60
_KEEP = 3000


class RowWindow:
    """Ids of all rows, and the rows last looked at."""

    def __init__(self) -> None:
        self.ids: array[int] = array("q")
        self.stamp = 0
        self._rows: dict[int, ThreadRow] = {}
        self._stale: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, index: int) -> ThreadRow | None:
        """The row at a place, None while it is not fetched."""
        return self._rows.get(self.ids[index]) if 0 <= index < len(self.ids) else None

    def place(self, thread_id: int | None) -> int | None:
        """Where an id stands, None if it is not in the list."""
        if thread_id is None:
            return None
        try:
            return self.ids.index(thread_id)
        except ValueError:
            return None

    def wanted(self, first: int, last: int) -> list[int]:
        """Ids to fetch so that rows `first` to `last` can be drawn; () when all are there and fresh.

        When any is missing, a margin on both sides is asked for too, so that scrolling does not ask every line.
        """
        if all(self._is_fresh(id_) for id_ in self.ids[max(first, 0) : last]):
            return []
        return [id_ for id_ in self.ids[max(first - _MARGIN, 0) : last + _MARGIN] if not self._is_fresh(id_)]

    def _is_fresh(self, thread_id: int) -> bool:
        return thread_id in self._rows and thread_id not in self._stale

    def put(self, rows: dict[int, ThreadRow], stamp: int) -> None:
        """Keep fetched rows; `stamp` is what `self.stamp` was when they were asked for."""
        for thread_id, row in rows.items():
            self._rows.pop(thread_id, None)  # to the end: the oldest are dropped first
            self._rows[thread_id] = row
            if self._stale.get(thread_id, 0) <= stamp:
                self._stale.pop(thread_id, None)
        for thread_id in list(self._rows)[: max(len(self._rows) - _KEEP, 0)]:
            del self._rows[thread_id]

    def outdate(self, thread_ids: Iterable[int]) -> None:
        """These rows changed in the database: fetch them again when they are in sight."""
        self.stamp += 1
        self._stale.update((thread_id, self.stamp) for thread_id in thread_ids if thread_id in self._rows)

    def drop(self, thread_id: int) -> None:
        """Take one row out of sight at once; the next list of ids decides for good."""
        place = self.place(thread_id)
        if place is not None:
            self.ids = self.ids[:place] + self.ids[place + 1 :]
