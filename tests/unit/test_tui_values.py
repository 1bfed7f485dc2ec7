"""What a person types becomes what a CRM holds, or a sentence says why not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.field_values import money_words
from crm_model.records import FieldSpec, FieldType, FieldValue
from tui.times import Clock
from tui.values import BadValue, shown_value, typed_value

CLOCK = Clock(lambda: datetime(2026, 11, 18, 13, 0, tzinfo=UTC), ZoneInfo("Europe/Oslo"))


def _read(kind: FieldType, text: str, **more: object) -> FieldValue:
    return typed_value(FieldSpec("f", "Field", kind, **more), text, CLOCK)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12500", "12500.00"),
        ("12 500,50", "12500.50"),
        ("12.500,50", "12500.50"),
        ("12,500.50", "12500.50"),
        ("1,250,000", "1250000.00"),
        ("NOK 480 000", "480000.00"),
        ("480 000 kr", "480000.00"),
        ("-5.5", "-5.50"),
    ],
)
def test_money_in_the_ways_people_write_it(text: str, value: str) -> None:
    assert _read(FieldType.MONEY, text) == value


@pytest.mark.parametrize("text", ["12,500", "12.500", "a lot", "1e5"])
def test_money_that_could_mean_two_things_or_none_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        _read(FieldType.MONEY, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-22", "2026-11-22"),
        ("22.11.2026", "2026-11-22"),
        ("22 Nov", "2026-11-22"),
        ("3 March", "2027-03-03"),
        ("today", "2026-11-18"),
        ("wed", "2026-11-25"),
        ("fri", "2026-11-20"),
        ("+3", "2026-11-21"),
        ("+2w", "2026-12-02"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert _read(FieldType.DATE, text) == value


@pytest.mark.parametrize("text", ["31 Feb", "soon", "2026-13-01", "11/12/2026"])
def test_bad_dates(text: str) -> None:
    with pytest.raises(BadValue):
        _read(FieldType.DATE, text)


def test_a_time_is_the_persons_own_and_goes_out_in_utc() -> None:
    assert _read(FieldType.DATETIME, "20 Nov 14:30") == "2026-11-20T13:30:00Z"
    spec = FieldSpec("f", "Field", FieldType.DATETIME)
    assert shown_value(spec, "2026-11-20T13:30:00Z", CLOCK) == "2026-11-20 14:30"


def test_percent_boolean_emails_and_picklists() -> None:
    assert _read(FieldType.PERCENT, "30 %") == 30
    assert _read(FieldType.BOOLEAN, "") is False
    assert _read(FieldType.EMAILS, "a@x.no; b@y.no") == ("a@x.no", "b@y.no")
    assert _read(FieldType.PICKLIST, "Won", options=(("won", "Won"),)) == "won"
    for kind, text in ((FieldType.PERCENT, "101"), (FieldType.EMAIL, "kari"), (FieldType.BOOLEAN, "maybe")):
        with pytest.raises(BadValue):
            _read(kind, text)


def test_required_and_too_long() -> None:
    with pytest.raises(BadValue, match="empty"):
        _read(FieldType.TEXT, "  ", required=True)
    with pytest.raises(BadValue, match="at most 3"):
        _read(FieldType.TEXT, "abcd", max_length=3)


@given(st.integers(-(10**9), 10**9), st.integers(0, 99))
def test_money_shown_reads_back_to_itself(whole: int, cents: int) -> None:
    value = f"{whole}.{cents:02}"
    assert _read(FieldType.MONEY, shown_value(FieldSpec("f", "F", FieldType.MONEY), value, CLOCK)) == value


def test_money_in_words() -> None:
    assert money_words("1250000.00").replace("\N{NO-BREAK SPACE}", " ") == "1 250 000"
    assert money_words("12.50") == "12.50"
    assert money_words("") == "–"
