"""Spellings of CRMs become ours, whatever they send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_adapters.spelling import content_revision, iso_time, money_text, sql_time, time_of, without_emoji


@pytest.mark.parametrize(
    ("given_as", "ours"),
    [
        ("1234.56000000", "1234.56"),
        (1234.5, "1234.50"),
        (0, "0.00"),
        ("-3", "-3.00"),
        ("", None),
        (None, None),
        (True, None),
        ("1.234,56", None),
        ("NaN", None),
        ([], None),
    ],
)
def test_amounts(given_as: object, ours: str | None) -> None:
    assert money_text(given_as) == ours


@pytest.mark.parametrize(
    "text", ["2026-11-22 09:00:00", "2026-11-22T09:00:00Z", "2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00.000+0000"]
)
def test_times(text: str) -> None:
    assert time_of(text) == datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "soon", None, 5, "0001-01-01T00:00:00+23:59"])
def test_no_times(text: object) -> None:
    assert time_of(text) is None


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - a bound
def test_times_come_back(at: datetime) -> None:
    assert time_of(sql_time(at)) == time_of(iso_time(at)) == at.replace(microsecond=0)


def test_a_revision_is_what_the_record_holds() -> None:
    held = {"name": "Ås", "tags": ("a", "b"), "amount": "1.00"}
    assert content_revision(held) == content_revision({**dict(reversed(held.items())), "phone": ""})
    assert content_revision(held) != content_revision({**held, "tags": ("b", "a")})


def test_emoji_become_words() -> None:
    assert without_emoji("Hei 😀 – på") == "Hei (grinning face) – på"
