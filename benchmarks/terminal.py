"""A program on a terminal of its own, timed from the key to what it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import environment_of

ROWS, COLUMNS = 40, 130
_QUIET_SECONDS = 0.15
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a key: seconds to the first bytes drawn and to the last ones before a silence, and the bytes."""

    first: float
    last: float
    output: bytes


class Terminal:
    """A running program and its screen's other side."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,  # Textual draws on it
            start_new_session=True,
            env=environment_of({"TERM": "xterm-256color", "COLORTERM": "truecolor"}),
        )
        os.close(theirs)

    def wait_for(self, text: bytes) -> float:
        """Seconds from the start until `text` is drawn. Errors: TimeoutError."""
        seen = b""
        while text not in seen:
            chunk = self._read(_LONGEST_WAIT)
            if not chunk:
                raise TimeoutError(f"the program never drew {text!r}")
            seen = seen[-len(text) :] + chunk
        return time.perf_counter() - self._began

    def press(self, key: bytes) -> Drawn:
        """Send a key when the screen is quiet, and wait until it is quiet again."""
        self.settle()
        began = time.perf_counter()
        os.write(self._ours, key)
        output = self._read(_LONGEST_WAIT)
        first = last = time.perf_counter() - began
        while chunk := self._read(_QUIET_SECONDS):
            last = time.perf_counter() - began
            output += chunk
        return Drawn(first, last, output)

    def draw(self, keys: bytes, text: bytes, seconds: float) -> bytes:
        """Send keys; all that is drawn until `text` was and the screen is quiet again, or the seconds are over."""
        os.write(self._ours, keys)
        output, end = b"", time.perf_counter() + seconds
        while text not in output and (left := end - time.perf_counter()) > 0:
            output += self._read(left)
        while chunk := self._read(_QUIET_SECONDS):
            output += chunk
        return output

    def settle(self) -> None:
        while self._read(_QUIET_SECONDS):
            pass

    def peak_bytes(self) -> int:
        """Its highest resident memory, 0 where nobody can tell."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._ours], [], [], seconds)
        try:
            return os.read(self._ours, 1 << 20) if ready else b""
        except OSError:  # the program ended
            return b""
