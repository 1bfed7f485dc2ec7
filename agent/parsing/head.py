"""The header block: names and raw values, and where the body begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.parsing.limits import MAX_HEADERS

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_BLANK = re.compile(rb"\r?\n")
_LINE = re.compile(rb"[^\n]*\n?")
_FOLDED = re.compile(rb"[ \t][^\n]*\n?")
# Lines that can only be headers: a body's "http://…" or "Note: …" is none.
_KNOWN = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|references|"
    rb"in-reply-to|sender|return-path|delivered-to|list-[a-z-]+|x-[a-z0-9-]+|dkim-signature):",
    re.IGNORECASE,
)
_LOOK_AHEAD_LINES = 5


@dataclass(slots=True)
class Head:
    """Header fields in order, names in lower case, values raw (folded, encoded); `body_start` is an offset."""

    fields: list[tuple[str, bytes]]
    body_start: int
    defects: list[str] = field(default_factory=list)

    def first(self, name: str) -> bytes | None:
        for key, value in self.fields:
            if key == name:
                return value
        return None

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]


def read_head(data: bytes, start: int, end: int) -> Head:
    """The header block that begins at `start`. Junk lines between headers are skipped, with a defect."""
    fields: list[tuple[str, bytes]] = []
    head = Head(fields, end)
    position = start
    while position < end:
        match = _FIELD.match(data, position, end)
        if match is not None:
            position = match.end()
            fields.append((match[1].decode("ascii").lower(), match[2].strip()))
            continue
        blank = _BLANK.match(data, position, end)
        if blank is not None:
            head.body_start = blank.end()
            break
        skipped = _skip_junk(data, position, end, head)
        if skipped is None:
            head.body_start = position
            head.defects.append("no-blank-line")
            break
        position = skipped
    if len(fields) > MAX_HEADERS:
        del fields[MAX_HEADERS:]
        head.defects.append("too-many-headers")
    return head


def _skip_junk(data: bytes, position: int, end: int, head: Head) -> int | None:
    """Where reading goes on behind lines that are no headers; None if the body begins here."""
    if data.startswith((b"From ", b">From "), position):
        head.defects.append("envelope-line-in-headers")
        return _next_line(data, position, end)
    if not head.fields and not _FOLDED.match(data, position, end):
        return None
    ahead = position
    for _ in range(_LOOK_AHEAD_LINES):
        ahead = _next_line(data, ahead, end)
        if ahead >= end or _BLANK.match(data, ahead, end):
            break
        if _KNOWN.match(data, ahead, end):
            head.defects.append("junk-in-headers")
            return ahead
    return None


def _next_line(data: bytes, position: int, end: int) -> int:
    match = _LINE.match(data, position, end)
    return match.end() if match else end


def skip_envelope(data: bytes) -> int:
    """Where the headers begin: behind blank lines and mbox's own "From " line (which servers leave in bodies too)."""
    start = len(data) - len(data.lstrip(b"\r\n")) if data[:1] in (b"\r", b"\n") else 0
    while data.startswith((b"From ", b">From "), start) and _FIELD.match(data, _next_line(data, start, len(data))):
        start = _next_line(data, start, len(data))
    return start
