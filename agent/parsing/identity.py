"""The identity of a message across folders and servers."""

from __future__ import annotations

import re
from hashlib import blake2b

from agent.parsing.head import Head
from agent.parsing.ids import parse_message_id
from agent.parsing.limits import KEY_BODY_BYTES
from agent.parsing.structure import Tree

TEXTS_ONLY = "texts "
_FROM_LINE = re.compile(rb"^>*From ", re.MULTILINE)
_NAMED = ("date", "from", "subject")


def message_key(head: Head, tree: Tree, data: bytes, end: int) -> str:
    """Hex digest over Message-ID, Date, From, Subject and the body, blind to what stores change on the way.

    Line ends, mbox's "From " quoting, folding and trailing blank lines don't count, nor does any other header.
    Of the body only the first MiB counts: of a truncated message, sources with CRLF and with LF
    hold different amounts, but always that much. Of attachments type and name count, since a source may leave their
    bodies out; such a key begins with TEXTS_ONLY.
    """
    leaves = [part for part in tree.parts if not part.children]
    identity = blake2b(digest_size=16)
    identity.update((parse_message_id(head.first("message-id")) or "").encode("utf-8", "replace"))
    for name in _NAMED:
        value = head.first(name) or b""
        identity.update(b"\0" + b" ".join(value.split()))
    if all(part.is_text for part in leaves):
        identity.update(b"\0" + _normal_body(data, head.body_start, end))
        return identity.hexdigest()
    for part in leaves:
        described = f"{part.content_type}\n{part.filename}".encode("utf-8", "surrogatepass")
        identity.update(b"\0" + (_normal_body(part.data, part.start, part.end) if part.is_text else described))
    return TEXTS_ONLY + identity.hexdigest()


def _normal_body(data: bytes, start: int, end: int) -> bytes:
    # Twice the bytes that count: every one of them may be an LF that is CRLF elsewhere.
    body = data[start : min(end, start + 2 * KEY_BODY_BYTES)].replace(b"\r\n", b"\n")
    if b">From " in body:
        body = _FROM_LINE.sub(b"From ", body)
    return body[:KEY_BODY_BYTES].strip(b"\r\n\t ")
