"""Reading BODYSTRUCTURE and other nested answers, without recursion (RFC 3501 7.4.2 and 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sync.mailboxes.imap.replies import Piece
from sync.mailboxes.partial import MAX_PARTS, Outline

Value = bytes | list["Value"] | None
"""A string or atom, a list, NIL."""

_TOKEN = re.compile(rb'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|\{\d+\+?\}|([^\s()"\[{]+(?:\[[^\]]*\](?:<\d+>)?)?))')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]+")
_MAX_DEPTH = 50


def read_items(pieces: Sequence[Piece]) -> Iterator[dict[bytes, Value]]:
    """The items of each FETCH answer by name (`BODY[1]<0>` is called BODY[1]); what is malformed is left out."""
    text: list[tuple[bytes, bytes | None]] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            text.append((piece[0], piece[1]))
        elif piece is not None:
            items = _items([*text, (piece, None)])
            text = []
            if items is not None:
                yield items


def _items(pieces: list[tuple[bytes, bytes | None]]) -> dict[bytes, Value] | None:
    nested = _nested(pieces)
    row = next((value for value in nested if isinstance(value, list)), None) if nested is not None else None
    if row is None:
        return None
    items: dict[bytes, Value] = {}
    for name, value in zip(row[::2], row[1::2], strict=False):
        if isinstance(name, bytes):
            items[name.upper().partition(b"<")[0]] = value
    return items


def _nested(pieces: list[tuple[bytes, bytes | None]]) -> list[Value] | None:
    """Everything as nested lists; None if the brackets don't match. Behind each text its literal follows, if any."""
    top: list[Value] = []
    stack = [top]
    for text, literal in pieces:
        position = 0
        while stack and len(stack) <= _MAX_DEPTH and (found := _TOKEN.match(text, position)) is not None:
            position = found.end()
            _take(stack, found)
        if not stack or text[position:].strip():
            return None
        if literal is not None:
            stack[-1].append(literal)
    return top if len(stack) == 1 else None


def _take(stack: list[list[Value]], found: re.Match[bytes]) -> None:
    bracket, quoted, atom = found.groups()
    if bracket == b"(":
        inner: list[Value] = []
        stack[-1].append(inner)
        stack.append(inner)
    elif bracket == b")":
        stack.pop()
    elif quoted is not None:
        stack[-1].append(_ESCAPED.sub(rb"\1", quoted))
    elif atom is not None:
        stack[-1].append(None if atom.upper() == b"NIL" else atom)


def read_outline(structure: Value) -> Outline | None:
    """The tree that a BODYSTRUCTURE tells of, None if it can't be used: then the message is fetched whole."""
    try:
        return _outline(structure, "", is_root=True, count=[0])
    except (TypeError, ValueError, IndexError, AttributeError):
        return None


def _outline(structure: Value, number: str, *, is_root: bool, count: list[int]) -> Outline:
    count[0] += 1
    if not isinstance(structure, list) or count[0] > MAX_PARTS or number.count(".") > _MAX_DEPTH:
        raise ValueError
    if isinstance(structure[0], list):
        return _multipart(structure, number, count=count)
    kind, subtype, parameters, identity, _, encoding, octets = structure[:7]
    content_type = f"{_word(kind)}/{_word(subtype)}"
    at = {"text/": 9, "messa": 11}.get(content_type[:5], 8)
    if content_type.startswith("message/") and content_type not in ("message/rfc822", "message/global"):
        at = 8
    disposition = structure[at] if len(structure) > at else None
    described, placed = _parameters(parameters), _disposition(disposition)
    lines = [b"Content-Type: " + content_type.encode() + described]
    if isinstance(encoding, bytes) and encoding:
        lines.append(b"Content-Transfer-Encoding: " + _UNSAFE.sub(b"", encoding))
    if placed:
        lines.append(b"Content-Disposition: " + placed)
    if isinstance(identity, bytes) and identity:
        lines.append(b"Content-ID: " + _UNSAFE.sub(b"", identity))
    named = b"; name" in described.lower() or b"; filename" in placed.lower() or b"; name" in placed.lower()
    return Outline(
        number or "1",
        content_type,
        b"\r\n".join(lines),
        size=int(octets) if isinstance(octets, bytes) else 0,
        encoding=_word(encoding) if encoding is not None else "",
        disposition=placed.partition(b";")[0].decode("latin-1").lower(),
        named=named,
    )


def _multipart(structure: list[Value], number: str, *, count: list[int]) -> Outline:
    parts = 0
    while parts < len(structure) and isinstance(structure[parts], list):
        parts += 1
    parameters = structure[parts + 1]
    names = (
        dict(zip(map(_word, parameters[::2]), parameters[1::2], strict=True)) if isinstance(parameters, list) else {}
    )
    boundary = names.get("boundary")
    if not isinstance(boundary, bytes) or not boundary or _UNSAFE.search(boundary):
        raise ValueError
    prefix = f"{number}." if number else ""
    children = tuple(
        _outline(structure[index], f"{prefix}{index + 1}", is_root=False, count=count) for index in range(parts)
    )
    content_type = f"multipart/{_word(structure[parts])}"
    header = b"Content-Type: " + content_type.encode() + _parameters(parameters)
    return Outline(number, content_type, header, boundary=boundary.rstrip(), children=children)


def _word(value: Value) -> str:
    if not isinstance(value, bytes):
        raise TypeError
    return _UNSAFE.sub(b"", value).decode("latin-1").lower()


def _parameters(value: Value) -> bytes:
    """`; name="value"` for each pair, as a header has it; extended names (RFC 2231) keep their form."""
    if not isinstance(value, list):
        return b""
    told = []
    for name, text in zip(value[::2], value[1::2], strict=False):
        if isinstance(name, bytes) and isinstance(text, bytes):
            safe = _UNSAFE.sub(b" ", text)
            quoted = safe if name.endswith(b"*") else b'"' + safe.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
            told.append(b"; " + _UNSAFE.sub(b"", name) + b"=" + quoted)
    return b"".join(told)


def _disposition(value: Value) -> bytes:
    if not isinstance(value, list) or not value or not isinstance(value[0], bytes):
        return b""
    return _UNSAFE.sub(b"", value[0]) + _parameters(value[1] if len(value) > 1 else None)
