"""Keys in haste: what random keys found, held for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.pilot import Pilot

from crm_model.mail import DeliveryState
from sync import queries
from sync.store.database import Store
from tui.layout.next_steps import many_lines
from tui.screens.help import HelpScreen
from tui.screens.triage import TriageScreen

Press = Callable[..., Awaitable[None]]
Play = Callable[..., None]


def test_a_dialog_that_is_left_twice_takes_nothing_else_with_it(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        for opened in ("question_mark", "f", "U", "l", "e"):
            await press(pilot, opened)
            dialog = pilot.app.screen
            for _ in range(3):
                pilot.app.post_message(events.Key("escape", None))
            await asyncio.sleep(0.05)
            await pilot.pause()
            assert isinstance(pilot.app.screen, TriageScreen) and dialog is not pilot.app.screen

    play(journey)


def test_a_mail_leaves_with_every_letter_that_was_typed_before_its_key(floor: Store, play: Play, press: Press) -> None:
    typed = "a letter that was pasted in haste " * 6

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "r")
        for letter in typed:
            pilot.app.post_message(events.Key("space" if letter == " " else letter, letter))
        pilot.app.post_message(events.Key("ctrl+s", None))
        await press(pilot)
        await pilot.pause(0.3)
        (mail,) = queries.outbox(floor)
        assert mail.state is DeliveryState.WAITING
        assert queries.mail_draft(floor, mail.id).text.startswith(typed.rstrip())

    play(journey)


def test_a_screen_that_has_ended_ends_no_other(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "question_mark")
        dialog = pilot.app.screen
        assert isinstance(dialog, HelpScreen)
        dialog.dismiss()
        dialog.dismiss()
        await pilot.pause()
        assert isinstance(pilot.app.screen, TriageScreen)

    play(journey)


def test_marks_without_a_step_that_fits_are_a_line_all_the_same() -> None:
    assert many_lines((), 1, 120, 2)[0].text == ""
    assert len(many_lines((), 3, 40, 1)) == 1
