"""Dates and times as people type them, in five languages: "fri 9", "+2w", "22 Nov 14:30", "neste tirsdag"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_NEAR = {
    0: ("today", "i dag", "idag", "oggi", "сегодня"),
    1: ("tomorrow", "tom", "i morgen", "imorgen", "i morgon", "imorgon", "domani", "завтра"),
    -1: ("yesterday", "i går", "igår", "ieri", "вчера"),
}
_DAYS: tuple[tuple[str, ...], ...] = (
    ("mon", "man", "mån", "lun", "пон", "пн"),
    ("tue", "tir", "tis", "mar", "вто", "вт"),
    ("wed", "ons", "mer", "сре", "ср"),
    ("thu", "tor", "gio", "чет", "чт"),
    ("fri", "fre", "ven", "пят", "пт"),
    ("sat", "lør", "lör", "sab", "суб", "сб"),
    ("sun", "søn", "sön", "dom", "вос", "вс"),
)
_NEXT = re.compile(r"(?:next|neste|nästa|prossim[ao]|следующ\w+)\s+")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_STEP = re.compile(r"\+(\d{1,3})\s*([dwm]?)")
_SOON = re.compile(r"\+(\d{1,4})\s*(h|min)")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_WORDED = re.compile(r"(\d{1,2})\.?\s+([a-z]{3})[a-z]*\.?(?:\s+(\d{4}))?")


def read_date(text: str, today: date) -> date:
    """A date from "2026-11-22", "22.11.2026", "22 Nov", "today", "fri", "neste tirsdag", "+3d", "+2w".

    A weekday is the next one that comes, "next" that of the week after this. Errors: ValueError with a sentence.
    """
    words = " ".join(text.lower().split())
    for days, names in _NEAR.items():
        if words in names:
            return today + timedelta(days=days)
    if step := _STEP.fullmatch(words):
        return today + timedelta(days=int(step[1]) * {"": 1, "d": 1, "w": 7, "m": 30}[step[2]])
    nexts = _NEXT.match(words)
    weekday = weekday_of(words[nexts.end() :] if nexts else words)
    if weekday is not None and nexts:
        return today + timedelta(days=7 - today.weekday() + weekday)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    try:
        return _written_date(words, today)
    except ValueError as error:
        raise ValueError(f"“{text}” is no date; write it like 2026-11-22, 22 Nov, fri or +2w.") from error


def read_time(text: str, now: datetime, zone: tzinfo | None, hour: int = 9) -> datetime:
    """A time in UTC from a date with "14:30" or "9" behind it, from "14:30" alone, or from "+2h" and "+30min".

    `hour` where none is given; `zone` None is the machine's own. Errors: ValueError with a sentence.
    """
    words = " ".join(text.lower().split())
    if soon := _SOON.fullmatch(words):
        return now.astimezone(UTC) + timedelta(minutes=int(soon[1]) * (60 if soon[2] == "h" else 1))
    day, hours, minutes = _parted(words, hour)
    if hours > 23 or minutes > 59:
        raise ValueError(f"“{text}” names no time of day.")
    made = read_date(day, now.astimezone(zone).date()) if day else now.astimezone(zone).date()
    naive = datetime(made.year, made.month, made.day, hours, minutes)  # noqa: DTZ001 - the person's own zone, next line
    return (naive.replace(tzinfo=zone) if zone else naive.astimezone()).astimezone(UTC)


def _parted(words: str, hour: int) -> tuple[str, int, int]:
    """The day, "" for none, and the time of day."""
    day, _, last = words.rpartition(" ")
    at = re.fullmatch(r"(\d{1,2})[:.](\d{2})", last)
    if at is None and day and re.search(r"[^\W\d]$|\d{4}$|^\+\d+[dwm]?$|\d{4}-\d\d-\d\d$", day):
        at = re.fullmatch(r"(\d{1,2})()", last)
    if at is None:
        return words, hour, 0
    return re.sub(r"\s*\b(?:at|kl\.?|alle)$", "", day), int(at[1]), int(at[2] or 0)


def weekday_of(words: str) -> int | None:
    """The weekday that a word names, Monday is 0; None if it names none."""
    if not words.isalpha():
        return None
    return next((place for place, names in enumerate(_DAYS) if words.startswith(names)), None)


def _written_date(words: str, today: date) -> date:
    if dotted := _DOTTED.fullmatch(words):
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    if worded := _WORDED.fullmatch(words):
        month = MONTHS.index(worded[2]) + 1
        made = date(int(worded[3] or today.year), month, int(worded[1]))
        return made if worded[3] or made >= today else made.replace(year=today.year + 1)
    return date.fromisoformat(words.replace("/", "-"))
