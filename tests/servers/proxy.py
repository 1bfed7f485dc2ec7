"""A bad line to a real server: connections that are cut, delayed, dripped or end in the middle of an answer."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter

_CHUNK = 8192
WAYS = ("cut", "delay", "drip", "truncate")


class BadLine:
    """Passes bytes to `port` on loopback; while `trouble_rate` is above 0, some pieces of answers meet with trouble."""

    def __init__(self, port: int, seed: int) -> None:
        self._goal, self._dice = port, random.Random(seed)
        self.trouble_rate = 0.0
        self.troubles: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            self._end(each)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._goal))
                self._open += [near, far]
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, goal: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                way = self._dice.choice(WAYS) if answers and self._dice.random() < self.trouble_rate else ""
                self.troubles[way] += 1
                if way == "cut":
                    break
                if way == "truncate":
                    goal.sendall(data[: len(data) // 2])
                    break
                if way == "delay":
                    time.sleep(0.1)
                if way == "drip":
                    for start in range(0, min(200, len(data)), 10):
                        goal.sendall(data[start : start + 10])
                    data = data[200:]
                goal.sendall(data)
        self._end(source)
        self._end(goal)

    @staticmethod
    def _end(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
