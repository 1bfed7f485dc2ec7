"""A long list of which only the rows in sight are in memory.

The list is an array of ids; rows come page by page from a worker. A changed row stays in sight until its fresh
version arrives: `stamp` tells an answer that was read before the change from one read after it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

from tui.gateway import Row

_MARGIN = 60
_KEEP = 3000


class RowWindow:
    """Ids of all rows, and the rows last looked at."""

    def __init__(self) -> None:
        self.ids: array[int] = array("q")
        self.stamp = 0
        self._rows: dict[int, Row] = {}
        self._stale: dict[int, int] = {}
        self._headings: Mapping[int, Row] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def show(self, ids: array[int], headings: Mapping[int, Row]) -> None:
        """Another list; the rows of its headings come with it."""
        self.ids, self._headings = ids, headings

    def forget(self) -> None:
        """The keys mean other things from now on."""
        self.stamp += 1
        self.ids, self._headings = array("q"), {}
        self._rows.clear()
        self._stale.clear()

    def row(self, index: int) -> Row | None:
        """The row at a place, None while it is not fetched."""
        if not 0 <= index < len(self.ids):
            return None
        key = self.ids[index]
        return self._rows.get(key) if key >= 0 else self._headings.get(key)

    def place(self, key: int | None) -> int | None:
        """Where an id stands, None if it is not in the list."""
        if key is None:
            return None
        try:
            return self.ids.index(key)
        except ValueError:
            return None

    def wanted(self, first: int, last: int) -> list[int]:
        """Ids to fetch so that rows `first` to `last` can be drawn; () when all are there and fresh.

        When any is missing, a margin on both sides is asked for too, so that scrolling does not ask every line.
        """
        if all(self._is_fresh(id_) for id_ in self.ids[max(first, 0) : last]):
            return []
        return [id_ for id_ in self.ids[max(first - _MARGIN, 0) : last + _MARGIN] if not self._is_fresh(id_)]

    def _is_fresh(self, key: int) -> bool:
        return key < 0 or (key in self._rows and key not in self._stale)

    def put(self, rows: dict[int, Row], stamp: int) -> None:
        """Keep fetched rows; `stamp` is what `self.stamp` was when they were asked for."""
        for key, row in rows.items():
            self._rows.pop(key, None)  # to the end: the oldest are dropped first
            self._rows[key] = row
            if self._stale.get(key, 0) <= stamp:
                self._stale.pop(key, None)
        for key in list(self._rows)[: max(len(self._rows) - _KEEP, 0)]:
            del self._rows[key]

    def outdate(self, keys: Iterable[int]) -> None:
        """These rows changed in the database: fetch them again when they are in sight."""
        self.stamp += 1
        self._stale.update((key, self.stamp) for key in keys if key in self._rows)

    def drop(self, key: int) -> None:
        """Take one row out of sight at once; the next list of ids decides for good."""
        place = self.place(key)
        if place is not None:
            self.ids = self.ids[:place] + self.ids[place + 1 :]
