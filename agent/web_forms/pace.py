"""How often a network may send a form: enough for an office, too little for a robot."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict

_MOST_NETWORKS = 20_000
_HOUR = 3_600.0
_ALL = 50  # networks' worth of submissions that a form takes in an hour, whoever sends them


class Pace:
    """Token buckets by form and network, and one by form for all; forgets the least recent networks. Thread-safe."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_minutes(self, form: str, network: str, per_hour: int, now: float) -> int:
        """0 if this one may pass, and it is counted; else for how many minutes not. `now` in seconds, monotonic."""
        wanted = (((form, network), float(per_hour)), ((form, ""), float(per_hour * _ALL)))
        with self._lock:
            levels = [self._level(key, size, now) for key, size in wanted]
            for level, (_, size) in zip(levels, wanted, strict=True):
                if level < 1:
                    return math.ceil((1 - level) * _HOUR / size / 60)
            for level, (key, _) in zip(levels, wanted, strict=True):
                self._buckets[key] = (level - 1, now)
                self._buckets.move_to_end(key)
            while len(self._buckets) > _MOST_NETWORKS:
                self._buckets.popitem(last=False)
        return 0

    def _level(self, key: tuple[str, str], size: float, now: float) -> float:
        level, since = self._buckets.get(key, (size, now))
        return min(size, level + (now - since) * size / _HOUR)
