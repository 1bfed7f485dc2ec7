"""Dates and times as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.typed_times import read_date, read_time

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
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert read_date(text, NOW.date()).isoformat() == expected


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
def test_nothing_else_is_raised(text: str) -> None:
    try:
        read_time(text, NOW, OSLO)
    except (ValueError, OverflowError):
        return
