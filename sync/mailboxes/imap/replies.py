"""Reading what an IMAP server answers, from imaplib's lists, without a general parser.

A FETCH answer comes as zero or more pairs (text up to a literal, the literal) and one last piece of text:
    (b'12 (UID 7 FLAGS (\\Seen) RFC822.SIZE 9 BODY[]<0> {9}', b'Subject: '), b')'
An answer without a literal is one piece of text. Servers mix in answers that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from imapclient import imap_utf7

from sync.mailboxes.idsets import to_text

Piece = bytes | tuple[bytes, bytes] | None

_FLAGS = re.compile(rb"FLAGS \(([^()]*+)\)")
_UID = re.compile(rb"[( ]UID (\d+)")
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]*)"')
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"')
_DAY = re.compile(rb"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d)(\d\d))?")
_MONTHS = {
    month: number for number, month in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_LIST = re.compile(rb'\(([^)]*)\) (NIL|"(?:\\.|[^"\\])") (.*)', re.DOTALL | re.IGNORECASE)
_STATUS = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) (\d+)", re.IGNORECASE)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as far as the server told; `body` is None where it gave no text (NIL, or not asked).

    `message_id` is the value of that header, b"" where there is none or it was not asked for.
    """

    uid: int
    flags: frozenset[str] | None
    size: int | None
    received_at: datetime | None
    body: bytes | None
    message_id: bytes = b""


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder of a LIST answer: `raw` is its name as the server wants it back, `name` is for people."""

    raw: bytes
    name: str
    delimiter: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Status:
    """What a folder holds, by STATUS or EXAMINE; None or 0 (`modseq`) where the server did not say."""

    messages: int | None
    uidnext: int | None
    uidvalidity: int | None
    modseq: int


def read_fetch(pieces: Sequence[Piece]) -> Iterator[Fetched]:
    """The messages among the pieces of a FETCH answer; what has no UID is left out."""
    text, body, header = b"", None, b""
    for piece in pieces:
        if isinstance(piece, tuple):
            text += piece[0]
            asked = text.rpartition(b" ")[0]
            if asked.endswith((b"BODY[]", b"BODY[]<0>")):
                body = piece[1]
            elif asked.endswith(b"]"):
                header = piece[1]
        elif piece is not None:
            fetched = _read_one(text + piece, body, header)
            text, body, header = b"", None, b""
            if fetched is not None:
                yield fetched


def _read_one(text: bytes, body: bytes | None, header: bytes) -> Fetched | None:
    flags = _FLAGS.search(text)
    if flags is not None:  # a keyword may be called anything, "UID" too
        text = text[: flags.start()] + text[flags.end() :]
    uid, size, date = _UID.search(text), _SIZE.search(text), _DATE.search(text)
    if uid is None:
        return None
    if body is None and (quoted := _QUOTED_BODY.search(text)) is not None:
        body = _ESCAPED.sub(rb"\1", quoted[1])
    return Fetched(
        uid=int(uid[1]),
        flags=read_flags(flags[1]) if flags is not None else None,
        size=int(size[1]) if size is not None else None,
        received_at=read_date(date[1]) if date is not None else None,
        body=body,
        message_id=header.partition(b":")[2].strip(),
    )


@lru_cache(maxsize=1024)
def read_flags(text: bytes) -> frozenset[str]:
    """Flags and keywords in lower case, without the server's own `\\Recent`."""
    return frozenset(text.lower().decode("ascii", "replace").split()) - {"\\recent"}


def read_date(text: bytes) -> datetime | None:
    """An INTERNALDATE in UTC, None if it makes no sense; a day of one digit may stand without its blank."""
    found = _DAY.match(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    try:
        local = datetime(
            int(year), _MONTHS.get(month.lower(), 0), int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        if sign is None:
            return local
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        return local + offset if sign == b"-" else local - offset
    except (ValueError, OverflowError):
        return None


def read_list(pieces: Sequence[Piece]) -> Iterator[Listed]:
    """The folders of a LIST answer; names may come as atoms, quoted or as literals."""
    open_text: bytes | None = None
    for piece in pieces:
        if isinstance(piece, tuple):
            head, literal = piece
            open_text = head
            found = _LIST.match(head)
            if found is not None:
                yield _listed(found[1], found[2], literal)
        elif piece and open_text is None:
            found = _LIST.match(piece)
            if found is not None:
                yield _listed(found[1], found[2], _unquoted(found[3]))
        else:
            open_text = None


def _listed(attributes: bytes, delimiter: bytes, raw: bytes) -> Listed:
    mark = "" if delimiter.upper() == b"NIL" else _unquoted(delimiter).decode("ascii", "replace")
    return Listed(raw, folder_name(raw), mark, frozenset(attributes.lower().decode("ascii", "replace").split()))


def _unquoted(text: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", text[1:-1]) if text.startswith(b'"') and text.endswith(b'"') else text


def folder_name(raw: bytes) -> str:
    """A folder's name for people: modified UTF-7 (RFC 3501 5.1.3), else UTF-8, else as `to_text` writes it."""
    try:
        name = str(imap_utf7.decode(raw)) if raw.isascii() else raw.decode()
        name.encode()
    except ValueError:
        return to_text(raw)
    return name


def read_status(pieces: Sequence[Piece]) -> Status:
    """A STATUS answer; the folder's name before the last bracket may hold anything."""
    last = next((piece for piece in reversed(pieces) if isinstance(piece, bytes) and b"(" in piece), b"")
    found = {key.upper(): int(value) for key, value in _STATUS.findall(last[last.rfind(b"(") :])}
    return Status(
        found.get(b"MESSAGES"), found.get(b"UIDNEXT"), found.get(b"UIDVALIDITY"), found.get(b"HIGHESTMODSEQ", 0)
    )
