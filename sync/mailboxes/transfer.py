"""Content-Transfer-Encoding undone, leniently: what can be decoded is, the rest is left out."""

from __future__ import annotations

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)
_PADDING = re.compile(rb"=+")
_MAX_PIECES = 1_000
_WHITE = b" \t\r\n"


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """The bytes of a part. Unknown encodings are taken as identity (RFC 2045, section 6.4)."""
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _decode_uu(body)
    return body


def decode_base64(body: bytes) -> bytes:
    """Base64 with foreign characters, missing padding or several pieces one after the other."""
    compact = body.translate(None, _WHITE)
    inner = compact.rstrip(b"=").count(b"=")
    if not inner or inner > _MAX_PIECES:
        return _decode_piece(compact)
    return b"".join(_decode_piece(piece) for piece in _PADDING.split(compact))


def _decode_piece(compact: bytes) -> bytes:
    compact = compact.rstrip(b"=")
    try:
        return binascii.a2b_base64(compact + b"==")
    except binascii.Error:
        compact = _NOT_BASE64.sub(b"", compact)
        return binascii.a2b_base64(compact[: len(compact) - (len(compact) % 4 == 1)] + b"==")


def _decode_uu(body: bytes) -> bytes:
    begin = _UU_BEGIN.search(body)
    out = []
    for line in body[begin.end() if begin else 0 :].splitlines():
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Trailing junk of old encoders: the length byte says how much counts.
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                continue
    return b"".join(out)


def decoded_size(body: bytes, encoding: str) -> int:
    """How many bytes the part has once decoded, without decoding base64."""
    if encoding == "base64":
        return len(body.translate(None, b" \t\r\n=")) * 3 // 4
    return len(decode_transfer(body, encoding))
