"""A person's opens and clicks and somebody's answers are noticed once; machines', and what was there before, never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from crm_model.tracking import Fetcher, Hit, HitVerdict, Token, TokenKind, TrackingMode, Who
from sync.composing.draft import Draft
from sync.store import hits, mail_happenings, outgoing, tracked_mail
from sync.store.database import Store
from sync.store.tables import messages
from sync.store.tracked_mail import MintedToken, NewTracking, TrackedLink

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OLA = "ola@bergen.example"
PERSON = HitVerdict(Who.HUMAN, Fetcher.PERSON, 0.9, ("it stayed",), "1")
MACHINE = HitVerdict(Who.MACHINE, Fetcher.SCANNER, 0.9, ("a burst",), "1")


@pytest.fixture(params=[TrackingMode.INDIVIDUAL])
def sent(any_store: Store, seeds: ModuleType, request: pytest.FixtureRequest) -> Store:
    """A mail of ours in conversation 1, with a pixel and a link, after the first look."""
    seeds.seed(any_store, conversations=2, people=4)
    link = TrackedLink(0, "https://us.example/prices", "Prices")
    tokens = (
        MintedToken(Token("open1", TokenKind.OPEN, recipient=OLA)),
        MintedToken(Token("click1", TokenKind.CLICK, link.url, OLA), 0),
    )
    with any_store.write() as unit:
        outgoing_id = outgoing.insert(unit, "ours@us.example", Draft(account="work"), author="Kari", now=NOW)
        outgoing.change(unit, outgoing_id, state="sent", sent_at=NOW, message_id=2)
        tracking = NewTracking(request.param, request.param, "consent", "", "bergen.example", (link,), tokens)
        tracked_mail.keep(unit, outgoing_id, tracking, NOW)
    assert look(any_store) == []
    return any_store


def look(store: Store) -> list[tuple[str, str]]:
    with store.write() as unit:
        return [(each.event.value, each.key) for each in mail_happenings.notice_mail(unit)]


def hear(store: Store, event: str, token: str, verdict: HitVerdict) -> None:
    kind = TokenKind.OPEN if token.startswith("open") else TokenKind.CLICK
    with store.write() as unit:
        hits.add(unit, [Hit(event, token, kind, NOW + timedelta(hours=1))])
        hits.settle(unit, {event: verdict})


def test_a_person_s_open_and_click_are_told_once_each(sent: Store) -> None:
    hear(sent, "a", "open1", PERSON)
    hear(sent, "b", "open1", PERSON)
    hear(sent, "c", "click1", PERSON)
    assert {key for _, key in look(sent)} == {f"mail.opened:1:{OLA}", f"mail.clicked:1:{OLA}:1"}
    with sent.read() as unit:
        assert not mail_happenings.has_news(unit)
    assert look(sent) == []


def test_a_machine_s_is_told_when_it_turns_out_to_be_a_person_s(sent: Store) -> None:
    hear(sent, "a", "open1", MACHINE)
    assert look(sent) == []
    with sent.write() as unit:
        hits.settle(unit, {"a": PERSON})
    assert [event for event, _ in look(sent)] == ["mail.opened"]


@pytest.mark.parametrize("sent", [TrackingMode.AGGREGATE], indirect=True)
def test_what_is_only_counted_is_never_told(sent: Store) -> None:
    hear(sent, "a", "open1", PERSON)
    assert look(sent) == []


@pytest.mark.parametrize(
    ("verdict", "thread_id", "hours", "told"),
    [
        ("other", 1, 2, True),
        ("enquiry", 1, 2, True),
        ("auto_reply", 1, 2, False),
        ("bounce", 1, 2, False),
        ("other", 2, 2, False),
        ("other", 1, -2, False),
    ],
)
def test_an_answer_is_somebody_s_in_the_conversation_of_a_mail_of_ours(
    sent: Store, verdict: str, thread_id: int, hours: int, told: bool
) -> None:
    with sent.write() as unit:
        unit.execute(
            messages.insert().values(
                id=900,
                key="k900",
                thread_id=thread_id,
                node="n900",
                thread_facts={},
                subject="Re: Prices",
                from_email=OLA,
                recipients=[],
                received_at=NOW + timedelta(hours=hours),
                direction="incoming",
                attachments=[],
                verdict=verdict,
                outcome="held",
                reasons=[],
            )
        )
    assert look(sent) == ([("mail.replied", "mail.replied:900")] if told else [])
    with sent.read() as unit:
        assert not mail_happenings.has_news(unit)
