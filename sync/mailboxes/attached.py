"""A part of a message whose bytes lie here, by the number that IMAP gives it (RFC 3501 6.4.5)."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message

from crm_model.errors import NotFound


def part_of(data: bytes, number: str) -> bytes:
    """The decoded part `number` ("2.1") of a whole message. Errors: NotFound."""
    part: Message = message_from_bytes(data)
    for step in number.split("."):
        inner = _inner(part)
        if not inner and step == "1":  # a message without parts is its own part 1
            continue
        if not step.isdecimal() or not 0 < int(step) <= len(inner):
            raise NotFound(f"The message has no part {number}.")
        part = inner[int(step) - 1]
    if inner := _inner(part):  # a mail inside the mail
        return b"\n\n".join(each.as_bytes() for each in inner)
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _inner(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []
