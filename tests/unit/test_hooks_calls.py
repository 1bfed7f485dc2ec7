"""What other programs tell is texts, or it is refused where it is heard."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hooks.calls import understood

CALL = {"event": "activity", "kind": "call", "email": "ida@bo.example", "text": "Hello"}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def lead(**fields: object) -> dict[str, Any]:
    return {"event": "lead", "fields": fields}


def test_texts_and_whole_numbers_are_kept_and_nothing_else_of_a_call() -> None:
    told = {**lead(email="ida@bo.example", phone=4791122333, budget=None, message="a\x00b\ud800"), "more": [[[{}]]]}
    assert understood(told) == lead(email="ida@bo.example", phone="4791122333", message="ab\ufffd")
    assert understood({**CALL, "at": "2026-11-27T14:02:00+01:00", "more": {}}) == {
        **CALL,
        "at": "2026-11-27T14:02:00+01:00",
    }


@pytest.mark.parametrize("value", [["ida@bo.example"], {"at": 1}, True, 1.5, math.nan])
@pytest.mark.parametrize("name", ["email", "text", "at"])
def test_what_is_no_text_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"text: {name}"):
        understood({**CALL, name: value})


@pytest.mark.parametrize(
    "fields", [None, [], "x", {"name": "Ida"}, {"email": " "}, {"email": "i@b.example", "\ud800": 1}]
)
def test_a_lead_without_a_way_to_answer_or_with_unknown_fields_is_refused(fields: object) -> None:
    with pytest.raises(ValueError, match="fields") as refused:
        understood({"event": "lead", "fields": fields})
    str(refused.value).encode()


@given(
    st.fixed_dictionaries(
        {"event": st.sampled_from(["lead", "activity"])},
        optional=dict.fromkeys(("fields", "kind", "email", "phone", "text", "at"), _JSON),
    )
    | st.builds(lead, email=_JSON, phone=_JSON, message=_JSON)
)
def test_whatever_is_understood_is_texts_that_a_database_holds(body: dict[str, Any]) -> None:
    try:
        found = understood(body)
    except ValueError:
        return
    texts = [text for value in found.values() for text in (value.values() if isinstance(value, dict) else [value])]
    assert all(isinstance(text, str) and "\0" not in text and text.encode() for text in texts if text)
    assert understood(json.loads(json.dumps(found))) == found
