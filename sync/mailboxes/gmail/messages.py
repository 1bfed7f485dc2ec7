"""What Gmail answers for a message, as one of ours: the raw bytes, or for a large one its tree without attachments."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

from crm_model.errors import Unreachable
from crm_model.mail import RawMessage
from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.gmail.api import Answer
from sync.mailboxes.gmail.labels import HIDDEN, Labels
from sync.mailboxes.gmail.payload import rebuild

LARGE_BYTES = 256 * 1024
"""A larger message is fetched without its attachments; a batch of smaller ones is no burden."""


def label_ids(answer: Answer) -> frozenset[str]:
    return frozenset(map(str, answer.get("labelIds", ())))


def is_hidden(answer: Answer) -> bool:
    """Whether the message is in the bin, junk, a draft or a chat."""
    return not HIDDEN.isdisjoint(label_ids(answer))


def read_message(answer: Answer, labels: Labels, owner: str) -> RawMessage:
    """The message in an answer of format raw or full. Errors: Unreachable where there is no text that can be read."""
    left_out: dict[str, int] = {}
    if "payload" in answer:
        data, left_out = rebuild(answer["payload"])
        size = max(int(answer.get("sizeEstimate") or 0), len(data))
    else:
        data = decode(str(answer.get("raw") or ""))
        size = len(data)
        if not data:
            raise Unreachable("Gmail gave no text for this message.")
    return RawMessage(
        uid=str(answer["id"]),
        data=data[:HEAD_BYTES],
        size=size,
        flags=labels.flags(label_ids(answer)),
        received_at=_time(answer.get("internalDate")),
        truncated=len(data) > HEAD_BYTES,
        left_out=left_out,
        conversation=f"{owner} {answer['threadId']}" if answer.get("threadId") else "",
    )


def decode(text: str) -> bytes:
    """Base64url with or without its padding. Errors: Unreachable."""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError) as error:
        raise Unreachable("Gmail gave text for this message that can't be read.") from error


def _time(milliseconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
