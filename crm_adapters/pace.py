"""How fast a CRM may be called: a token bucket for bursts, and the budget that its answers tell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from crm_model.errors import RateLimited
from crm_model.options import Connection

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls left in the CRM's own window, as an answer's headers tell; `resets_in_seconds` None if they don't say."""

    left: int
    allowed: int
    resets_in_seconds: float | None = None


class Pace:
    """At most `per_second` calls on average and `burst` at once, for all threads that share it.

    A `Budget` with fewer than `reserve` (a share) of its calls left stops us before the CRM does: others use it too.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        reserve: float = 0.02,
        longest_wait_seconds: float = 5.0,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second, self._burst, self._reserve = per_second, burst, reserve
        self._longest_wait, self._clock, self._sleep = longest_wait_seconds, clock, sleep
        self._lock = threading.Lock()
        self._tokens, self._at = float(burst), clock()
        self._closed_until = 0.0

    def take(self) -> None:
        """Wait for one's turn. Errors: RateLimited if that would take longer than a call should."""
        with self._lock:
            now = self._clock()
            if self._closed_until > now:
                raise _limited(self._closed_until - now)
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            wait = max(0.0, (1 - self._tokens) / self._per_second)
            if wait > self._longest_wait:
                raise _limited(wait)
            self._tokens -= 1  # below zero: somebody waits in line
        if wait:
            self._sleep(wait)

    def close_for(self, seconds: float) -> None:
        """No call for that long: the CRM said so."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def learn(self, budget: Budget | None) -> None:
        """Take to heart what an answer said of the calls left."""
        if budget is not None and budget.left <= budget.allowed * self._reserve:
            self.close_for(60.0 if budget.resets_in_seconds is None else budget.resets_in_seconds)


_held: dict[int, tuple[Connection, Pace]] = {}  # by identity: options don't hash
_guard = threading.Lock()


def pace_of(connection: Connection, per_second: float, burst: int) -> Pace:
    """The pace of a configured CRM: the same for every adapter that this process opens for it, in whatever thread."""
    with _guard:
        return _held.setdefault(id(connection), (connection, Pace(per_second, burst)))[1]


def _limited(seconds: float) -> RateLimited:
    return RateLimited("The CRM's limit of calls is reached; it goes on by itself.", retry_after_seconds=seconds)
