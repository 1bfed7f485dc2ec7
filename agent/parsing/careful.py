"""The careful way to the tree of parts: mail-parser in front, for messages that the quick way has doubts about."""

from __future__ import annotations

import logging
import re
from email.feedparser import BytesFeedParser
from email.message import Message as MimeMessage

import mailparser
from mailparser.exceptions import MailParserError

from agent.parsing.head import Head
from agent.parsing.limits import MAX_CAREFUL_DEPTH, MAX_PARTS
from agent.parsing.parameters import Parametrised
from agent.parsing.structure import Part, Tree, make_part, read_tree

_FOLD = re.compile(rb"[\r\n]+[ \t]*")
_MAX_PARAMETERS = 2_048  # characters of a header that has parameters
_PARAMETRISED = frozenset(("content-type", "content-disposition"))
_LEFT_OUT = ("received", "arc-", "dkim-", "x-")


class _Unopened(MimeMessage):
    """A node that leaves the mails inside it as bytes: taken apart and put together they would not be the same."""

    def get_content_type(self) -> str:
        content_type = super().get_content_type()
        return "application/octet-stream" if content_type.startswith("message/") else content_type

    def set_raw(self, name: str, value: str) -> None:
        # The standard library's way to a parameter takes the square of the header's length.
        super().set_raw(name, value[:_MAX_PARAMETERS] if name.lower() in _PARAMETRISED else value)


def read_tree_carefully(data: bytes, head: Head, end: int) -> Tree:
    """The same as `read_tree`, asked of mail-parser; the quick tree where mail-parser can't or mustn't answer."""
    quick = read_tree(data, head, end)
    if max(part.depth for part in quick.parts) > MAX_CAREFUL_DEPTH or len(quick.parts) >= MAX_PARTS:
        return quick
    # It logs subtypes that the sender chose.
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)
    try:
        feed = BytesFeedParser(_Unopened)
        feed.feed(_rebuild(data, head, end))
        parsed = mailparser.MailParser(feed.close())
    except (MailParserError, ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        quick.defects.append("careful-reading-failed")
        return quick
    defects = [*quick.defects, *(f"mail-parser: {name}" for name in sorted(parsed.defects_categories))]
    return _convert(parsed.message, defects)


def _rebuild(data: bytes, head: Head, end: int) -> bytes:
    """The message with the header block that we understood: the standard library stops at the first junk line."""
    lines = [
        name.encode("ascii") + b": " + _FOLD.sub(b" ", value).replace(b"\x00", b"")
        for name, value in head.fields
        if not name.startswith(_LEFT_OUT)
    ]
    return b"\n".join([*lines, b"", data[head.body_start : end]])


def _convert(message: MimeMessage, defects: list[str]) -> Tree:
    root = _part(message, None, 1)
    tree = Tree(root, [root], defects)
    waiting: list[tuple[Part, MimeMessage]] = [(root, message)]
    while waiting:
        part, node = waiting.pop()
        payload = node.get_payload()
        if not part.content_type.startswith("multipart/"):
            continue
        if not isinstance(payload, list):
            part.kind = Parametrised("text/plain", part.kind.parameters)
            continue
        below = []
        for index, child in enumerate(payload, 1):
            if isinstance(child, MimeMessage) and len(tree.parts) < MAX_PARTS:
                below.append((_part(child, part, index), child))
        part.children = [child for child, _ in below]
        waiting.extend(reversed(below))
        tree.parts += part.children
    if not root.children:
        root.number = "1"
    return tree


def _part(node: MimeMessage, parent: Part | None, index: int) -> Part:
    fields = [(name.lower(), _to_bytes(value).strip()) for name, value in node.raw_items()]
    body = _body(node)
    return make_part(Head(fields, 0), body, 0, len(body), parent=parent, index=index)


def _body(node: MimeMessage) -> bytes:
    payload = node.get_payload()
    if isinstance(payload, str):
        # Without its header the transfer encoding is left to us, and 8-bit bytes come back as they were.
        del node["content-transfer-encoding"]
        raw = node.get_payload(decode=True)
        return raw if isinstance(raw, bytes) else _to_bytes(payload)
    return b""


def _to_bytes(text: object) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")
