"""What an outpost hears, appended line by line: safe from kill -9 at once, from a power cut within a second.

    keep(event)            write(2) before the answer goes out; a thread syncs soon after, many events at a time
    keep_for_sure(event)   synced before it returns: for what the answer promises

Every process writes a segment of its own and holds a lock on it, which the system gives back whatever happens: a
segment without a lock gets no more lines. Memory holds events only while the disk refuses them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from crm_model.errors import Unreachable
from crm_model.web_events import WebEvent, pack_event
from sync.private_files import sync_folder

SUFFIX = ".jsonl"
_SYNC_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_SEGMENT_BYTES = 4 * 2**20
_SEGMENT_SECONDS = 60.0
_HELD_EVENTS = 20_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpoolHealth:
    """`problem` is a sentence while the disk refuses events, of which `held` wait in memory and `lost` had no room."""

    problem: str = ""
    held: int = 0
    lost: int = 0


class Spool:
    """The writing end, for all threads of one process. Made after a fork, never before."""

    def __init__(
        self, folder: Path, *, segment_bytes: int = _SEGMENT_BYTES, segment_seconds: float = _SEGMENT_SECONDS
    ) -> None:
        self._folder, self._segment_bytes, self._segment_seconds = folder, segment_bytes, segment_seconds
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        self._segment: _Segment | None = None
        self._written = self._synced = 0  # events of this process
        self._held: deque[bytes] = deque()
        self._lost, self._problem = 0, ""
        self._work, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_synced, name="spool", daemon=True)
        self._thread.start()

    def keep(self, event: WebEvent) -> None:
        """Never fails and never waits for the disk: what can't be written is held until it can."""
        line = _line(event)
        with self._writing:
            if self._held or not self._append(line):
                self._hold(line)
        if not self._work.is_set():
            self._work.set()

    def keep_for_sure(self, event: WebEvent) -> None:
        """On the disk when it returns. Errors: Unreachable where the disk refuses."""
        with self._writing:
            if self._held or not self._append(_line(event)):
                raise Unreachable(self._problem or "the outpost can't write to its disk now.")
            number = self._written
        try:
            self._sync(number)
        except OSError as error:
            raise Unreachable(f"the outpost can't write to its disk ({error.strerror}).") from error

    def health(self) -> SpoolHealth:
        with self._writing:
            return SpoolHealth(self._problem, len(self._held), self._lost)

    def close(self) -> None:
        """Everything that the disk takes is on it afterwards. Harmless twice."""
        self._closing.set()
        self._work.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._tidy(done=True)

    def _append(self, line: bytes) -> bool:
        """Whether the whole line was written; called with `_writing` held."""
        try:
            if self._segment is None:
                self._segment = _Segment(self._folder)
            self._segment.append(line)
        except OSError as error:
            self._trouble(error)
            return False
        self._written += 1
        return True

    def _hold(self, line: bytes) -> None:
        if len(self._held) >= _HELD_EVENTS:
            self._lost += 1
        else:
            self._held.append(line)

    def _trouble(self, error: OSError) -> None:
        if not self._problem:
            _log.error("spool_refused", extra={"errno": error.errno})
        self._problem = f"the spool can't be written ({error.strerror}); free or mend the disk"

    def _keep_synced(self) -> None:
        while not self._closing.is_set():
            self._work.wait(self._segment_seconds)
            self._work.clear()
            self._closing.wait(_SYNC_SECONDS)  # a burst gathers, and is synced at once
            try:
                self._tidy()
            except OSError as error:
                with self._writing:
                    self._trouble(error)
                self._closing.wait(_RETRY_SECONDS)
                self._work.set()

    def _tidy(self, *, done: bool = False) -> None:
        """Write what is held, sync what is written, end the segment that is full. Errors: OSError."""
        with self._writing:
            while self._held and self._append(self._held[0]):
                self._held.popleft()
            number, held = self._written, len(self._held)
        self._sync(number)
        self._end_segment(done)
        with self._writing:
            if held:
                self._work.set()
            elif self._problem:
                self._problem = ""
                _log.info("spool_writes_again", extra={"lost": self._lost})
        if held and not done:
            self._closing.wait(_RETRY_SECONDS)

    def _sync(self, number: int) -> None:
        """Sync event `number` and all before it; who comes meanwhile waits, and mostly finds it done."""
        with self._syncing:
            if self._synced >= number:
                return
            with self._writing:
                segment, written = self._segment, self._written
            if segment is not None:
                segment.sync()
            self._synced = written

    def _end_segment(self, done: bool) -> None:
        with self._syncing:
            with self._writing:
                segment, written = self._segment, self._written
                if segment is None or not (done or segment.is_full(self._segment_bytes, self._segment_seconds)):
                    return
                self._segment = None
            try:
                segment.sync()
            finally:
                segment.close()
            self._synced = max(self._synced, written)


class _Segment:
    """An open file of lines with its lock."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._size, self._since, self._named = folder, 0, time.monotonic(), False
        while True:
            path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}{SUFFIX}"
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            if os.fstat(self._descriptor).st_nlink:  # else a collector took it for finished before the lock
                return
            os.close(self._descriptor)

    def append(self, line: bytes) -> None:
        """The whole line or nothing. Errors: OSError."""
        written = 0
        try:
            while written < len(line):  # a disk that fills up takes a part, and names the reason at the rest
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written

    def is_full(self, most_bytes: int, most_seconds: float) -> bool:
        return self._size >= most_bytes or time.monotonic() - self._since >= most_seconds

    def sync(self) -> None:
        os.fdatasync(self._descriptor)
        if not self._named:
            sync_folder(self._folder)
            self._named = True

    def close(self) -> None:
        os.close(self._descriptor)


def _line(event: WebEvent) -> bytes:
    return json.dumps(pack_event(event), separators=(",", ":")).encode() + b"\n"
