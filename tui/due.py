"""Work that is wanted often and done at most so often: reading the list again while the agent writes it."""

from __future__ import annotations

from time import monotonic


class Due:
    """Wanted and not done within the last `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._wanted = False
        self._next = 0.0

    def want(self) -> None:
        self._wanted = True

    def is_due(self) -> bool:
        return self._wanted and monotonic() >= self._next

    def done(self) -> None:
        self._wanted = False
        self._next = monotonic() + self._seconds
