"""Google's quota as a bucket of units: what a mail account may use, shared by all that work on it in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from crm_model.options import Connection
from sync.mailboxes.gmail.kind import UNITS_OPTION

UNITS = {
    **{"profile": 1, "labels": 1, "history": 2, "list": 5, "new label": 5},
    **{"attachment": 20, "modify": 50, "watch": 100, "send": 100},
}
"""What calls cost beside fetching messages, at the higher of the published prices."""


class Budget:
    """At most `per_minute` units, all of them at once after a minute's rest."""

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_minute = max(1, per_minute)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._units, self._at = float(self.per_minute), clock()

    def take(self, units: int) -> None:
        """Use units, waiting until they are there."""
        with self._lock:
            self._fill()
            self._units -= units  # below zero: somebody waits in line
            wait = max(0.0, -self._units / self.per_minute * 60)
        if wait:
            self._sleep(wait)

    def is_ready(self, units: int) -> bool:
        """Whether `take` would not wait."""
        with self._lock:
            self._fill()
            return self._units >= units

    def overdrawn(self) -> None:
        """Google says that nothing is left: others use the same quota."""
        with self._lock:
            self._fill()
            self._units = min(self._units, 0.0)

    def _fill(self) -> None:
        now = self._clock()
        self._units = min(float(self.per_minute), self._units + (now - self._at) * self.per_minute / 60)
        self._at = now


_BUDGETS: dict[str, Budget] = {}


def budget_of(connection: Connection) -> Budget:
    """The account's budget: it outlives the passes."""
    per_minute = max(1, connection.number(UNITS_OPTION.name, 6000))
    budget = _BUDGETS.get(connection.name)
    if budget is None or budget.per_minute != per_minute:
        budget = _BUDGETS[connection.name] = Budget(per_minute)
    return budget
