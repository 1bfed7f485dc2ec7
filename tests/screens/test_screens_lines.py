"""What is written in one line at the bottom: notes, calls, tasks, next touches; and what comes of it when it is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from textual.pilot import Pilot
from textual.widgets import Label

from sync import edits, queries
from sync.edits import Wish
from sync.store.database import Store
from sync.viewer import Viewer
from sync.views import Mailview
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.notices import NoticeWay
from tui.screens.triage import TriageScreen
from tui.times import Clock
from tui.widgets.entry_line import EntryLine
from tui.widgets.next_line import NextLine

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
OLA, WEBSITE, HAAKON = "Ola Hansen", 3, 8


def screen(pilot: Pilot[None]) -> TriageScreen:
    found: Any = pilot.app.screen_stack[0]
    assert isinstance(found, TriageScreen)
    return found


def means(pilot: Pilot[None]) -> str:
    return str(screen(pilot).query_one("#means", Label).content).strip()


def best(pilot: Pilot[None]) -> str:
    """The line of next steps as it is drawn."""
    line = screen(pilot).query_one(NextLine)
    return "".join(segment.text for segment in line.render_line(0)).strip()


def pending(store: Store, record_id: int, kind: str) -> Any:
    return next(row for row in queries.record(store, record_id).activities if row.pending and row.kind == kind)


def test_two_keys_and_the_words(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "n", "=likes green", "enter", "p", "=yesterday 14: rang", "enter")
        await press(pilot, "t", "=fri 9 send", "enter")
        assert pending(floor, WEBSITE, "note").subject == "likes green"
        call, task = pending(floor, WEBSITE, "call"), pending(floor, WEBSITE, "task")
        assert (call.subject, f"{call.at:%d %H:%M}") == ("rang", "17 13:00")
        assert (task.subject, f"{task.due_at:%d %H:%M}") == ("send", "20 08:00")
        assert screen(pilot).status.message == "Task made (u undoes)"
        await press(pilot, "u")
        assert all(row.subject != "send" for row in queries.record(floor, WEBSITE).activities)

    play(journey)


def test_the_line_says_what_it_would_do(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "t")
        assert "fri 9 send the contract" in means(pilot)
        await press(pilot, "=neste tirsdag ring")
        assert means(pilot) == "due Tue 24 Nov 09:00 · ring"
        await press(pilot, "escape")
        assert not screen(pilot).query_one(EntryLine).is_open
        assert screen(pilot).threads.has_focus
        await press(pilot, "h", "=soon", "enter")
        assert means(pilot) == "! Begin with a day: fri 9, +2w, 22 Nov, neste tirsdag."
        await press(pilot, "tab", "escape", "n", "enter")
        assert means(pilot) == "! Write something first."

    play(journey)


def test_what_has_no_record_takes_no_note_and_runs_no_command(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        before = list(screen(pilot).threads.window.ids)
        await press(pilot, "j", "j", "j", "n", "=a note", "enter")
        assert means(pilot) == "! No record is shown: link one (l) or make a lead (c)."
        await press(pilot, "escape")
        assert list(screen(pilot).threads.window.ids) == before
        assert queries.undoable(floor) == ()

    play(journey)


def test_down_gives_more_room_with_what_is_written(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "n", "=first", "down", "enter", "=second", "ctrl+s")
        assert pending(floor, WEBSITE, "note").body == "first\nsecond"

    play(journey)


def test_put_off_with_words_is_a_task_of_the_lead(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "G", "h", "=+2w ask again", "enter")
        assert 7 not in screen(pilot).threads.window.ids
        assert pending(floor, HAAKON, "task").subject == "ask again"
        await press(pilot, "u")
        await pilot.pause(1.2)
        await press(pilot)
        assert list(screen(pilot).threads.window.ids)[-1] == 7

    play(journey)


def test_marked_ones_are_put_off_together(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "G", "space", "k", "space", "h", "=mon", "enter")
        assert screen(pilot).status.message == "Put off: 2 (u undoes)"
        assert len(screen(pilot).threads.window.ids) == 4

    play(journey)


def test_what_is_due_stands_first_and_enter_deals_with_it(
    floor: Store, gateway: Gateway, play: Play, press: Press
) -> None:
    now = gateway.clock.now()
    edits.set_next_touch(floor, 7, Wish(now - timedelta(hours=1), now.date(), "ring Håkon"), OLA, record_id=HAAKON)

    async def journey(pilot: Pilot[None]) -> None:
        assert screen(pilot).threads.thread_id == 7
        assert best(pilot).startswith("Enter Done: ring Håkon")
        await press(pilot, "enter")
        assert queries.due_threads(floor, gateway.viewer) == ()
        assert queries.record(floor, HAAKON).activities[0].done

    play(journey)


def test_a_due_one_is_told_once(floor: Store, gateway: Gateway, play: Play, press: Press) -> None:
    start = gateway.clock.now()
    edits.set_next_touch(floor, 7, Wish(start + timedelta(minutes=1), start.date()), OLA)
    time = [start]
    later = Gateway(floor, author=OLA, crm="local", clock=Clock(lambda: time[0], gateway.clock.zone))
    app = HitchpostApp(later, notify=NoticeWay.OSC9)

    async def journey(pilot: Pilot[None]) -> None:
        assert 7 not in screen(pilot).threads.window.ids
        time[0] += timedelta(minutes=2)
        driver: Any = pilot.app._driver
        with patch.object(driver, "write") as written:
            await press(pilot, "f5", "f5")
        told = [call.args[0] for call in written.call_args_list if "\x1b]9;" in call.args[0]]
        assert told == ["\x1b]9;a conversation is due\a"]
        assert screen(pilot).threads.window.ids[0] == 7
        assert screen(pilot).threads.row is not None

    play(journey, of=app)


def test_put_off_and_due_are_views(floor: Store, gateway: Gateway, play: Play, press: Press) -> None:
    edits.set_next_touch(floor, 7, Wish(gateway.clock.now() + timedelta(days=3), gateway.clock.now().date()), OLA)

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=put off", "enter")
        assert list(screen(pilot).threads.window.ids) == [7]

    play(journey)
    assert list(queries.thread_ids(floor, Mailview.LATER, viewer=Viewer("Kari", gateway.clock.now()))) == []
