"""Dates and times as people type them, in five languages: "fri 9", "+2w", "22 Nov 14:30", "neste tirsdag"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from crm_model.time_words import AHEAD, AT, MONTHS, NEAR, NEXT, ON, UNITS, WEEKDAYS, place_of

_NEXT = re.compile(rf"(?:{NEXT})\s+")
_ON = re.compile(rf"(?:{ON})\s+")
_AHEAD = re.compile(rf"(?:{AHEAD})\s+(\d{{1,3}}|\w+)\s+(\w+)")
_STEP = re.compile(r"\+(\d{1,3})\s*([dwm]?)")
_SOON = re.compile(r"\+(\d{1,4})\s*(h|min)")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_WORDED = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]{3,})\.?(?:\s+(\d{4}))?")
_ONES = ("one", "a", "en", "ei", "ett", "un", "una", "один", "одну")
_MOST_WORDS = 5


def read_date(text: str, today: date) -> date:
    """A date from "2026-11-22", "22.11.2026", "22 Nov", "today", "fri", "neste tirsdag", "om 2 uker", "+3d", "+2w".

    A weekday is the next one that comes, "next" that of the week after this. Errors: ValueError with a sentence.
    """
    words = " ".join(text.lower().split())
    for days, names in NEAR.items():
        if words in names:
            return today + timedelta(days=days)
    if step := _STEP.fullmatch(words):
        return today + timedelta(days=int(step[1]) * {"": 1, "d": 1, "w": 7, "m": 30}[step[2]])
    found = _ahead(words, today) or _by_weekday(words, today)
    if found:
        return found
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


def split_time(text: str, now: datetime, zone: tzinfo | None, hour: int = 9) -> tuple[datetime | None, str]:
    """The time that a line begins with, and what follows it: "fri 9 send the contract"; None where it begins with none.

    As many words as make a time belong to it; a colon or comma behind them ends it.
    """
    words = text.split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        head, rest = " ".join(words[:count]), " ".join(words[count:])
        try:
            return read_time(head.rstrip(":,"), now, zone, hour), rest
        except (ValueError, OverflowError):
            continue
    return None, text.strip()


def _parted(words: str, hour: int) -> tuple[str, int, int]:
    """The day, "" for none, and the time of day."""
    day, _, last = words.rpartition(" ")
    at = re.fullmatch(r"(\d{1,2})[:.](\d{2})", last)
    if at is None and day and re.search(r"[^\W\d]$|\d{4}$|^\+\d+[dwm]?$|\d{4}-\d\d-\d\d$", day):
        at = re.fullmatch(r"(\d{1,2})()", last)
    if at is None:
        return words, hour, 0
    return re.sub(rf"\s*\b(?:{AT})$", "", day), int(at[1]), int(at[2] or 0)


def _ahead(words: str, today: date) -> date | None:
    """ "in 2 weeks", "om en uke", "через неделю": None for anything else."""
    if found := _AHEAD.fullmatch(words):
        number, unit = found[1], found[2]
    else:
        ahead, _, unit = words.partition(" ")
        number = "one" if re.fullmatch(AHEAD, ahead) else ""
    days = next((days for days, names in UNITS if unit in names), None)
    if days is None or not (number.isdecimal() or number in _ONES):
        return None
    return today + timedelta(days=days * (int(number) if number.isdecimal() else 1))


def _by_weekday(words: str, today: date) -> date | None:
    """A weekday with or without "next" or "on" before it, or the next week: None for anything else."""
    nexts = _NEXT.match(words)
    before = nexts or _ON.match(words)
    name = words[before.end() :] if before else words
    monday = today + timedelta(days=7 - today.weekday())
    if nexts and name in UNITS[1][1]:
        return monday
    weekday = weekday_of(name)
    if weekday is None:
        return None
    return (
        monday + timedelta(days=weekday) if nexts else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    )


def weekday_of(words: str) -> int | None:
    """The weekday that a word or its beginning names, Monday is 0; None if it names none."""
    return place_of(words, WEEKDAYS)


def _written_date(words: str, today: date) -> date:
    if dotted := _DOTTED.fullmatch(words):
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    if worded := _WORDED.fullmatch(words):
        month = place_of(worded[2], MONTHS)
        if month is None:
            raise ValueError(worded[2])
        made = date(int(worded[3] or today.year), month + 1, int(worded[1]))
        return made if worded[3] or made >= today else made.replace(year=today.year + 1)
    return date.fromisoformat(words.replace("/", "-"))
