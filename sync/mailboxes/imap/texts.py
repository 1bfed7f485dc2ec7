"""Large messages without their attachments: headers and structure first, then the texts of many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_model.errors import NotFound
from crm_model.mail import RawMessage
from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.imap.replies import read_date, read_flags
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.structure import Value, read_outline
from sync.mailboxes.imap.uidsets import uid_set
from sync.mailboxes.partial import Outline, bytes_wanted, compose, is_sound
from sync.mailboxes.transfer import decode_transfer

_HEADS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])"
_HEADS_AT_ONCE = 100
_BYTES_AT_ONCE = 5 * 1024 * 1024

Wanted = tuple[tuple[str, int], ...]
"""Part numbers, each with how many bytes of it are wanted."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What is known of a message before its texts come."""

    uid: int
    header: bytes
    outline: Outline
    size: int
    flags: frozenset[str]
    received_at: datetime | None

    @property
    def wanted(self) -> Wanted:
        return tuple((part.number, limit) for part in self.outline.leaves() if (limit := bytes_wanted(part)))

    @property
    def bytes_wanted(self) -> int:
        return sum(min(part.size, bytes_wanted(part)) for part in self.outline.leaves())


def fetch_texts(session: Session, uids: Sequence[int]) -> dict[int, RawMessage]:
    """Those of these messages that have something to leave out. Errors: Refused, Unreachable."""
    found: dict[int, RawMessage] = {}
    for start in range(0, len(uids), _HEADS_AT_ONCE):
        heads = _fetch_heads(session, uids[start : start + _HEADS_AT_ONCE])
        alike: dict[Wanted, list[_Head]] = defaultdict(list)
        for head in heads:
            alike[head.wanted].append(head)
        for wanted, some in alike.items():
            for batch in _batches(some):
                found.update(_fetch_bodies(session, wanted, batch))
    return found


def fetch_attachment(session: Session, uid: int, number: str) -> bytes:
    """One part of a message of the open folder, decoded. Errors: NotFound, Refused, Unreachable."""
    for row in session.fetch_items(str(uid), f"(UID BODYSTRUCTURE BODY.PEEK[{number}])"):
        outline, body = read_outline(row.get(b"BODYSTRUCTURE")), row.get(b"BODY[%b]" % number.encode())
        if _number(row.get(b"UID")) == uid and isinstance(body, bytes):
            parts = outline.leaves() if outline is not None else iter(())
            encoding = next((part.encoding for part in parts if part.number == number), "")
            return decode_transfer(body, encoding)
    raise NotFound("The attachment is no longer in the mailbox.")


def _fetch_heads(session: Session, uids: Sequence[int]) -> list[_Head]:
    asked = set(uids)
    heads = []
    for row in session.fetch_items(uid_set(uids)[0], _HEADS):
        head = _head(row)
        if head is not None and head.uid in asked:
            asked.discard(head.uid)
            heads.append(head)
    return heads


def _head(row: Mapping[bytes, Value]) -> _Head | None:
    """None for a message that is to be fetched whole: all of it is text, too much is, or its structure is no use."""
    header, outline = row.get(b"BODY[HEADER]"), read_outline(row.get(b"BODYSTRUCTURE"))
    uid, size = _number(row.get(b"UID")), _number(row.get(b"RFC822.SIZE"))
    if not isinstance(header, bytes) or not header or outline is None or not uid or not size:
        return None
    date, flags = row.get(b"INTERNALDATE"), row.get(b"FLAGS")
    words = b" ".join(word for word in flags if isinstance(word, bytes)) if isinstance(flags, list) else b""
    at = read_date(date) if isinstance(date, bytes) else None
    head = _Head(uid, header, outline, size, read_flags(words), at)
    is_text = all(map(bytes_wanted, outline.leaves()))
    if is_text or head.bytes_wanted + len(header) > HEAD_BYTES // 2 or not is_sound(header, outline, size):
        return None
    return head


def _batches(heads: Sequence[_Head]) -> Iterator[list[_Head]]:
    batch: list[_Head] = []
    room = _BYTES_AT_ONCE
    for head in heads:
        if batch and head.bytes_wanted > room:
            yield batch
            batch, room = [], _BYTES_AT_ONCE
        batch.append(head)
        room -= head.bytes_wanted
    if batch:
        yield batch


def _fetch_bodies(session: Session, wanted: Wanted, heads: Sequence[_Head]) -> Iterator[tuple[int, RawMessage]]:
    if not wanted:
        yield from ((head.uid, _message(head, {})) for head in heads)
        return
    items = " ".join(f"BODY.PEEK[{number}]<0.{limit}>" for number, limit in wanted)
    asked = {head.uid: head for head in heads}
    for row in session.fetch_items(uid_set(sorted(asked))[0], f"(UID {items})"):
        head = asked.get(_number(row.get(b"UID")))
        bodies = {number: row.get(b"BODY[%b]" % number.encode()) for number, _ in wanted}
        told = {number: body for number, body in bodies.items() if isinstance(body, bytes)}
        if head is not None and len(told) == len(bodies):
            yield head.uid, _message(head, told)


def _message(head: _Head, bodies: Mapping[str, bytes]) -> RawMessage:
    composed = compose(head.header, head.outline, bodies)
    return RawMessage(
        uid=str(head.uid),
        data=composed.data,
        size=head.size,
        flags=head.flags,
        received_at=head.received_at,
        truncated=composed.truncated,
        left_out=composed.left_out,
    )


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() else 0
