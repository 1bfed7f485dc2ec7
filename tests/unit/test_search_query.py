"""The search line taken apart: laws over any text, and what each operator means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.past_dates import read_past_date
from sync.search_query import (
    MOST_TERMS,
    OPERATORS,
    Facet,
    Place,
    RecordTerm,
    SearchQuery,
    State,
    StateTerm,
    TextTerm,
    completions,
    read_query,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")
TODAY = date(2026, 12, 1)
PIECES = st.sampled_from(
    [*(f"{name}:" for name in OPERATORS), "-", '"', " ", "is:unread", "3 Nov", "2w", "kari", "ø", "\x1b[31m", "foo:bar"]
)


def asked(text: str) -> SearchQuery:
    return read_query(text, NOW, OSLO)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_a_search(text: str) -> None:
    query = asked(text)
    terms = len(query.texts) + len(query.records) + len(query.states)
    assert terms <= MOST_TERMS
    assert all(term.words and all(word.isalnum() for word in term.words) for term in query.texts)
    assert all(remark == remark.strip() and len(remark) < 2_500 for remark in query.remarks)
    assert not (query.finds_nothing and (terms or query.remarks))
    assert sum(term.unfinished for term in query.texts) <= 1
    completions(text)


@given(st.lists(st.sampled_from(["kari", "offer", "new", "web"]), min_size=1, max_size=8))
def test_words_are_words_in_their_order(words: list[str]) -> None:
    query = asked(" ".join(words) + " ")
    assert query == SearchQuery(texts=tuple(TextTerm((word,)) for word in words))


@given(st.sampled_from(["kari", "from:kari", '"new web"', "is:unread", "company:acme", "has:attachment"]))
def test_a_minus_turns_a_term_around_and_nothing_else(term: str) -> None:
    plain, negated = asked(f"{term} "), asked(f"-{term} ")
    for one, other in zip(
        (*plain.texts, *plain.records, *plain.states), (*negated.texts, *negated.records, *negated.states), strict=True
    ):
        assert (one.negated, other.negated) == (False, True)
    assert not negated.remarks


@given(st.text(max_size=60))
def test_every_completion_goes_on_with_what_was_typed(text: str) -> None:
    last = text.rsplit(maxsplit=1)[-1].lower().removeprefix("-") if text[-1:].strip() else ""
    assert all(each.startswith(last) for each in completions(text) if last)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_written_day_is_that_day(day: date, today: date) -> None:
    assert read_past_date(day.isoformat(), today) == day
    if day <= today < day + timedelta(days=365):
        assert read_past_date(f"{day:%-d %b}", today) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026", date(2026, 1, 1)),
        ("2026-10", date(2026, 10, 1)),
        ("oct", date(2026, 10, 1)),
        ("Dec", date(2026, 12, 1)),
        ("march", date(2026, 3, 1)),
        ("Oct 2025", date(2025, 10, 1)),
        ("24 dec", date(2025, 12, 24)),
        ("3nov", date(2026, 11, 3)),
        ("22.11.2026", date(2026, 11, 22)),
        ("tue", date(2026, 11, 24)),
        ("fredag", date(2026, 11, 27)),
        ("i går", date(2026, 11, 30)),
        ("2w", date(2026, 11, 17)),
        ("1y", date(2025, 12, 1)),
        ("+2w", date(2026, 12, 15)),
    ],
)
def test_days_look_back(text: str, day: date) -> None:
    assert read_past_date(text, TODAY) == day


@pytest.mark.parametrize("text", ["", "x", "31 jun", "2026-13", "99 nov", "0 nov", "9999-99-99"])
def test_what_is_no_day_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="no date; write it like"):
        read_past_date(text, TODAY)


def test_operators() -> None:
    query = asked('from:kari -to:ola subject:"new web" company:"acme as" stage:prop -owner:kari is:unlinked has:file')
    assert query.texts == (
        TextTerm(("kari",), Place.FROM),
        TextTerm(("ola",), Place.TO, negated=True),
        TextTerm(("new", "web"), Place.SUBJECT, phrase=True),
    )
    assert query.records == (
        RecordTerm(Facet.COMPANY, "acme as"),
        RecordTerm(Facet.STAGE, "prop"),
        RecordTerm(Facet.OWNER, "kari", negated=True),
    )
    assert query.states == (StateTerm(State.UNLINKED), StateTerm(State.ATTACHMENT))
    assert asked("is:read").states == (StateTerm(State.UNREAD, negated=True),)


def test_days_begin_where_the_person_is() -> None:
    query = asked("after:2026-11-01 before:3 Nov 2026 offer")
    assert query.after == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert query.before == datetime(2026, 11, 2, 23, tzinfo=UTC)
    assert query.texts == (TextTerm(("offer",), unfinished=True),)
    assert asked("-before:2026-11-01").after == query.after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("before:zzz", "no date"),
        ("is:bogus", "is: knows unread, linked"),
        ("has:money", "has: knows attachment"),
        ("foo:bar", "“foo:” is no operator"),
        (" ".join(["word"] * 20), "first 16"),
    ],
)
def test_what_was_not_understood_is_said(text: str, said: str) -> None:
    (remark,) = asked(text).remarks
    assert said in remark


@pytest.mark.parametrize("text", ["from:", "is:", "is:unr", "before:", '-company:"', "has:att before:"])
def test_an_operator_that_is_still_typed_narrows_nothing(text: str) -> None:
    query = asked(text)
    assert not (query.texts or query.records or query.remarks or query.finds_nothing or query.before)


def test_addresses_and_links_are_words() -> None:
    assert asked("https://acme.example/x").texts[0].words == ("https", "acme", "example", "x")
    assert not asked("https://acme.example/x").remarks
    assert asked('"').finds_nothing and asked("*").finds_nothing and not asked(" ").finds_nothing


def test_completions() -> None:
    assert completions("") == tuple(f"{name}:" for name in OPERATORS)
    assert completions("offer fr") == ("from:",)
    assert completions("-is:un") == ("is:unread", "is:unlinked")
    assert completions("is:unread") == completions("offer ") == completions("from:kari") == ()
