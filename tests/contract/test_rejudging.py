"""Judging what lies in the store: what is new, and all again when the rules are others; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from agent.tracking.rejudging import judge_due
from crm_model.tracking import Hit, Token, TokenKind, TrackingMode
from sync.composing.draft import Draft
from sync.store import hits, outgoing, tracked_mail
from sync.store.database import Store
from sync.store.tables import track_hits
from sync.store.tracked_mail import MintedToken, NewTracking, TrackedLink
from sync.tracking_policy import TrackingPolicy
from tests.tracked_mail import CHROME, GMAIL, HOME, OFFICE, SAFARI

NOW = datetime.now(UTC) - timedelta(days=2)
OLA = "ola@bergen.example"
POLICY = TrackingPolicy()


def send(store: Store, mark: str) -> None:
    """A mail with a pixel `open…` and two links `a…`, `b…`."""
    links = tuple(TrackedLink(place, f"https://us.example/{place}", "Prices") for place in range(2))
    tokens = (
        MintedToken(Token(f"open{mark}", TokenKind.OPEN, recipient=OLA)),
        MintedToken(Token(f"a{mark}", TokenKind.CLICK, links[0].url, OLA), 0),
        MintedToken(Token(f"b{mark}", TokenKind.CLICK, links[1].url, OLA), 1),
    )
    mode = TrackingMode.INDIVIDUAL
    with store.write() as unit:
        mail = outgoing.insert(unit, f"{mark}@us.example", Draft(account="work"), author="Kari", now=NOW)
        outgoing.change(unit, mail, state="sent", sent_at=NOW, message_id=int(mark) * 2)
        new = NewTracking(mode, mode, "consent", "", "bergen.example", links, tokens)
        tracked_mail.keep(unit, mail, new, NOW)


def fetch(store: Store, token: str, seconds: float, agent: str = CHROME, network: str = HOME) -> str:
    kind = TokenKind.OPEN if token.startswith("open") else TokenKind.CLICK
    event = f"{token} {seconds}"
    with store.write() as unit:
        hits.add(unit, [Hit(event, token, kind, NOW + timedelta(seconds=seconds), "GET", agent, network)])
    return event


def who(store: Store) -> dict[str, str]:
    with store.read() as unit:
        return {row.event: row.who for row in unit.execute(track_hits.select())}


@pytest.fixture
def sent(any_store: Store, seeds: ModuleType) -> Store:
    seeds.seed(any_store, conversations=4, people=4)
    for mark in ("1", "2"):
        send(any_store, mark)
    return any_store


def test_each_hit_is_judged_once_with_its_siblings_and_again_when_one_comes(sent: Store) -> None:
    first = fetch(sent, "a1", 4000, SAFARI)
    assert judge_due(sent, POLICY) == 1
    assert judge_due(sent, POLICY) == 0
    assert who(sent)[first] == "human"
    second = fetch(sent, "b1", 4000.5, CHROME, OFFICE)
    judge_due(sent, POLICY)
    assert who(sent) == {first: "machine", second: "machine"}


def test_all_is_judged_again_when_the_configuration_says_more_of_networks(sent: Store) -> None:
    event = fetch(sent, "a1", 4000, SAFARI, OFFICE)
    judge_due(sent, POLICY)
    assert who(sent)[event] == "human"
    assert judge_due(sent, replace(POLICY, own_networks=(OFFICE,))) == 1
    assert who(sent)[event] == "machine"
    assert judge_due(sent, POLICY) == 1
    assert who(sent)[event] == "human"


def test_a_network_that_scanned_one_mail_is_known_by_the_next(sent: Store) -> None:
    for link, seconds in (("a1", 30), ("b1", 30.3)):
        fetch(sent, link, seconds, CHROME, OFFICE)
    judge_due(sent, POLICY)
    event = fetch(sent, "a2", 5000, CHROME, OFFICE)
    person = fetch(sent, "b2", 9000, SAFARI, OFFICE)
    judge_due(sent, POLICY)
    assert (who(sent)[event], who(sent)[person]) == ("machine", "human")


def test_a_later_click_makes_a_persons_of_an_unclear_look(sent: Store) -> None:
    look = fetch(sent, "open1", 20, GMAIL)
    judge_due(sent, POLICY)
    assert who(sent)[look] == "unknown"
    fetch(sent, "a1", 4000, SAFARI)
    judge_due(sent, POLICY)
    assert who(sent)[look] == "human"
