"""A bounce taken apart: what its server wrote, its delivery status, and the mail that came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.bounces.tables import read_table
from agent.parse import read_tree_in_doubt
from agent.parsing.charsets import decode_text
from agent.parsing.head import Head, read_head, skip_envelope
from agent.parsing.html_text import html_to_text
from agent.parsing.structure import Part

TEXT_LIMIT = 60_000
_RETURNED = frozenset(("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"))
_STATUS = frozenset(("message/delivery-status", "message/global-delivery-status"))
_HEADER = re.compile(
    r"^[>\s]{0,8}(?:received|return-path|message-id|from|to|subject|date|mime-version|x-[\w-]+): ?\S", re.I
)
_BLOCK_LINES = 3


@dataclass(slots=True)
class Notice:
    """`text`: the server's words. `status`: the delivery status parts. `returned`: what came back, or its head."""

    head: Head
    text: str = ""
    status: list[str] = field(default_factory=list)
    returned: str = ""
    is_report: bool = False

    def header(self, name: str) -> str:
        """The first value of a header, unfolded; "" if absent."""
        raw = self.head.first(name)
        return " ".join(raw.decode("utf-8", "replace").split()) if raw is not None else ""


def take_apart(data: bytes) -> Notice:
    """Never raises for whatever `data` holds."""
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    start = skip_envelope(data)
    head = read_head(data, start, len(data))
    tree = read_tree_in_doubt(data, head, len(data))
    notice = Notice(head, is_report=tree.root.content_type == "multipart/report")
    texts: list[str] = []
    for part in tree.parts:
        if part.content_type in _STATUS:
            notice.status.append(_decoded(part))
        elif part.content_type in _RETURNED:
            notice.returned = notice.returned or _decoded(part)
        elif part.content_type.startswith("text/") and not notice.returned:
            texts.append(_words(part))
    text = "\n".join(texts)[:TEXT_LIMIT]
    notice.text, rest = _cut(text)
    notice.returned = notice.returned or rest
    return notice


def _words(part: Part) -> str:
    text = _decoded(part)
    return html_to_text(text) if part.content_type == "text/html" else text


def _decoded(part: Part) -> str:
    raw = part.decoded()[: 4 * TEXT_LIMIT]
    return decode_text(raw, part.kind.get("charset"))[0][:TEXT_LIMIT].replace("\r\n", "\n").replace("\r", "\n")


def _cut(text: str) -> tuple[str, str]:
    """The notice, and the returned mail below a line that says so or where a block of headers begins."""
    lines, marks = text.split("\n"), tuple(read_table("returned")["lines"])
    run = 0
    for place, line in enumerate(lines):
        run = run + 1 if _HEADER.match(line) or (run and line[:1] in " \t" and line.strip()) else 0
        if run == _BLOCK_LINES and place >= _BLOCK_LINES:
            begin = place - run + 1
            return "\n".join(lines[:begin]), "\n".join(lines[begin:])
        said = line.lower().strip(" -=*.:_\t")
        if place and len(line) < 120 and said.startswith(marks) and len(lines) - place > 1:
            return "\n".join(lines[:place]), "\n".join(lines[place + 1 :])
    return text, ""
