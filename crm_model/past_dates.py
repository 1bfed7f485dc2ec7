"""Dates as people type them when they look back: "2026", "2026-10", "oct", "3 Nov", "fri", "2w" lie in the past."""

from __future__ import annotations

import re
from datetime import date, timedelta

from crm_model.time_words import MONTHS, place_of
from crm_model.typed_times import read_date, weekday_of

_AGO = re.compile(r"-?(\d{1,3})\s?([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_YEAR = re.compile(r"((?:19|20)\d\d)")
_MONTH = re.compile(r"((?:19|20)\d\d)[-/.](\d{1,2})")
_NAMED_MONTH = re.compile(r"([a-z]{3,9})\.?(?:\s?((?:19|20)\d\d))?")
_GLUED = re.compile(r"(\d{1,2})\.?([a-z]{3,9})(\d{4})?")
_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)


def read_past_date(text: str, today: date) -> date:
    """The first day that `text` names; one that could lie ahead or behind lies behind.

    Everything that `read_date` takes, a year, a month, and how long ago ("2w", "3m", "1y"). Errors: ValueError with
    a sentence.
    """
    words = " ".join(text.lower().split())
    try:
        return _read(words, today)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"“{text}” is no date; write it like 2026-11-22, 3 Nov, oct, fri or 2w.") from error


def _read(words: str, today: date) -> date:
    if ago := _AGO.fullmatch(words):
        return today - timedelta(days=int(ago[1]) * _DAYS[ago[2]])
    if year := _YEAR.fullmatch(words):
        return date(int(year[1]), 1, 1)
    if month := _MONTH.fullmatch(words):
        return date(int(month[1]), int(month[2]), 1)
    # "mar" is Tuesday in Italian and March in English: looking back, people name months more often.
    if (named := _NAMED_MONTH.fullmatch(words)) and (number := _month_of(named[1])):
        made = date(int(named[2] or today.year), number, 1)
        return made if named[2] or made <= today else made.replace(year=made.year - 1)
    weekday = weekday_of(words)
    if weekday is not None:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    if (glued := _GLUED.fullmatch(words)) and place_of(glued[2], MONTHS) is not None:
        words = " ".join(part for part in glued.groups() if part)
    made = read_date(words, today)
    is_certain = made <= today or words.startswith("+") or not re.search(r"\d", words) or re.search(r"\d{4}", words)
    return made if is_certain else made.replace(year=made.year - 1)


def _month_of(word: str) -> int | None:
    return next((number for number, name in enumerate(_NAMES, 1) if name.startswith(word)), None)
