"""Ids as text, and packed sets of them."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from sync.mailboxes.idsets import PackedNames, PackedNumbers, to_bytes, to_text


@given(st.binary(), st.binary())
def test_names_go_through_text_and_back(name: bytes, other: bytes) -> None:
    text = to_text(name)
    assert to_bytes(text) == name
    assert "\0" not in text
    text.encode()
    assert (to_text(other) == text) == (other == name)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]))), st.text())
def test_packed_names_are_a_set(names: set[str], other: str) -> None:
    packed = PackedNames(names)
    assert set(packed) == names
    assert len(packed) == len(names)
    assert all(name in packed for name in names)
    assert (other in packed) == (other in names)


@given(st.sets(st.integers(1, 2**32 - 1)), st.integers(1, 2**32 - 1))
def test_packed_numbers_are_a_set(numbers: set[int], other: int) -> None:
    packed = PackedNumbers(array("Q", sorted(numbers)))
    assert set(packed) == set(map(str, numbers))
    assert (str(other) in packed) == (other in numbers)
    assert "x" not in packed
