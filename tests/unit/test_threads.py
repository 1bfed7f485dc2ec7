"""Threading laws: the same set of messages gives the same threads, whatever the order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.threads import ThreadFacts, partition

START = datetime(2026, 1, 1, tzinfo=UTC)


def fact(key: str, day: float = 0, chain: str = "", **more: Any) -> ThreadFacts:
    fields: dict[str, Any] = {"node": key, "subject": "tilbud", "sender": "kari@bygg.example", **more}
    return ThreadFacts(key=key, at=START + timedelta(days=day), chain=tuple(chain.split()), **fields)


def threads(*facts: ThreadFacts, **more: Any) -> set[frozenset[str]]:
    return {frozenset(f.key for f in group) for group in partition(facts, **more)}


def sets(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group.split()) for group in groups}


def test_siblings_of_a_missing_parent_belong_together() -> None:
    assert threads(fact("a", chain="gone"), fact("b", chain="gone"), fact("c")) == sets("a b", "c")


def test_equal_subjects_alone_bind_nothing() -> None:
    assert threads(fact("a", subject_key="k"), fact("b", 1, subject_key="k")) == sets("a", "b")


def test_a_loop_of_references_is_one_thread() -> None:
    loop = [fact("a", chain="c"), fact("b", chain="a"), fact("c", chain="b")]
    assert threads(*loop) == sets("a b c")
    assert threads(*loop, cuts={"b"}) == sets("a b c")


def test_a_hint_counts_only_for_an_id_that_is_known() -> None:
    address = "kari@bygg.example"
    assert threads(fact("a", hints=(address,)), fact("b", hints=(address,))) == sets("a", "b")
    assert threads(fact("a"), fact("b", 1, hints=("a",))) == sets("a b")
    assert threads(fact("a", hints=("r",)), fact("b", chain="r")) == sets("a b")


def test_one_message_id_on_different_mails_is_no_bond() -> None:
    first = fact("k1", node="1@localhost", subject="faktura", sender="a@x.example")
    other = fact("k2", 1, node="1@localhost", subject="møte", sender="b@y.example")
    reply = fact("r", 2, chain="1@localhost", subject="møte")
    assert threads(first, other, reply) == sets("k1", "k2 r")


def test_one_mail_twice_is_one_thread() -> None:
    assert threads(fact("k1", node="m"), fact("k2", 1, node="m")) == sets("k1 k2")


def test_a_hijacked_thread_is_cut_with_all_below() -> None:
    old = fact("a", parties=frozenset({"kari@bygg.example"}))
    hijack = fact("b", 60, chain="a", subject="sommerfest", parties=frozenset({"ola@fest.example"}))
    below = fact("c", 61, chain="a b", subject="sommerfest", parties=frozenset({"ola@fest.example"}))
    assert threads(old, hijack, below) == sets("a", "b c")


def test_another_subject_between_the_same_people_stays() -> None:
    people = frozenset({"kari@bygg.example"})
    assert threads(fact("a", parties=people), fact("b", 60, chain="a", subject="x", parties=people)) == sets("a b")


def test_a_reply_without_ids_joins_the_newest_earlier_mail_of_its_subject_and_people() -> None:
    old, new = fact("a", subject_key="k"), fact("b", 20, subject_key="k")
    reply = fact("r", 21, subject_key="k", orphan_reply=True)
    assert threads(old, new, reply) == sets("a", "b r")
    late = fact("l", 80, subject_key="k", orphan_reply=True)
    assert threads(old, late) == sets("a", "l")


def test_a_cut_takes_all_below_along_and_a_join_mends_it() -> None:
    mails = [fact("a"), fact("b", 1, "a"), fact("c", 2, "a b"), fact("d", 3, "a")]
    assert threads(*mails, cuts={"b"}) == sets("a d", "b c")
    assert threads(*mails, cuts={"b"}, joins=[("a", "c")]) == sets("a b c d")


def test_a_join_binds_strangers() -> None:
    assert threads(fact("a"), fact("b"), joins=[("a", "b")]) == sets("a b")


def test_a_ticket_tag_binds_but_not_across_a_cut() -> None:
    tag = ("ticket x.example [#12]",)
    assert threads(fact("a", tags=tag), fact("b", 1, tags=tag)) == sets("a b")
    assert threads(fact("a", tags=tag), fact("b", 1, "a", tags=tag), cuts={"b"}) == sets("a", "b")


def test_a_mailbox_binds_a_reply_that_has_lost_its_ancestors_and_nothing_else() -> None:
    first, other = fact("a", conversation="me 1"), fact("b", 1, conversation="me 1")
    assert threads(first, other) == sets("a", "b")
    assert threads(first, other, fact("r", 2, orphan_reply=True, conversation="me 1")) == sets("a", "b r")
    assert threads(first, other, fact("r", 2, "gone", conversation="me 1")) == sets("a", "b r")
    assert threads(first, other, fact("r", 2, "a", conversation="me 1")) == sets("a r", "b")
    assert threads(first, fact("r", 2, "gone", conversation="me 2")) == sets("a", "r")
    assert threads(first, fact("r", 2, "gone", conversation="me 1"), cuts={"r"}) == sets("a", "r")


ids = st.integers(0, 11).map(lambda number: f"m{number}")


@st.composite
def families(draw: st.DrawFn) -> list[ThreadFacts]:
    return [
        ThreadFacts(
            key=f"k{index}",
            node=draw(ids),
            at=START + timedelta(days=draw(st.integers(0, 90))),
            chain=tuple(draw(st.lists(ids, max_size=4, unique=True))),
            hints=tuple(draw(st.lists(ids, max_size=1))),
            tags=tuple(draw(st.lists(st.sampled_from(["tag 1", "tag 2"]), max_size=1))),
            subject=draw(st.sampled_from(["a", "b"])),
            subject_key=draw(st.sampled_from(["", "s", "t"])),
            sender=draw(st.sampled_from(["x@x.example", "y@y.example"])),
            parties=frozenset(draw(st.lists(st.sampled_from(["x", "y"]), max_size=2))),
            orphan_reply=draw(st.booleans()),
            conversation=draw(st.sampled_from(["", "me 1", "me 2"])),
        )
        for index in range(draw(st.integers(1, 12)))
    ]


@given(families(), st.frozensets(ids, max_size=2), st.lists(st.tuples(ids, ids), max_size=2), st.randoms())
def test_order_does_not_matter(
    family: list[ThreadFacts], cuts: frozenset[str], joins: list[tuple[str, str]], chance: random.Random
) -> None:
    shuffled = family.copy()
    chance.shuffle(shuffled)
    expected = threads(*family, cuts=cuts, joins=joins)
    assert threads(*shuffled, cuts=cuts, joins=joins) == expected
    assert sorted(key for group in expected for key in group) == sorted(f.key for f in family)
