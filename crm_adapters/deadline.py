"""An end to a whole call: the library's time-outs count from packet to packet, and what drips would last for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Iterator
from typing import Any

_OPENED = (".connect_tcp.complete", ".start_tls.complete")


class Deadline:
    """Cuts the connections of one client once a call of it lasts too long. For a client that one thread uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[weakref.ref[socket.socket]] = []
        self._call = 0
        self._is_over = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """What a request's `trace` extension calls: notes each connection that the request opens."""
        if not event.endswith(_OPENED):
            return
        opened: socket.socket = info["return_value"].get_extra_info("socket")
        with self._lock:
            alive = [each for each in self._connections if each() is not None]
            self._connections = [*alive, weakref.ref(opened)]
            if self._is_over:
                _cut(opened)

    @contextlib.contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """A call from its first byte to its last: after `seconds` it ends as if the other side had hung up."""
        with self._lock:
            self._call += 1
            self._is_over = False
            call = self._call
        timer = threading.Timer(seconds, self._end, (call,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self, call: int) -> None:
        with self._lock:
            if call != self._call:
                return  # the next call has begun on the same connection
            self._is_over = True
            for each in self._connections:
                opened = each()
                if opened is not None:
                    _cut(opened)


def _cut(opened: socket.socket) -> None:
    """Wake up whoever waits for it; closing it alone would not. Not the method: that of TLS takes its state apart."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
