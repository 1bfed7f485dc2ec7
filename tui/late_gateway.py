"""A gateway whose database is opened when it is first asked for something: the screen stands before that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tui.gateway import Gateway
from tui.times import Clock


class LateGateway(Gateway):
    """Everything but `clock` waits until `open_it` has answered; its errors come from whatever asks."""

    def __init__(self, open_it: Callable[[], Gateway], clock: Clock | None = None) -> None:
        self._open_it, self._one_opens = open_it, threading.Lock()
        self.clock = clock or Clock()

    def open(self) -> None:
        """Open it now. Errors: ConfigError, Busy, Unreachable."""
        self._held("_store")

    def __getattr__(self, name: str) -> Any:
        # Only for what is not there yet: what the open gateway holds.
        if name.startswith("__"):
            raise AttributeError(name)
        return self._held(name)

    def _held(self, name: str) -> Any:
        with self._one_opens:
            if "_store" not in vars(self):
                vars(self).update(vars(self._open_it()))
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(name) from None
