"""Tickets: proof without cookies that a form was shown by us, to be sent for this form, for some hours.

    ticket      = base64url(time, 4 bytes | nonce, 12 bytes | mac over "ticket", form, time, nonce)
    submission  = base64url(digest over form, day or key, and content, 16 bytes | mac over "submission", digest)

A submission's id follows from its content: the same click twice is the same submission, a corrected text another one.
Nobody but us can make one, and who filled in the form never sees it: whoever names it has read the mail it stands in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MAC = 16
_TIME = 4
VALID = timedelta(hours=12)
_CLOCK_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket of ours: when the form was shown."""

    issued_at: datetime


class Tickets:
    """Makes and knows tickets by a key of at least 16 bytes that only the outpost has."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, form: str, now: datetime) -> str:
        body = _seconds(now) + secrets.token_bytes(12)
        return _text(body + self._mac("ticket", form, body))

    def read(self, form: str, text: str, now: datetime) -> Ticket | None:
        """The ticket, None for one that is not ours, of another form, or too old."""
        body = self._opened("ticket", form, text, _TIME + 12)
        if body is None:
            return None
        issued_at = _time(body)
        return Ticket(issued_at) if now - VALID <= issued_at <= now + _CLOCK_SLACK else None

    def submission_id(self, form: str, nonce: str, content: bytes) -> str:
        """The id for this content; `nonce` tells apart what is alike and yet meant twice."""
        parts = (form.encode(), nonce.encode(), content)
        keyed = hashlib.blake2b(b"".join(len(each).to_bytes(8, "big") + each for each in parts), key=self._key[:64])
        body = keyed.digest()[:16]
        return _text(body + self._mac("submission", "", body))

    def is_submission(self, text: str) -> bool:
        """Whether this is an id that we made."""
        return self._opened("submission", "", text, 16) is not None

    def _opened(self, sort: str, form: str, text: str, size: int) -> bytes | None:
        sealed = _bytes(text)
        if len(sealed) != size + _MAC:
            return None
        body, mac = sealed[:-_MAC], sealed[-_MAC:]
        return body if hmac.compare_digest(mac, self._mac(sort, form, body)) else None

    def _mac(self, sort: str, form: str, body: bytes) -> bytes:
        return hmac.digest(self._key, f"{sort}\0{form}\0".encode() + body, "sha256")[:_MAC]


def _seconds(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(_TIME, "big")


def _time(body: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(body[:_TIME], "big"), UTC)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """b"" for what is no base64url in its one spelling."""
    if len(text) > 100:
        return b""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return data if _text(data) == text else b""
