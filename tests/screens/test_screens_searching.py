"""The search line: operators, what comes next, remarks, records that are found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from sync.store.database import Store
from tui.screens.triage import TriageScreen
from tui.widgets.found_records import FoundRecords
from tui.widgets.search_input import SearchInput
from tui.widgets.thread_list import ThreadList

Press = Callable[..., Awaitable[None]]
Play = Callable[..., None]


def triage(pilot: Pilot[None]) -> TriageScreen:
    assert isinstance(pilot.app.screen, TriageScreen)
    return pilot.app.screen


def listed(pilot: Pilot[None]) -> list[int]:
    return list(triage(pilot).threads.window.ids)


def found(pilot: Pilot[None]) -> list[str]:
    return [line.text for line in pilot.app.screen.query_one(FoundRecords).lines]


def test_operators_narrow_the_list_while_they_are_typed(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=is:suggested ")
        await pilot.pause(0.25)
        assert listed(pilot) == [2, 3]
        await press(pilot, "=from:giulia ", "enter")
        assert listed(pilot) == [2]
        assert triage(pilot).threads.has_focus and not triage(pilot).has_class("-typing")
        await press(pilot, "escape")
        assert len(listed(pilot)) > 2

    play(journey)


def test_tab_takes_the_completion_that_is_offered(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=-is:unr")
        assert found(pilot)[0] == "→ is:unread"
        await press(pilot, "tab")
        assert pilot.app.screen.query_one(SearchInput).value == "-is:unread"
        await press(pilot, "tab")
        assert isinstance(pilot.app.focused, ThreadList)

    play(journey)


def test_what_is_not_understood_is_said_and_the_rest_counts(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=before:soon from:lars ")
        await pilot.pause(0.25)
        assert found(pilot)[0].startswith("! “soon” is no date")
        assert listed(pilot) == [3]

    play(journey)


@pytest.mark.parametrize("typed", ["fjord", "22555010", "kari@fjord-design", 'company:"fjord design"'])
def test_records_are_found_by_name_address_and_phone(play: Play, press: Press, floor: Store, typed: str) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", f"={typed}")
        await pilot.pause(0.25)
        assert any("Fjord" in line or "Kari" in line for line in found(pilot)[1:])
        await press(pilot, "down", "enter")
        record = triage(pilot).sidebar.record
        assert record is not None and ("Fjord" in record.title or "Kari" in record.title)
        assert triage(pilot).sidebar.has_focus

    play(journey)


def test_a_record_shows_even_if_no_conversation_is_found(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=service agreement")
        await pilot.pause(0.25)
        assert listed(pilot) == []
        await press(pilot, "down", "enter")
        record = triage(pilot).sidebar.record
        assert record is not None and record.title == "Service agreement"
        await press(pilot, "n", "=Called", "enter")
        record = triage(pilot).sidebar.record
        assert record is not None and record.activities[0].subject == "Called"

    play(journey)


def test_the_cursor_goes_on_from_the_records_to_the_list_and_back_to_the_line(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=fjord")
        await pilot.pause(0.15)
        await press(pilot, "down", "up")
        assert isinstance(pilot.app.focused, SearchInput)
        await press(pilot, *["down"] * 8)
        assert isinstance(pilot.app.focused, ThreadList)

    play(journey)


def test_a_conversation_that_the_list_does_not_show_is_looked_for_among_all(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=is:suggested ", "enter")
        triage(pilot)._go_to(8)
        await pilot.pause(0.25)
        assert triage(pilot).threads.thread_id == 8
        assert triage(pilot).text == ""

    play(journey)
