"""Tokens, hits, consents and ends put to tracking, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from crm_model.tracking import (
    ConsentState,
    Fetcher,
    Hit,
    HitVerdict,
    Purpose,
    Scope,
    Token,
    TokenKind,
    TrackingMode,
    Who,
)
from sync.composing.draft import Draft
from sync.store import consents, hits, outgoing, outposts, tracked_mail
from sync.store.consents import Consent
from sync.store.database import Store, last_seq
from sync.store.tables import threads, track_hits
from sync.store.tracked_mail import MintedToken, NewTracking, TrackedLink

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OLA = "ola@bergen.example"
PERSON = HitVerdict(Who.HUMAN, Fetcher.PERSON, 0.9, ("it stayed",), "1")
MACHINE = HitVerdict(Who.MACHINE, Fetcher.SCANNER, 0.9, ("a burst",), "1")


@pytest.fixture
def sent(any_store: Store, seeds: ModuleType) -> Store:
    """A mail of ours in conversation 1, tracked with a pixel `open1` and a link `click1`."""
    seeds.seed(any_store, conversations=2, people=4)
    with any_store.write() as unit:
        outgoing_id = outgoing.insert(unit, "ours@us.example", Draft(account="work"), author="Kari", now=NOW)
        outgoing.change(unit, outgoing_id, state="sent", sent_at=NOW, message_id=2)
        tracked_mail.keep(unit, outgoing_id, tracking("1"), NOW)
    return any_store


def tracking(mark: str, mode: TrackingMode = TrackingMode.INDIVIDUAL) -> NewTracking:
    link = TrackedLink(0, "https://us.example/prices", "Prices")
    tokens = (
        MintedToken(Token(f"open{mark}", TokenKind.OPEN, recipient=OLA)),
        MintedToken(Token(f"click{mark}", TokenKind.CLICK, link.url, OLA), 0),
    )
    return NewTracking(mode, mode, "consent", "", "bergen.example", (link,), tokens)


def hit(event: str, token: str = "open1", seconds: int = 60) -> Hit:  # noqa: S107 - no secret
    return Hit(event, token, TokenKind.OPEN, NOW + timedelta(seconds=seconds), network="203.0.113.0/24")


def add(store: Store, *found: Hit) -> int:
    with store.write() as unit:
        return hits.add(unit, found)


def settle(store: Store, verdicts: dict[str, HitVerdict]) -> None:
    with store.write() as unit:
        hits.settle(unit, verdicts)


def thread_seq(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(threads.select().where(threads.c.id == 1)).one().seq)


def test_a_hit_collected_twice_is_one_and_strange_tokens_are_only_counted(sent: Store) -> None:
    assert add(sent, hit("a"), hit("b"), hit("c", "nobody-made-this")) == 1
    assert add(sent, hit("b"), hit("a")) == 0
    with sent.read() as unit:
        [case] = hits.cases(unit, hits.unjudged(unit, "1"))
    assert [each.id for each in case.hits] == ["a", "b"]
    assert (case.sent_at, case.domain, case.mode) == (NOW, "bergen.example", TrackingMode.INDIVIDUAL)
    assert case.tokens["click1"].url == "https://us.example/prices"
    assert case.hits[0] == hit("a")


def test_a_token_that_is_fetched_in_a_loop_does_not_fill_the_store(
    sent: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "MOST_HITS", 3)
    assert add(sent, *(hit(f"a{number}") for number in range(2))) == 0
    assert add(sent, *(hit(f"b{number}") for number in range(5)), hit("c", "click1")) == 0
    with sent.read() as unit:
        assert sorted(row.event for row in unit.execute(track_hits.select())) == ["a0", "a1", "b0", "c"]


def test_a_mail_is_judged_anew_when_the_rules_are_new_or_a_sibling_comes(sent: Store) -> None:
    add(sent, hit("a"))
    settle(sent, {"a": PERSON})
    with sent.read() as unit:
        assert hits.unjudged(unit, "1") == []
        assert len(hits.unjudged(unit, "2")) == 1
    add(sent, hit("b"))
    with sent.read() as unit:
        [case] = hits.cases(unit, hits.unjudged(unit, "1"))
    assert [each.id for each in case.hits] == ["a", "b"]


def test_only_a_persons_hit_moves_the_conversation(sent: Store) -> None:
    add(sent, hit("a"))
    before = thread_seq(sent)
    settle(sent, {"a": MACHINE})
    assert thread_seq(sent) == before
    settle(sent, {"a": PERSON})
    moved = thread_seq(sent)
    assert moved > before
    settle(sent, {"a": PERSON})
    assert thread_seq(sent) == moved
    settle(sent, {"a": MACHINE})
    assert thread_seq(sent) > moved
    with sent.read() as unit:
        assert unit.execute(track_hits.select()).one().seq == 0


def test_verdicts_of_hits_that_are_gone_are_dropped(sent: Store) -> None:
    settle(sent, {"gone": PERSON})
    with sent.read() as unit:
        assert unit.execute(track_hits.select()).all() == []


def test_scanner_networks_are_remembered_by_the_recipients_domain(sent: Store) -> None:
    add(sent, hit("a"), hit("b", seconds=90))
    settle(sent, {"a": MACHINE})

    def known(domain: str, since: datetime) -> Mapping[str, frozenset[str]]:
        with sent.read() as unit:
            return hits.networks_of(unit, domain, [Fetcher.SCANNER], since)

    assert known("bergen.example", NOW) == {"203.0.113.0/24": frozenset({""})}
    assert known("bergen.example", NOW + timedelta(days=1)) == {}
    assert known("oslo.example", NOW) == {}
    assert known("", NOW) == {}


def test_minting_again_replaces_what_was_minted(sent: Store) -> None:
    with sent.write() as unit:
        assert sorted(tracked_mail.keep(unit, 1, tracking("2"), NOW)) == ["click1", "open1"]
    with sent.read() as unit:
        assert {each.token for each in tracked_mail.tokens_of(unit, 1)} == {"open2", "click2"}
        assert tracked_mail.links_of(unit, 1) == (TrackedLink(0, "https://us.example/prices", "Prices"),)


def test_nothing_is_recorded_of_what_was_revoked(sent: Store) -> None:
    with sent.write() as unit:
        tracked_mail.revoke(unit, OLA, [TokenKind.OPEN], NOW)
    assert add(sent, hit("a"), hit("b", "click1")) == 0
    with sent.write() as unit:
        [case] = hits.cases(unit, hits.unjudged(unit, "1"))
        assert [each.id for each in case.hits] == ["b"]
        assert tracked_mail.untold(unit) == ["open1"]
        tracked_mail.told(unit, ["open1"], NOW)
        assert tracked_mail.untold(unit) == []


def consent(state: ConsentState, minutes: int = 0, event: str | None = None) -> Consent:
    return Consent("Ola@Bergen.example", Purpose.OPEN, state, "form", NOW + timedelta(minutes=minutes), event=event)


def test_the_newest_answer_counts_and_all_are_kept(any_store: Store) -> None:
    with any_store.write() as unit:
        consents.add(unit, [consent(ConsentState.GIVEN, 1), consent(ConsentState.REFUSED)])
    with any_store.read() as unit:
        assert consents.states_of(unit, ["OLA@bergen.example", "else@bergen.example"]) == {
            OLA: {
                Purpose.OPEN: ConsentState.GIVEN,
                Purpose.CLICK: ConsentState.UNKNOWN,
                Purpose.MAIL: ConsentState.UNKNOWN,
            },
            "else@bergen.example": dict.fromkeys(Purpose, ConsentState.UNKNOWN),
        }
        assert [each.state for each in consents.log_of(unit, OLA)] == [ConsentState.REFUSED, ConsentState.GIVEN]
        assert [each.state for each in consents.listed(unit)] == [ConsentState.GIVEN]


def test_an_answer_from_the_outpost_is_kept_once(any_store: Store) -> None:
    for _ in range(2):
        with any_store.write() as unit:
            consents.add(unit, [consent(ConsentState.REFUSED, event="e1")])
    with any_store.read() as unit:
        assert len(consents.log_of(unit, OLA)) == 1


def test_a_suppression_outlives_the_erasing_of_the_address(any_store: Store) -> None:
    with any_store.write() as unit:
        consents.add(unit, [consent(ConsentState.REFUSED)])
        for reason in ("asked", "asked again"):
            consents.suppress(unit, "Ola@Bergen.example", Scope.MAIL, reason=reason, source="page", now=NOW)
        assert consents.forget(unit, OLA) == 1
    with any_store.write() as unit:
        [(address, [found])] = consents.suppressed(unit, [OLA, "else@bergen.example"]).items()
        assert (address, found.scope, found.reason) == (OLA, Scope.MAIL, "asked")
        assert consents.log_of(unit, OLA) == ()
        consents.lift(unit, OLA, Scope.MAIL)
        assert consents.suppressed(unit, [OLA]) == {}


def test_the_cursor_of_an_outpost_counts_what_it_could_not_use(any_store: Store) -> None:
    with any_store.write() as unit:
        assert outposts.state_of(unit, "web").cursor == ""
        outposts.note_error(unit, "web", "It does not answer.")
        outposts.move(unit, "web", "17", NOW, unknown=2, broken=1)
        outposts.move(unit, "web", "21", NOW, unknown=1)
    with any_store.read() as unit:
        state = outposts.state_of(unit, "web")
    assert (state.cursor, state.unknown_hits, state.broken_lines, state.last_error) == ("21", 3, 1, "")


def test_the_same_verdict_is_no_news(sent: Store) -> None:
    """Judging what is judged already costs no place in the order of changes."""
    add(sent, hit("a"))
    settle(sent, {"a": PERSON})
    with sent.read() as unit:
        before = last_seq(unit)
    settle(sent, {"a": PERSON})
    with sent.read() as unit:
        assert last_seq(unit) == before
