"""What an automatic answer says of an absence: the first day back, or that the person left for good."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

from agent.bounces.tables import read_table
from crm_model.bounces import Absence

_TEXT_LIMIT = 4_000
_GAP = 40  # characters between the words and the date
_LONGEST = timedelta(days=400)
_SPACE = re.compile(r"\s+")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?")


def read_absence(text: str, today: date) -> Absence:
    """Of an automatic answer that came `today`. A date without a year is the next one."""
    folded = _SPACE.sub(" ", text[:_TEXT_LIMIT].lower())
    left = any(phrase in folded for phrases in read_table("absence")["left"].values() for phrase in phrases)
    back = _first_date(folded, "back", today)
    if back is None:
        last = _first_date(folded, "until", today)
        back = last + timedelta(days=1) if last is not None else None
    return Absence(back, left)


def _first_date(text: str, theme: str, today: date) -> date | None:
    """The date that stands soonest behind a phrase of the theme."""
    for match in _phrases(theme).finditer(text):
        found = _date(text[match.end() : match.end() + _GAP], today)
        if found is not None:
            return found
    return None


@cache
def _phrases(theme: str) -> re.Pattern[str]:
    words = {phrase for phrases in read_table("absence")[theme].values() for phrase in phrases}
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")(?!\w)")


@cache
def _months() -> tuple[re.Pattern[str], dict[str, int]]:
    """Names and their beginnings of three letters, by number; day before or behind the month."""
    numbers: dict[str, int] = {}
    for months in read_table("absence")["months"].values():
        for number, name in enumerate(months, 1):
            numbers.setdefault(name, number)
            numbers.setdefault(name[:3], number)
    names = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    day = r"(\d{1,2})(?:st|nd|rd|th|\.|º|er)?"
    pattern = rf"(?:{day} (?:of |de )?({names})\b\.?|({names})\b\.? {day})(?:,? (\d{{4}}))?"
    return re.compile(pattern), numbers


def _date(text: str, today: date) -> date | None:
    """The first date in a few words."""
    iso, numbers = _ISO.search(text), _NUMBERS.search(text)
    pattern, months = _months()
    named = pattern.search(text)
    if iso is not None:
        return _near(int(iso[3]), int(iso[2]), int(iso[1]), today)
    if named is not None:
        day, month = (named[1], named[2]) if named[1] else (named[4], named[3])
        return _near(int(day), months[month], int(named[5]) if named[5] else None, today)
    if numbers is not None:
        year = int(numbers[3]) if numbers[3] else None
        return _near(int(numbers[1]), int(numbers[2]), year + 2000 if year is not None and year < 100 else year, today)
    return None


def _near(day: int, month: int, year: int | None, today: date) -> date | None:
    """That day, if there is one and it is neither long past nor far off."""
    for each in (year,) if year is not None else (today.year, today.year + 1):
        try:
            found = date(each, month, day)
        except ValueError:
            continue
        if today - timedelta(days=1) <= found <= today + _LONGEST:
            return found
    return None
