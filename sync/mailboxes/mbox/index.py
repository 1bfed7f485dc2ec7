"""The messages of one mbox file as they stood at one moment, in little memory."""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sync.mailboxes.files import SETTLE_NANOSECONDS
from sync.mailboxes.mbox.content import digest_of, flags_of, is_hidden, time_of
from sync.mailboxes.mbox.scan import FileView, Span, find_messages, header_of

_TAIL = 4096
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file at one moment: when it differs, its messages may. `tail` stands for its last bytes."""

    size: int
    modified: int
    tail: str
    settled: bool

    def same_file(self, status: os.stat_result) -> bool:
        """Whether nothing can have happened since."""
        return self.settled and (self.size, self.modified) == (status.st_size, status.st_mtime_ns)

    def grew(self, view: FileView) -> bool:
        """Whether the file only became longer: all that was there still is at its old place."""
        return view.size > self.size and self.tail == _tail(view, self.size)


def take_stamp(descriptor: int, view: FileView) -> Stamp:
    status = os.fstat(descriptor)
    settled = time.time_ns() - status.st_mtime_ns > SETTLE_NANOSECONDS
    return Stamp(view.size, status.st_mtime_ns, _tail(view, view.size), settled)


def _tail(view: FileView, end: int) -> str:
    start = max(0, end - _TAIL)
    head = view.read(0, min(_TAIL, end))
    return hashlib.blake2b(head + view.read(start, end - start), digest_size=12).hexdigest()


@dataclass(slots=True)
class Index:
    """Message `n` is `spans[n]`, with the identity `uid(n)`: a digest, and a number for further identical ones."""

    stamp: Stamp
    starts: array[int] = field(default_factory=lambda: array("Q"))
    firsts: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    counted: bytearray = field(default_factory=bytearray)
    digests: bytearray = field(default_factory=bytearray)
    ordinals: array[int] = field(default_factory=lambda: array("L"))
    flagged: dict[str, frozenset[str]] = field(default_factory=dict)
    old: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, number: int) -> Span:
        return Span(self.starts[number], self.firsts[number], self.ends[number], bool(self.counted[number]))

    def uid(self, number: int) -> str:
        digest = self.digests[number * _DIGEST : (number + 1) * _DIGEST].hex()
        ordinal = self.ordinals[number]
        return digest if ordinal == 1 else f"{digest}-{ordinal}"

    def uids(self) -> Iterator[str]:
        return (self.uid(number) for number in range(len(self)))


def build_index(descriptor: int, view: FileView, *, oldest: datetime | None, start: int = 0) -> Index:
    """Read the file from `start` on. `old` are the messages before `oldest`."""
    index = Index(take_stamp(descriptor, view))
    seen: Counter[bytes] = Counter()
    for span in find_messages(view, start):
        header = header_of(view, span.first, span.end)
        if is_hidden(header):
            continue
        digest = digest_of(view, span, header)
        seen[digest] += 1
        index.starts.append(span.start)
        index.firsts.append(span.first)
        index.ends.append(span.end)
        index.counted.append(span.counted)
        index.digests.extend(digest)
        index.ordinals.append(seen[digest])
        uid = index.uid(len(index) - 1)
        if flags := flags_of(header):
            index.flagged[uid] = flags
        if oldest is not None and (at := time_of(view.line(span.start))) is not None and at < oldest:
            index.old.add(uid)
    return index
