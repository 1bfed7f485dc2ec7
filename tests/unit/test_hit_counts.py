"""Looks and clicks out of judged hits."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm_model.tracking import Fetcher, Hit, HitVerdict, TokenKind, Who
from sync.hit_counts import count_hits
from tests.tracked_mail import CHROME, ELSEWHERE, HOME, OFFICE, SAFARI, SENT, fetch

PERSON = HitVerdict(Who.HUMAN, Fetcher.PERSON, 0.9)
SCANNER = HitVerdict(Who.MACHINE, Fetcher.SCANNER, 0.9)
OURS = HitVerdict(Who.MACHINE, Fetcher.OURSELVES, 0.9)
PREVIEW = HitVerdict(Who.MACHINE, Fetcher.PREVIEW, 0.9)


def test_one_look_in_half_an_hour_and_one_click_in_ten_seconds() -> None:
    looks = [(fetch("pixel", seconds), PERSON) for seconds in (100, 200, 1700, 1900, 4000)]
    clicks = [(fetch("one", seconds), PERSON) for seconds in (300, 305, 311)] + [(fetch("two", 305), PERSON)]
    found = count_hits(looks + clicks)
    assert [(at - SENT).seconds for at in found.opened_at] == [100, 1900, 4000]
    assert [(at - SENT).seconds for at in found.clicked_at] == [300, 305, 311]


def test_machines_are_counted_apart_and_we_not_at_all() -> None:
    found = count_hits([(fetch("pixel", 3), SCANNER), (fetch("pixel", 60), PERSON), (fetch("pixel", 4000), OURS)])
    assert (len(found.opened_at), found.machine_opens, found.seen) == (1, 1, True)
    assert not count_hits([(fetch("pixel", 4000), OURS)]).seen


def test_a_persons_click_implies_that_he_saw_the_mail() -> None:
    assert count_hits([(fetch("one", 4000), PERSON)]).seen
    assert not count_hits([(fetch("one", 4000), SCANNER)]).seen


def test_forwards() -> None:
    desk, telephone = (fetch("one", 4000), PERSON), (fetch("one", 9000, SAFARI, OFFICE), PERSON)
    assert not count_hits([desk, telephone]).possible_forward
    mac = CHROME.replace("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
    assert count_hits([desk, telephone, (fetch("one", 90_000, mac, ELSEWHERE), PERSON)]).possible_forward
    assert count_hits([desk, (fetch("one", 9000, "Slackbot"), PREVIEW)]).possible_forward


@given(st.lists(st.integers(0, 10**5), max_size=30))
def test_a_series_never_counts_more_than_its_hits_nor_nothing(seconds: list[int]) -> None:
    hits = [
        Hit(str(n), "t", TokenKind.OPEN, SENT + timedelta(seconds=at), network=HOME) for n, at in enumerate(seconds)
    ]
    found = count_hits([(hit, PERSON) for hit in hits])
    assert bool(found.opened_at) == bool(hits)
    assert len(found.opened_at) <= len(hits)
    assert all(
        later - earlier >= timedelta(minutes=30)
        for earlier, later in zip(found.opened_at, found.opened_at[1:], strict=False)
    )
