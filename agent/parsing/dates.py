"""The Date header in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_USUAL = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{2}):(\d{2})(?::(\d{2}))?\s+([+-])(\d{2})(\d{2})\b"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?\s*(?:Z|[+-]\d{2}:?\d{2})?")
_FIRST_YEAR, _LAST_YEAR = 1971, 2100
_MAX_CHARS = 200


def parse_date(text: str) -> datetime | None:
    """The moment that a Date header names (RFC 5322, obsolete forms, ISO 8601), None if it is no usable date."""
    text = text.strip()[:_MAX_CHARS]
    try:
        moment = _usual(text) or _unusual(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        # parsedate_tz of 3.11 raises IndexError and TypeError on some fuzz.
        return None
    return moment if moment is not None and _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _usual(text: str) -> datetime | None:
    match = _USUAL.match(text)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    day, _, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    naive = datetime(int(year), month, int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC)
    return naive + offset if sign == "-" else naive - offset


def _unusual(text: str) -> datetime | None:
    iso = _ISO.match(text)
    if iso is not None:
        moment = datetime.fromisoformat(iso[0].replace(" ", "T", 1).replace(" ", ""))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    fields = parsedate_tz(text)
    if fields is None:
        return None
    year, month, day, hour, minute, second = fields[:6]
    zone = timezone(timedelta(seconds=fields[9] or 0))
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
