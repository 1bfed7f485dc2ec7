"""Text on its way to and from SuiteCRM, which unescapes, cuts out what looks like a tag, and escapes unevenly."""

from __future__ import annotations

import html
import re
from collections.abc import Collection

from crm_adapters.spelling import without_emoji
from crm_model.field_values import clean_text

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BRACKETS = re.compile(r"<([^<>]*)>")
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_TAG = re.compile(r"[A-Za-z/!?]")
_EMPHASIS = ("b", "i", "u", "em", "strong")
_UNTOLD = ("http://", "https://")
"""What the server's form leaves in an address field that nobody filled in."""


def from_server(value: object) -> str:
    """Text as a person wrote it: unescaped once, and only entities that end in a semicolon (“?a=1&copy=2” stays)."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = _unescaped(str(value))
    return "" if text in _UNTOLD else text


def to_server(text: str) -> str:
    """Text that survives: the server would unescape entities, remove “<mary@example.com>” and lose emoji.

    An address in angle brackets gets round ones, a tag single guillemets; only plain emphasis may stay as it is.
    """
    text = _unescaped(clean_text(text))
    closed = {tag for tag in _EMPHASIS if text.count(f"<{tag}>") == text.count(f"</{tag}>")}
    text = _BRACKETS.sub(lambda found: _in_other_brackets(found, closed), text)
    return without_emoji(_OPENING.sub(lambda found: found[0] if _emphasis(text, found.start(), closed) else "‹", text))


def bare_message_id(message_id: str) -> str:
    """A Message-ID without its angle brackets, with which it would be stored empty."""
    return message_id.strip().strip("<>")


def _in_other_brackets(found: re.Match[str], kept: Collection[str]) -> str:
    inner = found[1]
    if inner.removeprefix("/") in kept:
        return found[0]
    if "@" in inner or "://" in inner:
        return f"({inner})"
    return f"‹{inner}›" if _TAG.match(inner) else found[0]


def _emphasis(text: str, place: int, kept: Collection[str]) -> bool:
    return any(text.startswith((f"<{tag}>", f"</{tag}>"), place) for tag in kept)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
