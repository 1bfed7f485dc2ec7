"""Spellings that CRMs share, and ours: amounts, times, the revision of a record that has none."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from crm_model.field_values import is_empty, pack_value
from crm_model.records import Fields

_MOST_DIGITS = 18
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def money_text(value: object) -> str | None:
    """An amount as a CRM gives it (1234.5, "1234.56000000", "") in ours ("1234.50"); None for none or nonsense."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
        # "1e99999999" would be a text of a hundred million digits
        return f"{amount:.2f}" if amount.is_finite() and amount.adjusted() < _MOST_DIGITS else None
    except InvalidOperation:
        return None


def whole_of(value: object) -> int | None:
    """A whole number as a CRM gives it (7, "7"), None for anything else and for one that no database holds."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def sql_time(at: datetime) -> str:
    """UTC as "2026-11-22 09:00:00", what servers in PHP want."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(at: datetime) -> str:
    """Ours: "2026-11-22T09:00:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_of(text: object) -> datetime | None:
    """A time as a CRM gives it (with T or a space, with or without a zone, then UTC); None if it is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def content_revision(fields: Fields) -> str:
    """The revision of a record in a CRM that has none: what it holds, so that idle saves and links change nothing.

    Better than the time of change, which has a resolution of a second and moves without a change.
    """
    held = {name: pack_value(value) for name, value in fields.items() if not is_empty(value)}
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:20]


def without_emoji(text: str) -> str:
    """Text for a database of three bytes: "😀" becomes "(grinning face)", which it would have stored as "????"."""
    return _ASTRAL.sub(lambda found: f"({unicodedata.name(found[0], 'symbol').lower()})", text)
