"""Writing mail, key by key, through the real store."""

from __future__ import annotations

import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList, TextArea

from crm_model.mail import DeliveryState
from sync import queries
from sync.store import deliveries, outgoing
from sync.store.database import Store
from sync.store.outgoing import StoredOutgoing
from sync.views import DeliveryView
from tui.app import HitchpostApp
from tui.screens import compose
from tui.screens.triage import TriageScreen
from tui.widgets.header_bar import HeaderBar

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]


def mails(store: Store) -> tuple[DeliveryView, ...]:
    with store.read() as unit:
        return deliveries.listed(unit, tuple(DeliveryState))


def stored(store: Store) -> StoredOutgoing:
    (mail,) = mails(store)
    with store.read() as unit:
        found = outgoing.get(unit, mail.id)
    assert found is not None
    return found


def triage(pilot: Pilot[None]) -> TriageScreen:
    screen: Any = pilot.app.screen_stack[0]
    assert isinstance(screen, TriageScreen)
    return screen


def said(pilot: Pilot[None]) -> str:
    return triage(pilot).status.message


def complaint(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".dialog-error", Label).content)


def test_a_reply_in_few_keys(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=Yes, gladly.", "ctrl+s")
        assert said(pilot) == "Leaves in 10 s: u takes it back"
        mail = stored(floor)
        assert (mail.state, mail.draft.to) == (DeliveryState.WAITING, "Kari Nordmann <kari@fjord-design.example>")
        assert mail.draft.subject == "Re: New website 2027"
        assert mail.draft.text.startswith(
            "Yes, gladly.\n\n-- \nOla\nByrå AS\n\nOn Wed 18 Nov 2026 at 12:30, Kari Nordmann"
        )
        assert (mail.draft.in_reply_to, mail.draft.references) == ("m3@x", ("m2@x", "m3@x"))
        assert any("waiting, leaves" in line.text for line in triage(pilot).conversation.lines)
        await press(pilot, "u")
        assert said(pilot).startswith("Undone: mail to kari@")
        assert stored(floor).state is DeliveryState.DRAFT
        assert len(queries.conversation(floor, 1).messages) == 3

    play(journey)


def test_everybody_forward_and_new(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "F")
        assert pilot.app.screen.query_one("#subject", Input).value == "Fwd: Re: New website 2027"
        assert "2 of the original" in str(pilot.app.screen.query_one("#files", Label).content)
        await press(pilot, "escape")
        assert mails(floor) == (), "only looked at"
        await press(pilot, "greater_than_sign", "N")
        assert pilot.app.screen.query_one("#to", Input).value == "Kari Nordmann <kari@fjord-design.example>"
        await press(pilot, "=Lunch?", "tab", "=Monday", "ctrl+s")
        assert stored(floor).draft.record_id == 2

    play(journey)


def test_what_is_wrong_is_said_and_gets_the_cursor(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "F", "=ola at home", "ctrl+s")
        assert "is no e-mail address" in complaint(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one("#to")
        await press(pilot, "escape")
        assert said(pilot) == "Kept as a draft: O opens it"
        await press(pilot, "O", "enter", "enter")
        assert pilot.app.screen.query_one("#to", Input).value == "ola at home"
        pilot.app.screen.query_one("#to").focus()
        await press(pilot, "ctrl+u", "=ola@home.example", "ctrl+s")
        assert stored(floor).state is DeliveryState.WAITING

    play(journey)


def test_templates_fill_and_a_missing_value_stops(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "ctrl+t", "=offer", "enter")
        text = pilot.app.screen.query_one("#text", TextArea)
        assert text.text.startswith("Hei Kari,\n\nhere is New website 2027.\n\n-- \nOla")
        assert pilot.app.screen.query_one("#subject", Input).value == "Re: New website 2027"
        await press(pilot, "ctrl+t", "=town", "enter")
        assert "{{account.town}}" in complaint(pilot)
        await press(pilot, "ctrl+s")
        assert "says nothing of account.town" in complaint(pilot)
        assert {mail.state for mail in mails(floor)} <= {DeliveryState.DRAFT}
        text.text = text.text.replace("{{account.town}}", "Bergen")
        await press(pilot, "ctrl+s")
        assert stored(floor).state is DeliveryState.WAITING

    play(journey)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, without an editor."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_files_by_path_completion(floor: Store, play: Play, press: Press, home: Path) -> None:
    (home / "Documents").mkdir()
    offer = home / "Documents" / "offer 2027.pdf"
    offer.write_bytes(b"%PDF")

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "ctrl+o", "=do", "tab", "=of", "enter")
        assert "offer 2027.pdf" in str(pilot.app.screen.query_one("#files", Label).content)
        offer.unlink()
        await press(pilot, "ctrl+s")
        assert "is not there (any more); attach it again" in complaint(pilot)
        await press(pilot, "ctrl+o", "enter", "ctrl+s", "ctrl+s")  # twice, for nothing is in it any more
        assert stored(floor).draft.files == ()

    play(journey)


def test_later_and_another_account(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=x", "ctrl+r")
        assert "-- \nOla H.\n" in pilot.app.screen.query_one("#text", TextArea).text
        await press(pilot, "ctrl+l", "=mon 9", "enter")
        assert said(pilot) == "Leaves Mon 23 Nov 09:00: u takes it back"
        mail = stored(floor)
        assert mail.account == "home"
        assert mail.due_at is not None
        assert f"{mail.due_at:%Y-%m-%d %H:%M}" == "2026-11-23 08:00"

    play(journey)


def test_failed_mail_says_why_and_is_mended(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=x", "ctrl+s")
        mail = stored(floor)
        with floor.write() as unit:
            outgoing.change(unit, mail.id, state="failed", error="mx refuses the mail: 550 no\x1b[31m. Mend it.")
        await press(pilot, "f5")
        shown = " ".join(line.text for line in triage(pilot).conversation.lines)
        assert "failed: mx refuses the mail: 550 no. Mend it." in " ".join(shown.split())
        for _ in range(40):
            if "1 not sent (O)" in str(triage(pilot).query_one(HeaderBar).content):
                break
            await pilot.pause(0.1)
        else:
            raise AssertionError("nothing at the top tells of it")
        await press(pilot, "O", "enter", "down", "enter")
        assert stored(floor).state is DeliveryState.WAITING

    play(journey)


def test_the_editor_of_the_person(play: Play, press: Press, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test has no terminal to hand over: that is said, and the text stays."""
    script = home / "editor"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=typed", "ctrl+g")
        assert "Set $EDITOR" in complaint(pilot)
        monkeypatch.setenv("EDITOR", str(script))
        await press(pilot, "ctrl+g")
        assert "can't be handed to an editor" in complaint(pilot)
        assert pilot.app.screen.query_one("#text", TextArea).text.startswith("typed")

    play(journey)


def test_what_is_typed_survives_the_terminal(
    floor: Store, play: Play, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "KEEP_SECONDS", 0.05)

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=half a thou")
        await pilot.pause(0.2)
        await press(pilot)
        assert stored(floor).draft.text.startswith("half a thou")
        await press(pilot, "=ght", "ctrl+s")
        assert stored(floor).draft.text.startswith("half a thought")

    play(journey)


def test_nobody_can_send(floor: Store, app_over: Callable[[Store], HitchpostApp], play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r")
        assert "smtp_host" in said(pilot)

    play(journey, of=app_over(floor))


def test_a_draft_is_thrown_away(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "N", "=x@y.example", "escape", "O", "enter", "down", "enter")
        assert mails(floor) == ()

    play(journey)


def test_what_waits_is_taken_back_and_written_on(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "=x", "ctrl+s", "O")
        assert "waiting, leaves" in str(pilot.app.screen.query_one(OptionList).get_option_at_index(0).prompt)
        await press(pilot, "enter", "enter")
        assert pilot.app.screen.query_one("#text", TextArea).text.startswith("x")

    play(journey)


def test_an_empty_mail_leaves_only_when_asked_twice(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "ctrl+s")
        assert "Nothing is written in this mail" in complaint(pilot)
        assert {mail.state for mail in mails(floor)} <= {DeliveryState.DRAFT}
        await press(pilot, "ctrl+s")
        assert stored(floor).state is DeliveryState.WAITING

    play(journey)
