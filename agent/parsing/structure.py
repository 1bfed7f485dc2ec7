"""The tree of MIME parts, cut out of the bytes without recursion and without copying them.

A part is a span of one bytes object. Whatever is malformed is noted as a defect; a defect of the class
`DOUBTS` sends the message to `agent.parsing.careful`, whose tree has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.parsing.head import Head, read_head
from agent.parsing.limits import MAX_DEPTH, MAX_PARTS
from agent.parsing.parameters import NOTHING, Parametrised, read_content_type, read_parameters
from sync.mailboxes.partial import is_text
from sync.mailboxes.transfer import decode_transfer, decoded_size

DOUBTS = frozenset(
    {"junk-in-headers", "envelope-line-in-headers", "no-blank-line", "no-closing-boundary", "multipart-without-parts"}
)
_PLAIN = Parametrised("text/plain")
_EMBEDDED = Parametrised("message/rfc822")


@dataclass(slots=True)
class Part:
    """One node: `number` as IMAP counts ("" is the root of a multipart); `start` and `end` bound its raw body.

    `told_size` is its decoded size where the body was left out.
    """

    number: str
    kind: Parametrised
    disposition: Parametrised
    encoding: str
    data: bytes
    start: int
    end: int
    depth: int = 0
    children: list[Part] = field(default_factory=list)
    told_size: int | None = None

    @property
    def content_type(self) -> str:
        return self.kind.value

    def raw(self) -> bytes:
        return self.data[self.start : self.end]

    def decoded(self) -> bytes:
        return decode_transfer(self.raw(), self.encoding)

    def size(self) -> int:
        return decoded_size(self.raw(), self.encoding) if self.told_size is None else self.told_size

    @property
    def is_text(self) -> bool:
        """Whether it is meant to be read in place: text without a file name, not marked as an attachment."""
        return is_text(self.content_type, self.disposition.value, named=bool(self.filename), is_root=self.depth == 0)

    @property
    def filename(self) -> str:
        name = self.disposition.get("filename") or self.kind.get("name")
        return name or self.disposition.get("name") or ""


@dataclass(slots=True)
class Tree:
    """`parts` in the order of the bytes, the root first."""

    root: Part
    parts: list[Part]
    defects: list[str]


def read_tree(data: bytes, head: Head, end: int) -> Tree:
    """The parts of the message whose header block is `head`."""
    root = make_part(head, data, head.body_start, end)
    tree = Tree(root, [root], [])
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.content_type.startswith("multipart/"):
            continue
        if part.depth >= MAX_DEPTH:
            tree.defects.append("nested-too-deep")
            continue
        _read_children(part, tree)
        waiting.extend(reversed(part.children))
    if not root.children:
        root.number = "1"
    return tree


def make_part(head: Head, data: bytes, start: int, end: int, *, parent: Part | None = None, index: int = 1) -> Part:
    """A part from its own headers; `parent` decides number and default type (RFC 2046, section 5.1.5)."""
    content_type = head.first("content-type")
    if content_type is not None:
        kind = read_content_type(content_type)
    else:
        kind = _EMBEDDED if parent is not None and parent.content_type == "multipart/digest" else _PLAIN
    disposition = head.first("content-disposition")
    encoding = head.first("content-transfer-encoding")
    part = Part(
        "",
        kind,
        NOTHING if disposition is None else read_parameters(disposition),
        "" if encoding is None else read_encoding(encoding),
        data,
        start,
        end,
    )
    if parent is not None:
        part.number = f"{parent.number}.{index}" if parent.number else str(index)
        part.depth = parent.depth + 1
    return part


def read_encoding(raw: bytes) -> str:
    """The transfer encoding's name in lower case, without comments and quotes."""
    words = raw.decode("latin-1").lower().replace(";", " ").split(None, 1)
    return words[0].strip("\"'") if words else ""


def _read_children(part: Part, tree: Tree) -> None:
    boundary = (part.kind.get("boundary") or "").rstrip()
    spans = _split(part, boundary.encode("utf-8", "surrogateescape"), tree.defects) if boundary else []
    if not spans:
        # A multipart without parts is what a person wrote after a broken header: text.
        tree.defects.append("multipart-without-parts")
        part.kind = Parametrised("text/plain", part.kind.parameters)
        return
    for index, (start, end) in enumerate(spans, 1):
        if len(tree.parts) >= MAX_PARTS:
            tree.defects.append("too-many-parts")
            return
        head = read_head(part.data, start, end)
        tree.defects += head.defects
        child = make_part(head, part.data, head.body_start, end, parent=part, index=index)
        part.children.append(child)
        tree.parts.append(child)


def _split(part: Part, boundary: bytes, defects: list[str]) -> list[tuple[int, int]]:
    """The spans between the delimiter lines; the last one is open if the closing delimiter is missing."""
    data, delimiter = part.data, b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened, position = -1, part.start
    while len(spans) <= MAX_PARTS:
        found = data.find(delimiter, position, part.end)
        if found < 0:
            break
        position = found + len(delimiter)
        if found > part.start and data[found - 1] not in b"\r\n":
            continue
        line_end = data.find(b"\n", position, part.end)
        line_end = part.end if line_end < 0 else line_end + 1
        rest = data[position : min(line_end, position + 80)].rstrip(b" \t\r\n")
        if rest not in (b"", b"--"):
            continue
        if 0 <= opened < found:  # a delimiter line given twice is one
            spans.append((opened, _without_line_end(data, opened, found)))
        if rest:
            return spans
        opened = position = line_end
    if opened >= 0:
        spans.append((opened, part.end))
        defects.append("no-closing-boundary")
    return spans


def _without_line_end(data: bytes, start: int, end: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046, section 5.1.1)."""
    if end > start and data[end - 1] == 0x0A:
        end -= 1
    if end > start and data[end - 1] == 0x0D:
        end -= 1
    return end
