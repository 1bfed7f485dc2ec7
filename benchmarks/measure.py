"""Running programs and calls, and what they spent: wall time, CPU time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run of a program took; `peak_bytes` is its highest resident memory, 0 where nobody can tell."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: ours, the yardstick's, and the mark to reach, each as text with its unit."""

    what: str
    ours: str
    yardstick: str = ""
    ratio: str = ""
    mark: str = ""


def run(command: Sequence[str | Path], *, environment: dict[str, str] | None = None) -> Spent:
    """Run a program to its end. Errors: RuntimeError with what it said if it fails."""
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(
        [os.fspath(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment_of(environment),
    )
    peak = _Peak(process.pid)
    watcher = threading.Thread(target=peak.watch, daemon=True)
    watcher.start()
    output, _ = process.communicate()
    seconds, after = time.perf_counter() - started, os.times()
    peak.done.set()
    watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} ended with {process.returncode}: {output[-2000:]}")
    cpu = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return Spent(seconds, cpu, peak.bytes, output)


def environment_of(more: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment, except that Python keeps its compiled modules, as on any installation."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(more or {})}


class _Peak:
    """Follows a process's high-water mark. Not ru_maxrss: that one inherits the parent's memory on fork."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.done = threading.Event()
        self.bytes = 0

    def watch(self) -> None:
        while not self.done.is_set():
            try:
                text = self._status.read_text()
            except OSError:  # ended, or no /proc on this system
                return
            found = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")]
            self.bytes = max([self.bytes, *(1024 * int(kilobytes) for kilobytes in found)])
            self.done.wait(_POLL_SECONDS)


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def spread(values: Sequence[float]) -> str:
    """The median and, of several, the range."""
    text = f"{median(values):.2f}"
    return text if len(values) < 2 else f"{text} ({min(values):.2f}-{max(values):.2f})"
