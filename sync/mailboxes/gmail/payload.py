"""The tree of parts that Gmail tells of a message, written as MIME again, attachments left out; numbered as in IMAP.

multipart/mixed            1      text/plain
  text/plain               2      message/rfc822
  message/rfc822           2.1      its text
    text/plain             3      application/pdf: headers only, fetched by number when somebody opens it
  application/pdf
"""

from __future__ import annotations

import re
from base64 import encodebytes, urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

Part = dict[str, Any]

_DEPTH = 30
_FOLDS = re.compile(r"\r?\n(?![ \t])|[\0\r]")
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)


def rebuild(payload: Part) -> tuple[bytes, dict[str, int]]:
    """MIME with CRLF, and the parts that are only headers by number with their decoded size in bytes."""
    left_out: dict[str, int] = {}
    lines = list(_write(payload, _root(payload), left_out, 0))
    return b"".join(lines), left_out


def find(payload: Part, number: str) -> Part | None:
    """The leaf with this number."""
    return next(
        (part for place, part in _leaves(payload, "1" if not _children(payload) else "", 0) if place == number), None
    )


def _root(payload: Part) -> str:
    """A message of one part has number 1; a multipart itself has none."""
    return "" if _children(payload) else "1"


def _leaves(part: Part, number: str, depth: int) -> Iterator[tuple[str, Part]]:
    children = _children(part)
    if not children or depth > _DEPTH:
        yield number or "1", part
        return
    for place, child in _numbered(part, number):
        yield from _leaves(child, place, depth + 1)


def _numbered(part: Part, number: str) -> Iterator[tuple[str, Part]]:
    """The children with their numbers. What a forwarded message holds is numbered below the part that holds it."""
    children = _children(part)
    embedded = part.get("mimeType") == "message/rfc822"
    for place, child in enumerate(children, start=1):
        if embedded and _children(child):
            yield number, child  # the embedded multipart has no number of its own
        else:
            yield f"{number}.{place}" if number else str(place), child


def _write(part: Part, number: str, left_out: dict[str, int], depth: int) -> Iterator[bytes]:
    children = _children(part) if depth <= _DEPTH else []
    if not children:
        yield from _leaf(part, number, left_out)
        return
    boundary = _boundary(part, depth)
    embedded = part.get("mimeType") == "message/rfc822"
    yield _head(part, () if embedded else ("content-type", "content-transfer-encoding"))
    if not embedded:
        kind = str(part.get("mimeType") or "multipart/mixed")
        yield f'Content-Type: {_clean(kind)}; boundary="{boundary}"\r\n'.encode()
    yield b"\r\n"
    for place, child in _numbered(part, number):
        if not embedded:
            yield f"--{boundary}\r\n".encode()
        yield from _write(child, place, left_out, depth + 1)
        yield b"\r\n"
    if not embedded:
        yield f"--{boundary}--\r\n".encode()


def _leaf(part: Part, number: str, left_out: dict[str, int]) -> Iterator[bytes]:
    body = part.get("body") or {}
    yield _head(part, ("content-transfer-encoding",))
    yield b"Content-Transfer-Encoding: base64\r\n\r\n"
    data = body.get("data")
    if isinstance(data, str):
        yield encodebytes(urlsafe_b64decode(data.rstrip("=") + "=" * (-len(data.rstrip("=")) % 4))).replace(
            b"\n", b"\r\n"
        )
    elif body.get("size"):
        left_out[number or "1"] = int(body["size"])


def _head(part: Part, without: tuple[str, ...]) -> bytes:
    lines = []
    for header in part.get("headers") or ():
        name, value = str(header.get("name", "")), str(header.get("value", ""))
        if name and name.lower() not in without:
            lines.append(f"{_clean(name)}: {_FOLDS.sub(' ', value)}\r\n")
    return "".join(lines).encode("utf-8", "surrogateescape")


def _boundary(part: Part, depth: int) -> str:
    """The message's own, or one where it told none."""
    told = next(
        (str(h.get("value")) for h in part.get("headers") or () if str(h.get("name")).lower() == "content-type"), ""
    )
    found = _BOUNDARY.search(told)
    return _clean(found[1] or found[2]) if found else f"=_hitchpost_{depth}"


def _clean(text: str) -> str:
    return re.sub(r"[\r\n\0\"]", "", text)


def _children(part: Part) -> list[Part]:
    parts = part.get("parts")
    return [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []
