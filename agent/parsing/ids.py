"""Message-IDs and what names them: References, In-Reply-To, Outlook's Thread-Index."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable

from agent.parsing.encoded_words import decode_header
from agent.parsing.limits import MAX_ID_CHARS, MAX_IDS, MAX_IDS_FIRST

_BRACKETED = re.compile(r"<([^<>]*)>")
_QUOTED_LOCAL = re.compile(r'"([^"\\\s]+)"(@.*)')
_SPACE = re.compile(r"\s+")
_BETWEEN = re.compile(r"[\s<>\"',;()]+")
_LONG_ENOUGH = 16  # an id without "@" (some ticket systems): long and with a digit, or it is just a word
_GUID = slice(6, 22)  # reserved byte, five bytes of time, then the conversation's GUID [MS-OXOMSG 2.2.1.3]


def clean_id(text: str) -> str | None:
    """An id without brackets, folding and needless quotes (RFC 5322, section 3.6.4); None for junk."""
    text = _SPACE.sub("", text)
    if '"' in text:
        match = _QUOTED_LOCAL.fullmatch(text)
        text = match[1] + match[2] if match else text
    if not 3 <= len(text) <= MAX_ID_CHARS:
        return None
    local, at, domain = text.rpartition("@")
    if at:
        return text if local and domain else None
    return text if len(text) >= _LONG_ENOUGH and any(char.isdigit() for char in text) else None


def parse_message_id(raw: bytes | None) -> str | None:
    """The message's own id."""
    found = _find(raw) if raw else []
    return found[0] if found else None


def parse_references(raws: Iterable[bytes], addresses: Collection[str] = ()) -> tuple[str, ...]:
    """The ids of References in order, each once; of very many the first few and the last.

    Ids that equal one of `addresses` (the people of the message) are mail addresses, not ids.
    """
    ids: dict[str, None] = {}
    for raw in raws:
        for found in _find(raw):
            if found.lower() not in addresses:
                # Given twice, the later place counts: it is nearer to the parent.
                ids.pop(found, None)
                ids[found] = None
    kept = list(ids)
    if len(kept) > MAX_IDS:
        kept = kept[:MAX_IDS_FIRST] + kept[MAX_IDS_FIRST - MAX_IDS :]
    return tuple(kept)


def parse_in_reply_to(raws: Iterable[bytes], addresses: Collection[str] = ()) -> tuple[tuple[str, ...], bool]:
    """The ids of In-Reply-To, and whether it held exactly one id and nothing else."""
    raws = list(raws)
    ids = parse_references(raws, addresses)
    if len(ids) != 1 or len(raws) != 1:
        return ids, False
    match = _BRACKETED.fullmatch(decode_header(raws[0]))
    return ids, match is not None


def _find(raw: bytes) -> list[str]:
    text = decode_header(raw)
    candidates = _BRACKETED.findall(text)
    if not candidates:
        # Unclosed or missing brackets.
        candidates = [word for word in _BETWEEN.split(text) if "@" in word] or [text.strip("<> ")]
    return [found for found in map(clean_id, candidates) if found is not None]


def thread_guid(raw: bytes | None) -> str | None:
    """The conversation's GUID in a Thread-Index as hex digits, None if there is none."""
    if not raw:
        return None
    try:
        value = base64.b64decode(bytes(raw.translate(None, b" \t\r\n")).rstrip(b"=") + b"==")
    except (binascii.Error, ValueError):
        return None
    return value[_GUID].hex() if len(value) >= _GUID.stop else None
