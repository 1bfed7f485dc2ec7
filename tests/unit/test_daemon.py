"""The agent's loops: how long they pause, and that nothing ends them but a stop."""

from __future__ import annotations

import threading

import pytest

from agent.daemon import _repeat
from crm_model.errors import ConfigError, Unreachable


class Pauses(threading.Event):
    """A stop that comes after some pauses, and remembers how long each was to be."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.asked: list[float] = []
        self._count = count

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout or 0.0)
        if len(self.asked) == self._count:
            self.set()
        return self.is_set()


@pytest.mark.parametrize("trouble", [Unreachable("away"), ConfigError("broken"), ZeroDivisionError()])
def test_trouble_doubles_the_pause_up_to_five_minutes_and_never_ends_the_loop(trouble: Exception) -> None:
    stop = Pauses(12)

    def once() -> None:
        raise trouble

    _repeat(once, 1.0, stop)
    assert len(stop.asked) == 12
    assert 1.6 <= stop.asked[0] <= 2.4
    assert 240 <= stop.asked[-1] <= 360
    assert all(later > earlier / 1.2 for earlier, later in zip(stop.asked, stop.asked[1:8], strict=False))


def test_a_good_pass_ends_the_back_off() -> None:
    stop, calls = Pauses(4), iter([Unreachable("away"), Unreachable("away"), None, None])

    def once() -> None:
        if (trouble := next(calls)) is not None:
            raise trouble

    _repeat(once, 1.0, stop)
    assert stop.asked[1] > 3
    assert stop.asked[2:] == [1.0, 1.0]
