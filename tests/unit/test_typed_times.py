"""Dates and times as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.typed_times import read_date, read_time, split_time

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)  # a Sunday, 11 o'clock in Oslo


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fri", "2026-11-27"),
        ("sun", "2026-11-29"),
        ("neste tirsdag", "2026-11-24"),
        ("tisdag", "2026-11-24"),
        ("prossimo venerdì", "2026-11-27"),
        ("пт", "2026-11-27"),
        ("i morgen", "2026-11-23"),
        ("завтра", "2026-11-23"),
        ("+2w", "2026-12-06"),
        ("22.11.2026", "2026-11-22"),
        ("3 Jan", "2027-01-03"),
        ("3 mar", "2027-03-03"),
        ("next week", "2026-11-23"),
        ("neste uke", "2026-11-23"),
        ("om 2 uker", "2026-12-06"),
        ("om en vecka", "2026-11-29"),
        ("tra due settimane", None),
        ("tra 2 settimane", "2026-12-06"),
        ("через неделю", "2026-11-29"),
        ("в пятницу", "2026-11-27"),
        ("на пятницу", None),
        ("dopodomani", "2026-11-24"),
        ("24 desember", "2026-12-24"),
        ("1 giugno", "2027-06-01"),
        ("2 июня", "2027-06-02"),
        ("mario", None),
        ("2 decks", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="is no date"):
            read_date(text, NOW.date())
    else:
        assert read_date(text, NOW.date()).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("fri 9 send the contract", "2026-11-27 08:00", "send the contract"),
        ("fri 9: send the contract", "2026-11-27 08:00", "send the contract"),
        ("neste tirsdag ring Kari", "2026-11-24 08:00", "ring Kari"),
        ("+2w", "2026-12-06 08:00", ""),
        ("om 2 uker kl 10 følg opp", "2026-12-06 09:00", "følg opp"),
        ("3 Jan 2 boxes", "2027-01-03 01:00", "boxes"),
        ("send the contract", None, "send the contract"),
        ("2 offers to make", None, "2 offers to make"),
        ("Mario called", None, "Mario called"),
        ("9", None, "9"),
        ("", None, ""),
    ],
)
def test_a_line_that_begins_with_a_time(text: str, at: str | None, rest: str) -> None:
    found, what = split_time(text, NOW, OSLO)
    assert (f"{found:%Y-%m-%d %H:%M}" if found else None, what) == (at, rest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fri 9", "2026-11-27 08:00"),
        ("fri 14:30", "2026-11-27 13:30"),
        ("tomorrow at 7", "2026-11-23 06:00"),
        ("i morgen kl 8", "2026-11-23 07:00"),
        ("14:30", "2026-11-22 13:30"),
        ("fri", "2026-11-27 08:00"),
        ("+2h", "2026-11-22 12:00"),
        ("+30min", "2026-11-22 10:30"),
        ("+3d 8.15", "2026-11-25 07:15"),
        ("2026-12-24 17", "2026-12-24 16:00"),
        ("22 Nov 14:30", "2026-11-22 13:30"),
        ("3 Jan", "2027-01-03 08:00"),
        ("3 Jan 2028", "2028-01-03 08:00"),
    ],
)
def test_times(text: str, expected: str) -> None:
    assert f"{read_time(text, NOW, OSLO):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("text", ["", "soon", "fri 25", "32 nov", "2026-13-01", "next", "mon tue", "+99h3"])
def test_what_is_none_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"no date|no time"):
        read_date(text, date(2026, 1, 1)) if not text else read_time(text, NOW, OSLO)


@given(st.text(max_size=30))
def test_a_line_is_a_time_and_the_rest_of_it(text: str) -> None:
    _, rest = split_time(text, NOW, OSLO)
    words = rest.split()
    assert text.split()[len(text.split()) - len(words) :] == words


@given(st.text(max_size=30))
def test_nothing_else_is_raised(text: str) -> None:
    try:
        read_time(text, NOW, OSLO)
    except (ValueError, OverflowError):
        return
