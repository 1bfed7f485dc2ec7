"""Signatures of hooks as standardwebhooks.com has them: over id, time and body, so that none can be exchanged.

webhook-id: <the happening's key>   webhook-timestamp: <seconds>   webhook-signature: v1,<base64 of HMAC-SHA256>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from crm_model.errors import ConfigError, Rejected

TOLERANCE_SECONDS = 300.0
"""How old a signed call may be; whoever recorded one can't play it back later."""

_PREFIX = "whsec_"


def signed_headers(secret: str, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a call. Errors: ConfigError for a `whsec_` secret that is no base64."""
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": key,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{_signature(secret, key, seconds, body)}",
    }


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The call's id, if it was signed with this secret a moment ago. `headers` by lower-case name. Errors: Rejected."""
    key, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not key or not given or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 12:
        raise Rejected("The call is not signed: webhook-id, webhook-timestamp and webhook-signature are needed.")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE_SECONDS:
        raise Rejected("The call is too old, or a clock is wrong: sign it when it is sent.")
    right = f"v1,{_signature(secret, key, seconds, body)}".encode()
    if not any(hmac.compare_digest(each.encode(), right) for each in given):
        raise Rejected("The signature is not right: compare the secrets of both sides.")
    return key


def _signature(secret: str, key: str, seconds: str, body: bytes) -> str:
    signed = b".".join((key.encode(), seconds.encode(), body))
    return base64.b64encode(hmac.new(_bytes(secret), signed, hashlib.sha256).digest()).decode()


def _bytes(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:  # anybody could sign with that
        raise ConfigError("a secret that begins with whsec_ goes on in base64; copy it whole", key="secret")
    return key
