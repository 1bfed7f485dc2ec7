"""How the agent proves to an outpost that it is the agent: each call is signed with a secret that both hold.

    signature = HMAC-SHA256(secret, "hitchpost 1" LF call LF time LF nonce LF SHA-256 of the body in hex)

TLS is the business of the proxy in front. A call is good once, and only near its time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping

WINDOW_SECONDS = 300.0
_TIME, _NONCE, _SIGNATURE = "x-hitchpost-time", "x-hitchpost-nonce", "x-hitchpost-signature"


def sign(secret: str, call: str, body: bytes) -> dict[str, str]:
    """The headers of a call."""
    at, nonce = f"{time.time():.0f}", secrets.token_urlsafe(16)
    return {_TIME: at, _NONCE: nonce, _SIGNATURE: _signature(secret, call, at, nonce, body)}


def is_signed(secret: str, call: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether whoever made these headers holds the secret; says nothing of time and nonce."""
    at, nonce, given = (headers.get(name, "") for name in (_TIME, _NONCE, _SIGNATURE))
    wanted = _signature(secret, call, at, nonce, body)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def is_fresh(headers: Mapping[str, str]) -> bool:
    """Whether a signed call was made about now, by our clock."""
    said = headers.get(_TIME, "")
    return said.isascii() and said.isdigit() and len(said) < 16 and abs(time.time() - int(said)) <= WINDOW_SECONDS


def nonce_of(headers: Mapping[str, str]) -> str:
    """The word that makes a signed call unique."""
    return headers.get(_NONCE, "")


def _signature(secret: str, call: str, at: str, nonce: str, body: bytes) -> str:
    signed = "\n".join(("hitchpost 1", call, at, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
