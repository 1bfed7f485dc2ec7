"""From the bytes of a mail to a `Message`: nothing raises but what can't be read at all.

Two ways lead to the tree of parts: a quick one for well-formed mail, and mail-parser for the rest. All else is
common to both, so that a message reads the same whichever way it took (`tests/corpus` compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.parsing.addresses import parse_all, parse_sender
from agent.parsing.bodies import read_bodies
from agent.parsing.careful import read_tree_carefully
from agent.parsing.dates import parse_date
from agent.parsing.encoded_words import decode_header
from agent.parsing.head import Head, read_head, skip_envelope
from agent.parsing.identity import message_key
from agent.parsing.ids import parse_in_reply_to, parse_message_id, parse_references, thread_guid
from agent.parsing.kept_headers import keep_headers
from agent.parsing.limits import MAX_CAREFUL_BYTES, MAX_EMBEDDED, MAX_EMBEDDED_DEPTH
from agent.parsing.parameters import read_content_type
from agent.parsing.structure import DOUBTS, Part, Tree, read_tree
from crm_model.errors import BadMessage
from crm_model.mail import Address, Message, RawMessage

TreeReader = Callable[[bytes, Head, int], Tree]
_PRINTABLE_SHARE = 0.7


@dataclass(slots=True)
class _Reading:
    """One message being read: the way to its parts, and how many embedded mails may still follow, over all depths.

    `left_out` are parts whose bodies its source did not fetch.
    """

    read_tree: TreeReader
    left_out: Mapping[str, int]
    embedded: int = MAX_EMBEDDED


def parse_message(raw: RawMessage) -> Message:
    """The message in `raw`. What is broken is noted in `defects`. Errors: BadMessage if nothing at all can be read."""
    return parse_with(raw, read_tree_in_doubt)


def parse_with(raw: RawMessage, reader: TreeReader) -> Message:
    """`parse_message` with a given way to the tree of parts."""
    data = raw.data
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    start = skip_envelope(data)
    head = read_head(data, start, len(data))
    if not head.fields and not _is_text(data[head.body_start :]):
        raise BadMessage("The message holds neither headers nor text.", source=raw.uid)
    return _build(data, head, _Reading(reader, raw.left_out), raw)


def read_tree_in_doubt(data: bytes, head: Head, end: int) -> Tree:
    """The quick tree; mail-parser's where the quick reader met something malformed."""
    tree = read_tree(data, head, end)
    if end <= MAX_CAREFUL_BYTES and any(defect in DOUBTS for defect in tree.defects):
        return read_tree_carefully(data, head, end)
    return tree


def _is_text(data: bytes) -> bool:
    sample = data[:4096].strip(b"\0 \t\r\n")
    if not sample:
        return False
    odd = sum(byte < 0x20 and byte not in b"\t\r\n\x1b" for byte in sample)
    return odd == 0 or (odd / len(sample) < 1 - _PRINTABLE_SHARE and b"\0" not in sample)


def _build(data: bytes, head: Head, reading: _Reading, raw: RawMessage, depth: int = 0) -> Message:
    content_type = head.first("content-type")
    charset = read_content_type(content_type).get("charset") if content_type else None
    tree = reading.read_tree(data, head, len(data))
    for part in tree.parts if depth == 0 and reading.left_out else ():
        part.told_size = reading.left_out.get(part.number)
    bodies = read_bodies(tree)
    sender = parse_sender(head.all("from"), charset)
    recipients = {name: parse_all(head.all(name), charset) for name in ("to", "cc", "bcc", "reply-to")}
    people = _emails(sender, recipients["to"])
    in_reply_to, clean = parse_in_reply_to(head.all("in-reply-to"), people)
    embedded = [_embed(part, reading, depth) for part in bodies.embedded]
    defects = [*head.defects, *tree.defects, *bodies.defects, *(() if head.fields else ("no-headers",))]
    return Message(
        key=message_key(head, tree, data, len(data)),
        message_id=parse_message_id(head.first("message-id")),
        references=parse_references(head.all("references"), people),
        in_reply_to=in_reply_to,
        in_reply_to_clean=clean,
        subject=decode_header(head.first("subject") or b"", charset),
        from_=sender,
        reply_to=recipients["reply-to"],
        to=recipients["to"],
        cc=recipients["cc"],
        bcc=recipients["bcc"],
        sent_at=parse_date(decode_header(head.first("date") or b"")),
        text=bodies.text,
        html=bodies.html,
        attachments=tuple(bodies.attachments),
        embedded=tuple(message for message in embedded if message is not None),
        cards=tuple(bodies.cards),
        content_types=tuple(bodies.content_types),
        headers=keep_headers(head, charset),
        thread_index=thread_guid(head.first("thread-index")),
        thread_topic=decode_header(head.first("thread-topic") or b"", charset) or None,
        size=raw.size,
        truncated=raw.truncated,
        defects=tuple(dict.fromkeys(defects)),
        conversation=raw.conversation,
    )


def _emails(sender: Address | None, to: tuple[Address, ...]) -> frozenset[str]:
    return frozenset(address.email for address in ((sender, *to) if sender else to))


def _embed(part: Part, reading: _Reading, depth: int) -> Message | None:
    """A mail within the mail, None where the limits are reached or it can't be read."""
    if depth >= MAX_EMBEDDED_DEPTH or reading.embedded <= 0:
        return None
    reading.embedded -= 1
    data = part.decoded()
    head = read_head(data, skip_envelope(data), len(data))
    return _build(data, head, reading, RawMessage("", data, len(data)), depth + 1) if head.fields else None
