"""The reading end of a spool: pages of events in the order of their times, and what may be forgotten.

    cursor = JSON object {segment: bytes read}        a segment that it does not name was not begun

Segments of several processes overlap, so their lines are merged. One is opened only when the merge comes to the time
at which it was begun: however much waits, a page reads little more than itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import json
import os
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from agent.outpost.contract import EventPage
from agent.outpost.ground import Ground
from agent.outpost.spool import SUFFIX
from crm_model.errors import CursorExpired
from crm_model.web_events import WebEvent, unpack_event

_SEGMENT = re.compile(rf"(\d{{20}})-[0-9a-f]{{8}}{re.escape(SUFFIX)}")
_PAGE_BYTES = 8 * 2**20
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def read_cursor(text: str) -> dict[str, int]:
    """The places that a cursor names. Errors: CursorExpired for what is none."""
    try:
        places = json.loads(text) if text else {}
        sound = isinstance(places, dict) and all(
            _SEGMENT.fullmatch(name) and isinstance(place, int) and place >= 0 for name, place in places.items()
        )
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise CursorExpired("this is no place in the outpost's spool; collect again from the start")
    return dict(places)


def read_events(ground: Ground, places: Mapping[str, int], *, limit: int) -> EventPage:
    """At most `limit` events behind `places`. Lines that are no events are set aside and counted."""
    reading = _Reading(ground, dict(places))
    events: list[WebEvent] = []
    for line in reading.lines(limit):
        if line.event is None:
            reading.set_aside(line)
        else:
            events.append(line.event)
    places_read = {name: place for name, place in sorted(reading.places.items()) if (ground.spool / name).exists()}
    return EventPage(tuple(events), json.dumps(places_read, separators=(",", ":")), reading.broken)


def delete_read(ground: Ground, places: Mapping[str, int]) -> None:
    """Delete the segments that get no more lines and were read to their end. Errors: OSError."""
    for path in _segments(ground):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file, _finished(file) as is_finished:
            # The lock is ours: who begins this very segment waits for it, and then sees that it is gone.
            if is_finished and places.get(path.name, 0) >= os.fstat(file.fileno()).st_size:
                path.unlink()


def waiting_bytes(ground: Ground, places: Mapping[str, int]) -> tuple[int, float | None]:
    """How many bytes wait to be collected, and since when (seconds since 1970) at the most; None where nothing does."""
    total, since = 0, None
    for path in _segments(ground):
        with contextlib.suppress(FileNotFoundError):
            left = path.stat().st_size - places.get(path.name, 0)
            if left > 0:
                total += left
                since = since or _begun(path)
    return total, since


def oldest_segment(ground: Ground) -> float | None:
    """When the oldest segment was begun, in seconds since 1970."""
    return next((_begun(path) for path in _segments(ground)), None)


def _begun(path: Path) -> float:
    return int(path.name[:20]) / 1e9


def _segments(ground: Ground) -> list[Path]:
    return sorted(path for path in ground.spool.iterdir() if _SEGMENT.fullmatch(path.name))


@contextlib.contextmanager
def _finished(file: BinaryIO) -> Iterator[bool]:
    """Whether nobody writes it any more, for its writer's lock is gone; it stays so within the block."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    """A line with its place; one without an event is broken. Ordered by time, then by place."""

    at: datetime
    segment: str
    start: int
    raw: bytes = field(compare=False)
    event: WebEvent | None = field(compare=False)


class _Reading:
    """One page being read: `places` move along, line by line."""

    def __init__(self, ground: Ground, places: dict[str, int]) -> None:
        self._ground, self.places, self.broken = ground, places, 0

    def lines(self, limit: int) -> Iterator[_Line]:
        """The next lines in the order of time."""
        unopened = _segments(self._ground)[::-1]
        ready: list[tuple[_Line, Generator[_Line]]] = []
        size = 0
        while limit > 0 and size <= _PAGE_BYTES:
            while unopened and (not ready or _begun(unopened[-1]) <= ready[0][0].at.timestamp()):
                _push(ready, self._read(unopened.pop()))
            if not ready:
                return
            line, following = heapq.heappop(ready)
            self.places[line.segment] = line.start + len(line.raw)
            limit, size = limit - 1, size + len(line.raw)
            yield line
            _push(ready, following)
        for _, unread in ready:
            unread.close()

    def set_aside(self, line: _Line) -> None:
        """Keep the bytes of a broken line where a person can look at them; reading it again changes nothing."""
        self.broken += 1
        (self._ground.broken / f"{line.segment}-{line.start}").write_bytes(line.raw)

    def _read(self, path: Path) -> Generator[_Line]:
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:  # else it was acknowledged meanwhile
            start, at = file.seek(self.places.get(path.name, 0)), _NO_TIME
            while raw := file.readline():
                if not raw.endswith(b"\n"):
                    with _finished(file) as is_finished:
                        if not is_finished:
                            return  # it is being written now
                        file.seek(start)
                        raw = file.readline()  # what its writer added before it ended
                line = _line(path.name, start, raw, at)
                start, at = file.tell(), line.at
                yield line


def _push(ready: list[tuple[_Line, Generator[_Line]]], lines: Generator[_Line]) -> None:
    line = next(lines, None)
    if line is not None:
        heapq.heappush(ready, (line, lines))


def _line(segment: str, start: int, raw: bytes, before: datetime) -> _Line:
    """A broken line takes its turn where it lies: at the time of the line before it."""
    try:
        event = unpack_event(json.loads(raw)) if raw.endswith(b"\n") else None
    except (ValueError, RecursionError, AttributeError):
        event = None
    return _Line(event.at if event else before, segment, start, raw, event)
