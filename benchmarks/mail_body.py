"""Bodies of made mail: plain text, text with HTML, attachments, up to a wanted size."""

from __future__ import annotations

import random
from functools import cache

from benchmarks.mail_words import CHARSETS, Prose, base64_lines, fill, prose

_STYLE = b"<style>\r\n" + b"p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt;}\r\n" * 24 + b"</style>"
_HTML_HEAD = b"<html><head>" + _STYLE + b"</head><body lang=EN-GB>\r\n"
_HTML_TAIL = b"</body></html>\r\n"
_FILES = (
    ("application/pdf", "offer-{}.pdf"),
    ("image/png", "image{}.png"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "agreement {}.docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "prices-{}.xlsx"),
    ("application/octet-stream", "=?utf-8?Q?tegning_{}_=C3=B8vre.dwg?="),
)
_LARGEST_TEXT = 30_000
_LARGEST_HTML = 90_000
_ATTACHED_FROM = 26_000


def body(kind: str, language: str, chance: random.Random, size: int, *, multipart: bool) -> bytes:
    """MIME headers, a blank line and a body of about `size` bytes in all."""
    newsletter, enquiry = kind == "newsletter", kind in ("enquiry", "form")
    charsets = CHARSETS[language]
    text = prose(language, charsets[0] if chance.random() < 0.7 else chance.choice(charsets[1:]))
    if not multipart:
        return _plain(text, chance, size, enquiry=enquiry) if not newsletter else _html(text, chance, size)
    if size > _ATTACHED_FROM and not newsletter and (size > 3 * _ATTACHED_FROM or chance.random() < 0.7):
        return _with_attachments(text, chance, size, enquiry=enquiry)
    return _alternative(text, chance, size, b"alt%08x" % chance.getrandbits(32), enquiry=enquiry)


def _type(kind: bytes, text: Prose) -> bytes:
    return b"Content-Type: %s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n" % (
        kind,
        text.charset.encode(),
        text.encoding.encode(),
    )


def _plain(text: Prose, chance: random.Random, size: int, *, enquiry: bool) -> bytes:
    return _type(b"text/plain", text) + text.text(chance, size, enquiry=enquiry)


def _html(text: Prose, chance: random.Random, size: int) -> bytes:
    if text.encoding == "base64":
        return _type(b"text/html", text) + fill(text.html, chance, size)
    inner = fill(text.html, chance, size - len(_HTML_HEAD) - len(_HTML_TAIL))
    head = _HTML_HEAD.replace(b"=", b"=3D") if text.encoding == "quoted-printable" else _HTML_HEAD
    return _type(b"text/html", text) + head + inner + _HTML_TAIL


def _alternative(text: Prose, chance: random.Random, size: int, boundary: bytes, *, enquiry: bool) -> bytes:
    plain = min(_LARGEST_TEXT, max(200, (size - len(_HTML_HEAD)) // 4))
    parts = (_plain(text, chance, plain, enquiry=enquiry), _html(text, chance, size - plain - 400))
    return b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n' % boundary + _joined(parts, boundary)


def _joined(parts: tuple[bytes, ...], boundary: bytes) -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


def _with_attachments(text: Prose, chance: random.Random, size: int, *, enquiry: bool) -> bytes:
    words = min(_LARGEST_TEXT + _LARGEST_HTML, int(size * chance.uniform(0.1, 0.4)))
    count = 1 + (size > 100_000) * int(chance.random() * 3)
    files = [_attachment(chance, (size - words) // count) for _ in range(count)]
    boundary = b"mix%08x" % chance.getrandbits(32)
    parts = (_alternative(text, chance, words, b"in" + boundary, enquiry=enquiry), *files)
    return b'Content-Type: multipart/mixed;\r\n boundary="%s"\r\n\r\n' % boundary + _joined(parts, boundary)


def _attachment(chance: random.Random, size: int) -> bytes:
    kind, name = _FILES[int(chance.random() * len(_FILES))]
    shown = name.format(chance.randint(1, 999))
    head = (
        f'Content-Type: {kind}; name="{shown}"\r\nContent-Disposition: attachment; filename="{shown}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _attached(chance, size)


def _attached(chance: random.Random, size: int) -> bytes:
    pool = _pool()
    lines = max(1, min(size, len(pool)) // 78)
    start = int(chance.random() * (len(pool) // 78 - lines + 1)) * 78
    return pool[start : start + lines * 78]


@cache
def _pool() -> bytes:
    return base64_lines(random.Random(57).randbytes(57 * 45_000))
