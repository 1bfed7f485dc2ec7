"""A message put together from its headers and its texts, the bodies of attachments left out.

What comes of it reads like the whole message: the same headers, the same tree of parts, the same texts. Only the
attachments are empty, and `left_out` says how large they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TEXT_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/markdown"})
"""What is read in place, unless it has a file name or is meant as an attachment."""

SMALL_TYPES = frozenset(
    {
        "text/calendar",
        "text/vcard",
        "text/x-vcard",
        "message/delivery-status",
        "message/disposition-notification",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/rfc822",
        "message/global",
    }
)
"""Attachments that say something of the mail itself: their beginning is fetched with it."""

TEXT_BYTES = 2 * 1024 * 1024
SMALL_BYTES = 64 * 1024
"""How much of such a part is fetched at most."""

MAX_PARTS = 500
_GLUE_BYTES = 1_000  # of a part's headers and delimiter, on average
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:(?:[ \t]|\r?\n[ \t])*([^;\s]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outline:
    """A node of a message's tree: `number` as IMAP counts ("" for a multipart root), `size` encoded bytes.

    `header` is the part's own header block without the blank line; `boundary` is b"" for a leaf.
    """

    number: str
    content_type: str
    header: bytes
    size: int = 0
    encoding: str = ""
    disposition: str = ""
    named: bool = False
    boundary: bytes = b""
    children: tuple[Outline, ...] = ()

    @property
    def decoded_size(self) -> int:
        """Bytes once decoded: of base64 (lines of 76 characters and CRLF) an estimate."""
        return self.size * 57 // 78 if self.encoding == "base64" else self.size

    def nodes(self) -> Iterator[Outline]:
        """Every part, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))

    def leaves(self) -> Iterator[Outline]:
        """Every part without parts, in order."""
        return (part for part in self.nodes() if not part.children)


@dataclass(frozen=True, slots=True)
class Composed:
    """What stands for a message; see `RawMessage`."""

    data: bytes
    left_out: dict[str, int] = field(default_factory=dict)
    truncated: bool = False


def is_text(content_type: str, disposition: str, *, named: bool, is_root: bool) -> bool:
    """Whether a leaf is read in place."""
    return content_type in TEXT_TYPES and disposition != "attachment" and (is_root or not named)


def bytes_wanted(part: Outline) -> int:
    """How much of a leaf is fetched with the message; 0 for an attachment."""
    if is_text(part.content_type, part.disposition, named=part.named, is_root=part.number == "1"):
        return TEXT_BYTES
    return SMALL_BYTES if part.content_type in SMALL_TYPES else 0


def is_sound(header: bytes, outline: Outline, size: int) -> bool:
    """Whether the tree can be trusted to be the one that reading the whole message (of `size` bytes) would find.

    Servers guess at malformed mail, each in its own way: then the whole of it is wanted.
    """
    found = _CONTENT_TYPE.search(header)
    told = found[1].strip().lower() if found is not None else b"text/plain"
    boundaries = [part.boundary for part in outline.nodes() if part.children]
    nested = any(one != other and one.startswith(other) for one in boundaries for other in boundaries)
    parts = list(outline.leaves())
    unaccounted = size - len(header) - sum(part.size for part in parts)
    return (
        told == outline.content_type.encode("latin-1")
        and len(set(boundaries)) == len(boundaries)
        and not nested
        and (not outline.boundary or outline.boundary in header)
        and unaccounted < _GLUE_BYTES * (len(parts) + 2)
    )


def compose(header: bytes, outline: Outline, bodies: Mapping[str, bytes]) -> Composed:
    """The message from its header block and the bodies of its leaves by number (encoded as they came)."""
    left_out: dict[str, int] = {}
    pieces = [header if header.endswith(b"\r\n\r\n") else header.rstrip(b"\r\n") + b"\r\n\r\n"]
    truncated = False
    waiting: list[Outline | bytes] = [outline]
    while waiting:
        part = waiting.pop()
        if isinstance(part, bytes):
            pieces.append(part)
        elif part.children:
            waiting.append(b"\r\n--" + part.boundary + b"--\r\n")
            for child in reversed(part.children):
                waiting += [child, b"\r\n--" + part.boundary + b"\r\n" + child.header + b"\r\n\r\n"]
        else:
            body = bodies.get(part.number, b"")
            pieces.append(body)
            limit = bytes_wanted(part)
            if len(body) >= limit and len(body) < part.size:  # a body that is merely short: servers count differently
                left_out[part.number] = part.decoded_size
                truncated = truncated or limit == TEXT_BYTES
    return Composed(b"".join(pieces), left_out, truncated)
