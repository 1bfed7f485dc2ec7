"""Addresses as people type and paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.errors import Rejected
from crm_model.mail import Address
from sync.composing.recipients import MOST_RECIPIENTS, needs_utf8, read_recipients, show_recipients


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("ola@x.example", ["ola@x.example"]),
        ("Ola Li <ola@X.Example>; kari@x.example,", ["Ola Li <ola@x.example>", "kari@x.example"]),
        ('"Li, Ola" <ola@x.example>', ["Li, Ola <ola@x.example>"]),
        ("ola@x.example\nkari@x.example", ["ola@x.example", "kari@x.example"]),
        ("a@x.example, A@X.example", ["a@x.example"]),
        ("post@blåbær.example", ["post@xn--blbr-roah.example"]),
        ("bjørn@fjord.example", ["bjørn@fjord.example"]),
        ('"a; b" <a@x.example>; c@x.example', ["a; b <a@x.example>", "c@x.example"]),
    ],
)
def test_reads(text: str, found: list[str]) -> None:
    assert [str(each) for each in read_recipients(text, "to")] == found


@pytest.mark.parametrize(
    "text",
    ["ola", "ola@", "@x.example", "ola@x", "a@x.example b@x.example", "x@y.example, <a@x.example> b",
     "Nordmann, Kari <kari@x.example>", "a b@x.example", "a@x..example",
     "a@-x.example", "<a@x.example", "a@x.example\0", "a..b@x.example", "a@[127.0.0.1]", "a@b@c.example",
     "x" * 300 + "@x.example"],
)  # fmt: skip
def test_says_which_is_none(text: str) -> None:
    with pytest.raises(Rejected, match="is no e-mail address") as caught:
        read_recipients(f"ok@x.example, {text}", "cc")
    assert set(caught.value.field_errors) == {"cc"}


def test_a_mailing_is_refused() -> None:
    many = ", ".join(f"a{number}@x.example" for number in range(MOST_RECIPIENTS + 1))
    with pytest.raises(Rejected, match="at most 100"):
        read_recipients(many, "to")


@given(st.text(max_size=60), st.text(max_size=40))
def test_nothing_typed_gets_through_but_addresses(typed: str, name: str) -> None:
    try:
        found = read_recipients(typed, "to")
    except Rejected:
        return
    for each in found:
        assert not set("\r\n\0 <>,;") & set(each.email)
    again = read_recipients(show_recipients((Address("a@x.example", name), *found)), "to")
    assert [each.email for each in again][1:] == [each.email for each in found if each.email != "a@x.example"]


def test_only_the_local_part_may_need_utf8() -> None:
    (plain,) = read_recipients("post@blåbær.example", "to")
    (odd,) = read_recipients("bjørn@blåbær.example", "to")
    assert (needs_utf8(plain), needs_utf8(odd)) == (False, True)
