"""Enter, 2 and 3 take the steps that the line shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot
from textual.widgets import OptionList

from sync import queries
from sync.store.database import Store
from sync.views import Mailview
from tui.screens.compose import ComposeScreen
from tui.screens.conflicts import ConflictScreen
from tui.screens.triage import TriageScreen
from tui.widgets.next_line import NextLine

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]

WEBSITE = 3


def screen(pilot: Pilot[None]) -> TriageScreen:
    found: Any = pilot.app.screen_stack[0]
    assert isinstance(found, TriageScreen)
    return found


def links_of(store: Store, thread_id: int) -> list[int]:
    return [link.record_id for link in queries.conversation(store, thread_id).links]


def lines(pilot: Pilot[None]) -> list[str]:
    """The line of next steps as it is drawn."""
    line = screen(pilot).query_one(NextLine)
    return ["".join(segment.text for segment in line.render_line(y)).strip() for y in range(line.size.height)]


def test_the_line_names_three_steps_and_why_at_80_columns(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j")
        steps, why = lines(pilot)
        assert steps == "Enter File to Service agreement   2 Spare parts portal   3 Lars Öberg"
        assert why == "– “agreement” stands in its name"

    play(journey, size=(80, 24))


def test_a_conflict_is_settled_and_the_answer_is_second(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ConflictScreen)
        await press(pilot, "escape", "2")
        assert isinstance(pilot.app.screen, ComposeScreen)

    play(journey)


def test_the_second_of_a_lead_says_no(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "2")
        assert screen(pilot).status.message.startswith("Suggestion rejected")
        assert queries.conversation(floor, 2).suggestion is None

    play(journey)


def test_what_waits_for_them_is_put_off_until_an_answer_is_due(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "G")
        assert lines(pilot)[0].startswith("Enter Put off until Mon 23 Nov")
        await press(pilot, "enter")
        assert 7 not in screen(pilot).threads.window.ids
        await press(pilot, "u")
        await pilot.pause(1.2)
        await press(pilot)
        assert 7 in screen(pilot).threads.window.ids

    play(journey)


def test_a_step_that_is_not_there_is_said(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=noise", "enter", "3")
        assert screen(pilot).status.message == "! There is no such step here."

    play(journey)


def test_all_that_are_marked_are_linked_to_one_record_and_one_undo_takes_it_back(
    floor: Store, play: Play, press: Press
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "space", "space", "l", "=website", "enter")
        assert links_of(floor, 2) == links_of(floor, 3) == [WEBSITE]
        assert screen(pilot).status.message == "Linked to New website 2027: 2 (u undoes)"
        await press(pilot, "u")
        assert links_of(floor, 2) == links_of(floor, 3) == []

    play(journey)


def test_nobody_is_said_to_be_missing_before_a_name_is_typed(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "l")
        found = pilot.app.screen.query_one(OptionList)
        assert str(found.get_option_at_index(0).prompt) == "Name, company or address"
        await press(pilot, "=nobody of this name")
        assert "No record found" in str(found.get_option_at_index(0).prompt)

    play(journey)


def test_strangers_that_are_marked_can_be_filed_with_2(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", "j", "space", "space")
        assert "2 File to a record (2 of 2)" in lines(pilot)[0]
        await press(pilot, "2", "=website", "enter")
        assert [links_of(floor, each) for each in (5, 6)] == [[WEBSITE], [WEBSITE]]

    play(journey)


def test_marked_ones_take_the_step_that_fits_most(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", "j", "space", "space", "space", "k", "k", "k")
        assert lines(pilot)[0].startswith("Enter Archive (3 of 3)")
        await press(pilot, "enter")
        assert screen(pilot).status.message == "Archived: 3 (u undoes)"
        assert len(queries.thread_ids(floor, Mailview.TRIAGE)) == 3
        await press(pilot, "u")
        assert len(queries.thread_ids(floor, Mailview.TRIAGE)) == 6

    play(journey)


def test_everything_can_be_undone_as_often_as_wanted(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        before = list(screen(pilot).threads.window.ids)
        await press(pilot, "j", "enter", "j", "2", "G", "enter", "h", "=fri", "enter", "g", "n", "=hello", "enter")
        assert list(queries.thread_ids(floor, Mailview.TRIAGE)) != before or queries.undoable(floor)
        done = len(queries.undoable(floor))
        assert done >= 4
        await press(pilot, *["u"] * done)
        assert queries.undoable(floor) == ()
        await pilot.pause(1.2)
        await press(pilot)
        assert list(screen(pilot).threads.window.ids) == before

    play(journey)
