"""The payload tree of format=full, made of the raw bytes: text stands in it, all else is an attachment to ask for."""

from __future__ import annotations

import email
import secrets
from base64 import urlsafe_b64encode
from email.message import Message
from typing import Any

_IDS: dict[str, tuple[str, bytes]] = {}


def payload(raw: bytes) -> dict[str, Any]:
    """The tree; every call gives new attachment ids."""
    return _part(email.message_from_bytes(raw), "")


def attachment(_raw: bytes, number: str) -> bytes:
    return _IDS[number][1]


def _part(message: Message, number: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "partId": number,
        "mimeType": message.get_content_type(),
        "filename": message.get_filename() or "",
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
    }
    children = message.get_payload()
    if message.is_multipart() and isinstance(children, list):
        prefix = f"{number}." if number else ""
        told["body"] = {"size": 0}
        told["parts"] = [_part(child, f"{prefix}{place}") for place, child in enumerate(children)]
        return told
    decoded = message.get_payload(decode=True)
    data = decoded if isinstance(decoded, bytes) else b""
    told["body"] = {"size": len(data)}
    if told["filename"] or message.get_content_maintype() != "text":
        key = f"ANGjd{secrets.token_urlsafe(60)}"
        _IDS[key] = (number, data)
        told["body"]["attachmentId"] = key
    else:
        told["body"]["data"] = urlsafe_b64encode(data).decode().rstrip("=")
    return told
