"""What one message of an mbox says: its bytes without quoting, its identity, its flags, its time."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.mbox.scan import FileView, Span, header_of

# What mail programs write into a message to keep their own books; it changes while the message does not.
_BOOKS = re.compile(
    rb"^(?:X-)?(?:Status|Keywords|UID|IMAP|IMAPbase|UIDL|Evolution|Mozilla-Status2?|Mozilla-Keys|Content-Length|Lines):"
    rb".*\n(?:[ \t].*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(rb"^(?:X-)?Status:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_MOZILLA = re.compile(rb"^X-Mozilla-Status:[ \t]*([0-9a-fA-F]{1,8})", re.IGNORECASE | re.MULTILINE)
_LETTERS = {"R": "\\seen", "A": "\\answered", "F": "\\flagged", "D": "\\deleted", "T": "\\draft"}
_MOZILLA_BITS = {0x1: "\\seen", 0x2: "\\answered", 0x4: "\\flagged", 0x1000: "$forwarded"}
_MOZILLA_EXPUNGED = 0x8
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BARE = re.compile(rb"^From ", re.MULTILINE)
_PIECE = 1 << 20
_TIME = re.compile(
    rb"([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+(?:([+-]\d{4}|[A-Z]{2,5})\s+)?(\d{4})(?:\s+([+-]\d{4}))?"
)
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def is_hidden(header: bytes) -> bool:
    """Deleted by Thunderbird and not yet compacted, or the message in which UW-IMAP and Dovecot keep their books."""
    found = _MOZILLA.search(header)
    if found is not None and int(found[1], 16) & _MOZILLA_EXPUNGED:
        return True
    return b"FOLDER INTERNAL DATA" in header and re.search(rb"^X-IMAP:", header, re.MULTILINE) is not None


def digest_of(view: FileView, span: Span, header: bytes) -> bytes:
    """Twelve bytes that stand for the message's own bytes, mail programs' books left out."""
    digest = hashlib.blake2b(_BOOKS.sub(b"", header), digest_size=12)
    place = span.first + len(header)
    while place < span.end:
        piece = view.read(place, min(_PIECE, span.end - place))
        if not piece:
            break
        digest.update(piece)
        place += len(piece)
    return digest.digest()


def flags_of(header: bytes) -> frozenset[str]:
    """The flags of Status, X-Status (mutt, Dovecot, UW-IMAP) and X-Mozilla-Status."""
    letters = b"".join(_STATUS.findall(header)).decode("latin-1")
    flags = {_LETTERS[letter] for letter in letters if letter in _LETTERS}
    found = _MOZILLA.search(header)
    if found is not None:
        bits = int(found[1], 16)
        flags.update(name for bit, name in _MOZILLA_BITS.items() if bits & bit)
    return frozenset(flags)


def time_of(from_line: bytes) -> datetime | None:
    """The time of a From_ line in UTC, None if it has none. Without a zone it counts as UTC: nobody can know."""
    found = _TIME.search(from_line)
    if found is None or found[1] not in _MONTHS:
        return None
    month, day, hour, minute, second, zone, year, late_zone = found.groups()
    try:
        local = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC
        )
        return local - _offset(late_zone or zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: bytes | None) -> timedelta:
    if zone is None or not zone[1:].isdigit():
        return timedelta()
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return timedelta(minutes=-minutes if zone.startswith(b"-") else minutes)


def read_message(view: FileView, span: Span, limit: int = HEAD_BYTES) -> tuple[bytes, bytes]:
    """Header and the first `limit` bytes of a message, `From ` lines in the body as they were before quoting."""
    data = view.read(span.first, min(span.end - span.first, limit))
    header = header_of(view, span.first, span.end)
    body = data[len(header) :]
    if b">From " not in body or (span.counted and _BARE.search(body)):
        return header, data  # mboxcl2 quotes nothing: what looks quoted was sent so
    return header, data[: len(header)] + _QUOTED.sub(rb"\1", body)
