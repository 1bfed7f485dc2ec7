"""Hits judged together: what siblings change, whatever a hit holds, and when all is judged anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.tracking.judging import Lists, OwnEntries, judge_hits, rules_version
from crm_model.tracking import Hit, Token, TokenKind, Who
from tests.tracked_mail import ADDRESS, AZURE, CHROME, CONTEXT, GMAIL, HOME, OFFICE, SAFARI, SENT, TOKENS, fetch, judged

words = st.text(max_size=30)
hits = st.builds(
    Hit,
    id=words,
    token=st.one_of(st.sampled_from(sorted(TOKENS)), words),
    kind=st.sampled_from(TokenKind),
    at=st.integers(-(10**6), 10**9).map(lambda seconds: SENT + timedelta(seconds=seconds)),
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "BREW"]),
    user_agent=st.one_of(words, st.sampled_from([CHROME, SAFARI, GMAIL, "Mozilla/5.0 Chrome/9999.0 Gecko"])),
    network=st.one_of(words, st.sampled_from([HOME, OFFICE, AZURE, "2001:db8:1::/48", "300.1.1.0/24"])),
    prefetch=st.booleans(),
)


@given(st.lists(hits, max_size=12, unique_by=lambda hit: hit.id))
def test_every_hit_gets_one_verdict_with_a_reason_in_whatever_order(found: list[Hit]) -> None:
    verdicts = judge_hits(found, CONTEXT)
    assert verdicts.keys() == {hit.id for hit in found}
    assert all(each.reasons and 0 < each.confidence < 1 and each.rules_version for each in verdicts.values())
    assert judge_hits(found[::-1], CONTEXT) == verdicts


@given(st.lists(hits, max_size=12, unique_by=lambda hit: hit.id))
def test_what_says_that_it_is_a_machine_never_becomes_a_person(found: list[Hit]) -> None:
    verdicts = judge_hits(found, CONTEXT)
    plain = [hit for hit in found if hit.method != "GET" or hit.prefetch or not hit.user_agent]
    assert all(verdicts[hit.id].who is not Who.HUMAN for hit in plain)


def test_a_later_click_turns_an_unclear_look_into_a_persons() -> None:
    early = fetch("pixel", 4, SAFARI)
    assert judged(early).who == ["unknown"]
    assert judged(early, fetch("one", 4000, SAFARI, OFFICE)).who == ["human", "human"]
    assert judged(early, fetch("one", 4000, "curl/8")).who == ["unknown", "machine"]


def test_a_burst_is_seen_when_its_second_link_comes() -> None:
    first = fetch("one", 4000, SAFARI)
    assert judged(first).who == ["human"]
    assert judged(first, fetch("two", 4000.5, CHROME, OFFICE)).who == ["machine", "machine"]


def test_another_recipients_scanner_is_none_of_mine() -> None:
    other = {name + "2": replace(each, token=name + "2", recipient="b@b.test") for name, each in TOKENS.items()}
    context = replace(CONTEXT, tokens={**TOKENS, **other})
    mine = fetch("one", 4000.2, SAFARI)
    found = judge_hits([fetch("one2", 4000), fetch("two2", 4000.5), fetch("three2", 4000.6), mine], context)
    assert found[mine.id].who is Who.HUMAN
    assert sum(each.who is Who.MACHINE for each in found.values()) == 3


def test_a_token_that_nobody_knows_is_judged_too() -> None:
    stray = Hit("x", "stray", TokenKind.CLICK, SENT + timedelta(hours=1), user_agent=CHROME, network=HOME)
    assert judge_hits([stray], replace(CONTEXT, tokens={}))["x"].who is Who.HUMAN


def test_many_hits_are_judged_in_one_go() -> None:
    many = [replace(fetch("one", 60 + place / 50), id=str(place)) for place in range(5_000)]
    assert len(judge_hits(many, CONTEXT)) == len(many)


def test_configuration_changes_the_version_of_the_rules() -> None:
    versions = {rules_version(), rules_version(Lists(OwnEntries(scanner_networks=("192.0.2.0/24",))))}
    assert len(versions) == 2
    assert rules_version() == rules_version()


def test_the_version_stands_in_the_verdict() -> None:
    token = Token("one", TokenKind.CLICK, "https://example.test", ADDRESS)
    found = judge_hits([fetch("one", 4000)], replace(CONTEXT, tokens={"one": token}))
    assert {each.rules_version for each in found.values()} == {rules_version()}
