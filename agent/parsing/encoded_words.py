"""RFC 2047 encoded words as they are met: cut inside a letter, mis-encoded, with blanks, glued together."""

from __future__ import annotations

import binascii
import re

from agent.parsing.charsets import decode_text, storable
from agent.parsing.limits import MAX_HEADER_BYTES, MAX_WORD_RUNS

_WORD = re.compile(r"=\?([^?\s=*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,50})\?=")
_FOLD = re.compile(r"\r?\n[ \t]*|\r")


def decode_header(raw: bytes, charset: str | None = None) -> str:
    """A header value unfolded, decoded and without NULs; raw 8-bit bytes as UTF-8, then `charset`, then guessed."""
    return decode_words(unfold(raw, charset))


def unfold(raw: bytes, charset: str | None = None) -> str:
    """A header value as one line of text, its encoded words left as they are."""
    if len(raw) > MAX_HEADER_BYTES:
        raw = raw[:MAX_HEADER_BYTES]
    text = raw.decode("ascii") if raw.isascii() else _decode_8bit(raw, charset)
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(" ", text)
    return storable(text).strip()


def _decode_8bit(raw: bytes, charset: str | None) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_text(raw, charset)[0]


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded; what is none stays as it stands, and so does what follows 200 of them."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []  # of one charset: letters are cut between words (against RFC 2047, section 5)
    pending_charset, position, runs = "", 0, 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        charset = match[1].lower()
        if pending and (between.strip() or charset != pending_charset):
            out.append(_join(pending, pending_charset))
            pending = []
            if (runs := runs + 1) == MAX_WORD_RUNS:
                break
        if between.strip() or not position:
            out.append(between)
        pending.append(_decode_word(match[2], match[3]))
        pending_charset, position = charset, match.end()
    if pending:
        out.append(_join(pending, pending_charset))
    out.append(text[position:])
    return storable("".join(out))


def _join(pending: list[bytes], charset: str) -> str:
    if len(pending) > 1 and charset.startswith(("iso-2022", "utf-7", "utf-16", "hz")):
        # Stateful charsets begin anew in every word.
        return "".join(decode_text(word, charset)[0] for word in pending)
    # A line break that hid in a word would fold into other headers' text.
    return _FOLD.sub(" ", decode_text(b"".join(pending), charset)[0])


def _decode_word(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "surrogatepass")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b"_", b"=20"))
    data = data.rstrip(b"= \t")
    try:
        return binascii.a2b_base64(data + b"==")
    except binascii.Error:
        # One letter too many or too few: the rest of the word is still good.
        try:
            return binascii.a2b_base64(data[:-1] + b"==")
        except binascii.Error:
            return content.encode("utf-8", "surrogatepass")
