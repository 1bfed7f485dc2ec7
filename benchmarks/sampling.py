"""Where the time of a program with threads goes: its stacks are looked at every few milliseconds."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from types import FrameType

_INTERVAL_SECONDS = 0.004
_SHOWN = 60
_LIBRARIES = ("site-packages", "lib/python", "<frozen")


class Sampler:
    """Counts functions, per thread. A thread that waits is counted where it waits."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._worker = threading.Thread(target=self._run, daemon=True)
        self._by_line: Counter[tuple[str, str]] = Counter()
        self._by_function: Counter[tuple[str, str]] = Counter()
        self._samples = 0

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._worker.is_alive():
            self._worker.join()

    def report(self) -> str:
        """Percent of the samples: functions with all they call, then by themselves."""
        lines = [f"{self._samples} samples"]
        for title, counted in (("with callees", self._by_function), ("own", self._by_line)):
            lines.append(f"--- {title}")
            for (thread, name), count in counted.most_common(_SHOWN):
                lines.append(f"{100 * count / max(1, self._samples):6.1f} %  {thread:<12} {name}")
        return "\n".join(lines)

    def _run(self) -> None:
        while not self._stopped.wait(_INTERVAL_SECONDS):
            self._samples += 1
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != self._worker.ident:
                    self._count(names.get(ident, "?"), frame)

    def _count(self, thread: str, top: FrameType) -> None:
        stack: list[tuple[str, str]] = []
        frame: FrameType | None = top
        while frame is not None:
            stack.append((frame.f_code.co_filename, frame.f_code.co_qualname))
            frame = frame.f_back
        self._by_line[thread, f"{_short(stack[0][0])}:{top.f_lineno} {stack[0][1]}"] += 1
        for file, function in dict.fromkeys(stack):
            if not any(library in file for library in _LIBRARIES):
                self._by_function[thread, f"{_short(file)} {function}"] += 1


def _short(file: str) -> str:
    return "/".join(file.split("/")[-3:])
