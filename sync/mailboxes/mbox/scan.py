"""Where the messages of an mbox begin and end, found without loading the file.

The formats differ in how a line `From ` inside a message is told from the one that begins the next:
    mboxo   `From ` in a body becomes `>From `            (cannot be undone for sure)
    mboxrd  `From `, `>From `, … each get one `>` more
    mboxcl  Content-Length says where the body ends; mboxcl2 quotes nothing besides
A Content-Length counts only if a message begins, or the file ends, just where it says: many are stale.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

_WINDOW = 1 << 20
_HEADER = 256 * 1024
_LINE = 1_000
_DATE = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+(?:[A-Z][a-z]{2}\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2})\s+[\d:]+"
_SURE = re.compile(rb"From .*" + _DATE)
_LIKELY = re.compile(rb"From (?:\s*$|.*(?:\b(?:19|20)\d\d\b|\d:\d\d))")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|>From |From ")
_CONTENT_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"^\r?\n|\n\r?\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A message: where its From_ line begins, its own first byte, and where it ends. `counted`: by Content-Length."""

    start: int
    first: int
    end: int
    counted: bool


class FileView:
    """Bytes of a file at any offset, through one window that moves along."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self._at, self._window = 0, b""

    def read(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, fewer only at the end of the file."""
        length = max(0, min(length, self.size - start))
        if not (self._at <= start and start + length <= self._at + len(self._window)):
            if length >= _WINDOW:
                return self._pread(start, length)
            # Pages are read from the end of the file: a window that moves back lies before what is asked.
            self._at = start if start >= self._at else max(0, start + length - _WINDOW)
            self._window = self._pread(self._at, _WINDOW)
        return self._window[start - self._at : start - self._at + length]

    def find(self, wanted: bytes, start: int) -> int:
        """The first place of `wanted` from `start` on, -1 if there is none."""
        while start < self.size:
            self.read(start, len(wanted))
            place = self._window.find(wanted, start - self._at)
            if place >= 0:
                return self._at + place
            start = max(start + 1, self._at + len(self._window) - len(wanted) + 1)
            self._at, self._window = start, self._pread(start, _WINDOW)
        return -1

    def line(self, start: int) -> bytes:
        """The line at `start` with its end, cut at a length that no From_ line reaches."""
        text = self.read(start, _LINE)
        end = text.find(b"\n")
        return text if end < 0 else text[: end + 1]

    def _pread(self, start: int, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0 and (part := os.pread(self._descriptor, length, start)):
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return b"".join(parts)


def begins_message(view: FileView, start: int) -> bool:
    """Whether a From_ line stands at `start`, which must be the beginning of a line."""
    line = view.line(start)
    if not line.startswith(b"From "):
        return False
    after_blank = start == 0 or view.read(max(0, start - 3), min(3, start)).endswith((b"\n\n", b"\n\r\n"))
    if _SURE.match(line) and after_blank:
        return True
    return (
        bool(_LIKELY.match(line))
        and bool(_FIELD.match(view.line(start + len(line))))
        and (after_blank or bool(_SURE.match(line)))
    )


def find_messages(view: FileView, start: int = 0) -> Iterator[Span]:
    """The messages from `start` on, where a From_ line must stand (blank lines before it are skipped)."""
    start = skip_blank(view, start)
    while start < view.size:
        first = start + len(view.line(start))
        counted_end = _counted_end(view, first)
        if counted_end is not None:
            following = skip_blank(view, counted_end)
            yield Span(start, first, counted_end, counted=True)
        else:
            following = _next_message(view, first)
            yield Span(start, first, _without_blank(view, first, following), counted=False)
        start = following


def header_of(view: FileView, first: int, end: int) -> bytes:
    """The header of the message at `first`, up to and with its blank line; cut at 256 KiB."""
    length = 4096
    while True:
        text = view.read(first, min(length, end - first))
        found = _HEADER_END.search(text)
        if found is not None:
            return text[: found.end()]
        if length >= _HEADER or length >= end - first:
            return text
        length *= 8


def _next_message(view: FileView, start: int) -> int:
    place = start - 1
    while True:
        place = view.find(b"\nFrom ", place)
        if place < 0:
            return view.size
        if begins_message(view, place + 1):
            return place + 1
        place += 1


def _counted_end(view: FileView, first: int) -> int | None:
    header = header_of(view, first, view.size)
    found = _CONTENT_LENGTH.search(header)
    if found is None or not header.endswith(b"\n"):
        return None
    end = first + len(header) + int(found[1])
    if end > view.size:
        return None
    following = skip_blank(view, end)
    at_line_start = following > end or end == view.size or view.read(end - 1, 1) == b"\n"
    return end if at_line_start and (following == view.size or begins_message(view, following)) else None


def skip_blank(view: FileView, start: int) -> int:
    while text := view.read(start, _LINE):
        rest = text.lstrip(b"\r\n")
        start += len(text) - len(rest)
        if rest:
            break
    return start


def _without_blank(view: FileView, first: int, end: int) -> int:
    """The end of a message without the blank line that parts it from the next."""
    tail = view.read(max(first, end - 4), end - max(first, end - 4))
    if tail.endswith(b"\n\r\n"):
        return end - 2
    return end - 1 if tail.endswith(b"\n\n") else end
