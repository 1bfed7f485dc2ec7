"""What a person sees of the reading of their mail: people first, machines counted, and always why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from crm_model.tracking import (
    ConsentState,
    Fetcher,
    Hit,
    HitVerdict,
    Purpose,
    Token,
    TokenKind,
    TrackingMode,
    Who,
)
from sync import edits
from sync.composing.draft import Draft
from sync.store import hits, outgoing, tracked_mail
from sync.store.database import Store
from sync.store.tables import messages
from sync.store.tracked_mail import MintedToken, NewTracking, TrackedLink
from sync.tracking_policy import TrackingPolicy
from tests.screens.conftest import CLOCK, DESK, KARI, NOW
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.screens.triage import TriageScreen

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
Settle = Callable[[Pilot[None]], Awaitable[None]]
KARIS_RECORD = 2
PERSON = HitVerdict(Who.HUMAN, Fetcher.PERSON, 0.9, ("a browser, long after the mail came",), "1")
SCANNER = HitVerdict(Who.MACHINE, Fetcher.SCANNER, 0.9, ("all links within a second",), "1")


@pytest.fixture
def tracked(floor: Store) -> Store:
    """Our last mail to Kari went out an hour ago with a pixel and a link."""
    with floor.write() as unit:
        ours = messages.select().where(messages.c.direction == "outgoing", messages.c.thread_id == 1)
        message = unit.execute(ours.order_by(messages.c.id.desc())).first()
        assert message is not None
        row = outgoing.insert(unit, "ours@byraa.example", Draft(account="work"), author="Ola", now=NOW)
        sent_at = NOW - timedelta(hours=1)
        outgoing.change(unit, row, state="sent", sent_at=sent_at, message_id=message.id)
        link = TrackedLink(0, "https://byraa.example/priser", "prisene våre")
        tokens = (
            MintedToken(Token("pixel", TokenKind.OPEN, recipient=KARI[1])),
            MintedToken(Token("link", TokenKind.CLICK, link.url, KARI[1]), 0),
        )
        mode = TrackingMode.INDIVIDUAL
        tracked_mail.keep(unit, row, NewTracking(mode, mode, "consent", links=(link,), tokens=tokens), sent_at)
    edits.set_consent(
        floor, KARI[1], [Purpose.OPEN, Purpose.CLICK], ConsentState.GIVEN, source="on the phone", author="Ola"
    )
    return floor


def hear(store: Store, token: str, minutes_ago: float, verdict: HitVerdict) -> None:
    kind = TokenKind.OPEN if token == "pixel" else TokenKind.CLICK
    event = f"{token} {minutes_ago}"
    with store.write() as unit:
        hits.add(unit, [Hit(event, token, kind, NOW - timedelta(minutes=minutes_ago))])
        hits.settle(unit, {event: verdict})


def screen_of(pilot: Pilot[None]) -> TriageScreen:
    screen: Any = pilot.app.screen_stack[0]
    assert isinstance(screen, TriageScreen)
    return screen


def shown(lines: Any) -> str:
    return "\n".join(line.text for line in lines)


def test_people_come_first_and_machines_are_counted(tracked: Store, play: Play, settle: Settle) -> None:
    for minutes_ago in (59, 25):
        hear(tracked, "pixel", minutes_ago, SCANNER)
    hear(tracked, "pixel", 20, PERSON)
    hear(tracked, "link", 18, PERSON)

    async def journey(pilot: Pilot[None]) -> None:
        screen = screen_of(pilot)
        words = "opened (person, 13:40), 2 machine opens, clicked “prisene våre” (person, 13:42)"
        assert words in shown(screen.conversation.lines)
        screen.show_record(KARIS_RECORD)
        await settle(pilot)
        sidebar = shown(screen.sidebar.lines)
        assert "last opened: 13:40" in sidebar
        assert "last clicked: 13:42 “prisene våre”" in sidebar
        assert "opens: given (on the phone" in sidebar

    play(journey)


def test_a_key_says_why(tracked: Store, play: Play, press: Press) -> None:
    hear(tracked, "pixel", 59, SCANNER)
    hear(tracked, "link", 18, PERSON)

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "w")
        page = shown(pilot.app.screen.query_one("EvidencePage").lines)  # type: ignore[attr-defined]
        assert "opened: machine (scanner, 90%)" in page
        assert "all links within a second" in page
        assert "clicked “prisene våre”: person (90%)" in page

    play(journey)


def test_a_persons_open_is_told_at_once_and_a_machines_is_not(tracked: Store, play: Play, settle: Settle) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = screen_of(pilot)
        before = screen.status.message
        hear(tracked, "pixel", 30, SCANNER)
        screen.poll()
        await settle(pilot)
        assert screen.status.message == before
        hear(tracked, "link", 2, PERSON)
        screen.poll()
        await settle(pilot)
        assert screen.status.message.startswith(f"{KARI[1]} clicked “prisene våre” in “")

    play(journey)


def compose_app(store: Store, **policy: Any) -> HitchpostApp:
    identities = tuple(replace(each, html=True) for each in DESK.identities)
    desk = replace(DESK, identities=identities, tracking=TrackingPolicy("https://t.byraa.example", **policy))
    return HitchpostApp(Gateway(store, author="Ola Hansen", crm="local", clock=CLOCK, desk=desk))


def reading(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#reading", Label).content)


def test_writing_says_what_will_be_known_and_one_key_changes_it(tracked: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=Ja.")
        assert reading(pilot) == "Not tracked.  (^n otherwise)"
        await press(pilot, "ctrl+n")
        assert "It goes to one person: a count would name them." in reading(pilot)
        await press(pilot, "ctrl+n")
        assert reading(pilot) == f"Tracked: opens and clicks of {KARI[1]} (agreed).  (^n otherwise)"
        await press(pilot, "ctrl+s")

    play(journey, of=compose_app(tracked))
    with tracked.read() as unit:
        mail = outgoing.get(unit, 2)
    assert mail is not None
    assert mail.draft.tracking is TrackingMode.INDIVIDUAL


def test_writing_warns_of_who_wants_no_mail(tracked: Store, play: Play, press: Press) -> None:
    edits.set_consent(tracked, KARI[1], [Purpose.MAIL], ConsentState.REFUSED, source="a letter", author="Ola")

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r")
        assert f"{KARI[1]} has asked for no more mail." in reading(pilot)

    play(journey, of=compose_app(tracked))


def test_without_outpost_nothing_is_offered(tracked: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "ctrl+n")
        assert not pilot.app.screen.query("#reading")
        assert "no url in [tracking]" in str(pilot.app.screen.query_one(".dialog-error", Label).content)

    play(journey)
