"""The sidebar worked in where it stands: values, picklists, refusals, history, conflicts, folding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot
from textual.widgets import Input, Label

from sync import edits, queries
from sync.store.database import Store
from tui.app import HitchpostApp
from tui.lines import FieldTarget, SectionTarget, Target
from tui.screens.triage import TriageScreen
from tui.widgets.place_editor import PlaceEditor
from tui.widgets.sidebar import Sidebar

Press = Callable[..., Awaitable[None]]
Play = Callable[..., None]
DEAL = 3


def sidebar(pilot: Pilot[None]) -> Sidebar:
    assert isinstance(pilot.app.screen, TriageScreen)
    return pilot.app.screen.sidebar


async def choose(pilot: Pilot[None], press: Press, target: Target) -> None:
    await press(pilot, "tab", "tab")
    for _ in range(40):
        if sidebar(pilot).target == target:
            return
        await press(pilot, "j")
    raise AssertionError(f"no line for {target}")


def value(store: Store, name: str) -> str:
    return next(field.display for field in queries.record(store, DEAL).fields if field.spec.name == name)


def told(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(PlaceEditor).query_one(Label).content)


def lines(pilot: Pilot[None]) -> list[str]:
    return [line.text for line in sidebar(pilot).lines]


def test_a_date_is_typed_over_its_value_and_checked_while_it_is(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await choose(pilot, press, FieldTarget("close_date"))
        await press(pilot, "enter")
        editor = pilot.app.screen.query_one(PlaceEditor)
        line = editor.query_one(Input)
        assert line.has_focus and line.value == "2026-12-11"
        assert editor.region.y == sidebar(pilot).content_region.y + (sidebar(pilot).place_of("close_date") or 0)
        await press(pilot, "home", "=x")
        assert "is no date" in told(pilot)
        await press(pilot, "enter")
        assert editor.is_open and value(floor, "close_date") == "2026-12-11"
        await press(pilot, "delete", *["backspace"], "ctrl+k", "=fri", "enter")
        assert value(floor, "close_date") == "2026-11-20"
        assert not editor.is_open and sidebar(pilot).has_focus
        await press(pilot, "u")
        assert value(floor, "close_date") == "2026-12-11"

    play(journey)


def test_a_picklist_is_chosen_by_typing_or_with_arrows(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await choose(pilot, press, FieldTarget("stage"))
        await press(pilot, "enter")
        assert told(pilot).startswith("[New] · Qualified")
        await press(pilot, "=o", "down")
        assert "[" in told(pilot)
        await press(pilot, "backspace", "=won", "enter")
        assert value(floor, "stage") == "Won"
        await press(pilot, "enter", "=nothing like it", "enter")
        assert "none of the values" in told(pilot)
        await press(pilot, "escape")
        assert value(floor, "stage") == "Won"

    play(journey)


def test_what_is_refused_stays_to_be_mended(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await choose(pilot, press, FieldTarget("probability"))
        edits.change_record(floor, DEAL, {"probability": 40}, {"probability": 30}, "Siri")
        await press(pilot, "enter", "home", "ctrl+k", "=400", "enter")
        assert "from 0 to 100" in told(pilot)
        await press(pilot, "backspace", "enter")
        assert value(floor, "probability") == "40"

    play(journey)


def test_the_history_of_a_field_opens_under_it(floor: Store, play: Play, press: Press) -> None:
    edits.change_record(floor, DEAL, {"stage": "qualified"}, {"stage": "proposal"}, "Siri\x1b[2J")

    async def journey(pilot: Pilot[None]) -> None:
        await choose(pilot, press, FieldTarget("stage"))
        await press(pilot, "H")
        shown = " ".join(line.strip() for line in lines(pilot))
        assert "Siri: Proposal sent → Qualified" in shown
        await press(pilot, "H")
        assert not any("→ Qualified" in line for line in lines(pilot))
        await press(pilot, "j", "H")
        assert any("no change of it is known" in line for line in lines(pilot))

    play(journey)


def test_a_conflict_is_settled_on_its_line(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await choose(pilot, press, FieldTarget("amount"))
        assert any("m keeps mine" in line for line in lines(pilot))
        await press(pilot, "t")
        assert value(floor, "amount") == "465000.00"
        assert queries.record(floor, DEAL).conflicts == ()
        await press(pilot, "t")  # with nothing to settle the key means a task again
        assert pilot.app.screen.has_class("-entering")
        await press(pilot, "escape")

    play(journey)


def test_sections_fold_and_stay_folded(
    floor: Store, play: Play, press: Press, app_over: Callable[[Store], HitchpostApp]
) -> None:
    async def fold(pilot: Pilot[None]) -> None:
        assert any("Send the contract" in line for line in lines(pilot))
        await choose(pilot, press, SectionTarget("activities"))
        await press(pilot, "enter")
        assert not any("Send the contract" in line for line in lines(pilot))
        assert any(line.startswith("▸ Activities (4)") for line in lines(pilot))

    async def again(pilot: Pilot[None]) -> None:
        assert any(line.startswith("▸ Activities (4)") for line in lines(pilot))
        await choose(pilot, press, SectionTarget("activities"))
        await press(pilot, "enter")
        assert any("Send the contract" in line for line in lines(pilot))

    play(fold)
    play(again, of=app_over(floor))


def test_files_and_past_deals_are_around(floor: Store, play: Play, press: Press) -> None:
    edits.change_record(floor, 7, {"stage": "lost"}, {"stage": "new"}, "Siri")

    async def journey(pilot: Pilot[None]) -> None:
        assert any("requirements v2.docx" in line for line in lines(pilot))
        assert isinstance(pilot.app.screen, TriageScreen)
        pilot.app.screen.show_record(6)
        await press(pilot, "tab")
        assert any(line.startswith("Past opportunities") for line in lines(pilot))
        assert any("Spare parts portal" in line for line in lines(pilot))

    play(journey)
