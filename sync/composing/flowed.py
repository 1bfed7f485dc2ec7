"""Plain text as format=flowed (RFC 3676): short lines on the wire, paragraphs on every screen."""

from __future__ import annotations

import re

_WIDTH = 72
_QUOTED = re.compile(r"(?:> ?){0,20}")  # a line of ten thousand marks is text: each of its words would get them all
_SEPARATOR = "-- "

FORWARDED = "---------- Forwarded message ----------"
"""The line above what is forwarded."""


def flow(text: str) -> str:
    """The same paragraphs as lines of at most 72 characters, as far as words allow; a soft break ends in a blank."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(flowed for line in lines for flowed in _flow_line(line))


def quote(text: str) -> str:
    """Every line with a mark in front of it; what is quoted already gets one more."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)


def quote_depth(line: str) -> int:
    """How many marks stand before a line."""
    return _marks(line).count(">")


def unquoted(line: str) -> str:
    """A line without its marks."""
    return line[len(_marks(line)) :]


def _marks(line: str) -> str:
    found = _QUOTED.match(line)
    return found[0] if found else ""


def _flow_line(line: str) -> list[str]:
    if line == _SEPARATOR:
        return [line]
    depth = quote_depth(line)
    content = unquoted(line).rstrip(" ")
    marks = ">" * depth
    if not content:
        return [marks]
    pieces = _wrapped(content, _WIDTH - depth)
    return [_stuffed(marks, piece) for piece in pieces]


def _stuffed(marks: str, piece: str) -> str:
    """A blank in front of what a reader would take for something else (RFC 3676, section 4.4)."""
    return f"{marks} {piece}" if marks or piece.startswith((" ", ">", "From ")) else piece


def _wrapped(content: str, width: int) -> list[str]:
    """Cut behind blanks only, so that joining the pieces gives the content again."""
    pieces: list[str] = []
    rest = content
    while len(rest) > width:
        cut = rest.rfind(" ", 1, width)
        if cut < 0:
            cut = rest.find(" ", width)
        if cut < 0 or not rest[: cut + 1].strip() or rest[: cut + 1] == _SEPARATOR:
            break
        pieces.append(rest[: cut + 1])
        rest = rest[cut + 1 :]
    return [*pieces, rest]
