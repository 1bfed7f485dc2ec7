"""What lies in the spool comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.tracking import Hit, TokenKind
from crm_model.web_events import (
    Confirmation,
    IncomingHook,
    OptOut,
    Submission,
    UploadedFile,
    WebEvent,
    pack_event,
    unpack_event,
)

AT = datetime(2026, 11, 27, 14, 2, tzinfo=UTC)

offsets = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.builds(datetime.fromtimestamp, st.integers(0, 4 * 10**9), offsets)
words = st.text(max_size=20)
files = st.builds(UploadedFile, words, words, words, st.integers(min_value=0))
events = st.one_of(
    st.builds(Hit, words, words, st.sampled_from(TokenKind), moments, user_agent=words, prefetch=st.booleans()),
    st.builds(OptOut, words, moments, words, st.booleans(), st.booleans()),
    st.builds(Submission, words, moments, words, st.dictionaries(words, words), files=st.lists(files).map(tuple)),
    st.builds(Confirmation, words, moments, words),
    st.builds(IncomingHook, words, moments, words, st.dictionaries(words, words)),
)


@given(event=events)
def test_an_event_survives_the_spool(event: WebEvent) -> None:
    assert unpack_event(pack_event(event)) == event


def test_what_a_later_version_adds_is_passed_over() -> None:
    packed = pack_event(Confirmation("c1", AT, "s1")) | {"mood": "fine"}
    assert unpack_event(packed) == Confirmation("c1", AT, "s1")


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"type": "parade", "id": "1", "at": AT.isoformat()},
        {"type": "hit", "id": "1", "at": AT.isoformat(), "token": "t"},
        {"type": "confirmation", "id": "1", "at": "0001-01-01T00:00:00+02:00", "submission": "s"},
        {"type": "hit", "id": "1", "at": "yesterday", "token": "t", "kind": "open"},
        {"type": "hit", "id": "1", "at": AT.isoformat(), "token": "t", "kind": "sniff"},
        {"type": "submission", "id": "1", "at": AT.isoformat(), "form": "f", "values": {}, "files": [["short"]]},
    ],
)
def test_what_is_no_event_is_refused(packed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="event"):
        unpack_event(packed)
