"""Every view of the list: what it holds, what stands beside it, and that its keys work there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from crm_model.mail import DeliveryState
from sync import desk_queries, queries
from sync.desk_views import Deskview, SavedView
from sync.store.database import Store, next_seq
from sync.store.tables import mail_accounts, outgoing, threads
from sync.views import Mailview
from tui.gateway import Gateway
from tui.screens.choice_picker import ChoicePicker
from tui.screens.compose import ComposeScreen
from tui.screens.conflicts import ConflictScreen
from tui.screens.triage import TriageScreen
from tui.widgets.header_bar import VIEW_WORDS, HeaderBar
from tui.widgets.next_line import NextLine

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
WEBSITE, PORTAL, HAAKON = 3, 7, 8
NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)


def screen(pilot: Pilot[None]) -> TriageScreen:
    found: Any = pilot.app.screen_stack[0]
    assert isinstance(found, TriageScreen)
    return found


def drawn(pilot: Pilot[None]) -> list[str]:
    """The list as it is drawn."""
    rows = screen(pilot).threads
    return ["".join(segment.text for segment in rows.render_line(y)).strip(" ▌") for y in range(rows.size.height)]


def header(pilot: Pilot[None]) -> str:
    return str(screen(pilot).query_one(HeaderBar).content)


def test_opportunities_by_stage_with_sums(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "P")
        lines = drawn(pilot)
        assert lines[0].startswith("All open opportunities (3)")
        assert lines[1] == "786\N{NO-BREAK SPACE}000, weighted 144\N{NO-BREAK SPACE}000"
        assert lines[2].startswith("New (1)")
        assert screen(pilot).threads.key == PORTAL, "no heading is chosen"
        await press(pilot, "G")
        assert screen(pilot).threads.key == WEBSITE
        assert screen(pilot).opened and screen(pilot).opened.conversation.thread.id == 1
        await press(pilot, "s", "=qualified", "enter")
        await pilot.pause(1.2)
        await press(pilot)
        assert screen(pilot).threads.key == WEBSITE, "the chosen one stays chosen in its new stage"
        assert desk_queries.open_pipeline(floor).headings[-3].count == 2
        await press(pilot, "g")
        assert screen(pilot).threads.key == PORTAL

    play(journey)


def test_a_lead_is_worked_on_in_its_list(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=leads", "enter")
        assert screen(pilot).threads.key == HAAKON
        await press(pilot, "n", "=met him", "enter")
        assert any(row.subject == "met him" for row in queries.record(floor, HAAKON).activities)
        await press(pilot, "space")
        assert screen(pilot).status.message == "! Only conversations can be marked."
        await press(pilot, "a")
        assert queries.conversation(floor, 7).thread.archived
        await press(pilot, "T")
        assert screen(pilot).view is Mailview.TRIAGE
        assert screen(pilot).threads.thread_id == 1

    play(journey)


def test_a_record_that_nobody_wrote_about(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "P")
        assert screen(pilot).the_conversation() is None
        assert screen(pilot).sidebar.record and screen(pilot).sidebar.record.id == PORTAL
        await press(pilot, "l", "m", "h", "=fri call", "enter")
        (task,) = queries.record(floor, PORTAL).activities
        assert (task.kind, task.subject) == ("task", "call")
        await press(pilot, "u")
        assert queries.record(floor, PORTAL).activities == ()

    play(journey)


def test_sent_mail_with_its_state(floor: Store, play: Play, press: Press) -> None:
    with floor.write() as unit:
        for number, state in enumerate((DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DRAFT), 1):
            draft = {"to": "kari@fjord-design.example", "subject": f"Mail {number}", "thread_id": 1}
            error = "no such user" if state is DeliveryState.FAILED else ""
            row = {"node": f"n{number}@x", "account": "work", "draft": draft, "recipients": [], "error": error}
            unit.execute(outgoing.insert().values(**row, state=state.value, created_at=NOW))

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=sent", "enter")
        lines = drawn(pilot)
        assert [line for line in lines if line][1] == "failed: no such user · Mail 2"
        assert lines[3] == "sent · Mail 1"
        assert screen(pilot).opened and screen(pilot).opened.conversation.thread.id == 1
        await press(pilot, "slash", "=mail 1", "enter")
        assert list(screen(pilot).threads.window.ids) == [1]

    play(journey)


def test_problems_of_every_sort(floor: Store, play: Play, press: Press) -> None:
    with floor.write() as unit:
        unit.execute(mail_accounts.update().values(last_error="run: hitchpost mailbox test work", login_needed=True))

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=problems", "enter")
        assert drawn(pilot)[0] == "! sign in work"
        line = screen(pilot).query_one(NextLine)
        assert "hitchpost mailbox test work" in "".join(segment.text for segment in line.render_line(0))
        await press(pilot, "j", "enter")
        assert isinstance(pilot.app.screen, ConflictScreen)

    play(journey)


def test_enter_on_mail_that_did_not_leave_opens_it_and_not_only_its_conversation(
    floor: Store, play: Play, press: Press
) -> None:
    with floor.write() as unit:
        draft = {"to": "kari@fjord-design.example", "subject": "The offer", "text": "Hei", "account": "work"}
        row = {"node": "n1@x", "account": "work", "draft": draft, "recipients": [], "error": "no such user"}
        unit.execute(outgoing.insert().values(**row, state=DeliveryState.FAILED.value, created_at=NOW))

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=problems", "enter")
        place = next(number for number, line in enumerate(drawn(pilot)) if "! not sent" in line) // 2
        await press(pilot, *["j"] * place)
        line = screen(pilot).query_one(NextLine)
        assert "Enter Mend the mail" in "".join(segment.text for segment in line.render_line(0))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ChoicePicker)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ComposeScreen)
        assert pilot.app.screen.draft.subject == "The offer"

    play(journey)


def test_who_owes_whom(floor: Store, play: Play, press: Press) -> None:
    with floor.write() as unit:
        old = NOW - timedelta(days=3)
        unit.execute(threads.update().where(threads.c.id == 1).values(last_at=old))

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "f", "=we owe", "enter")
        assert list(screen(pilot).threads.window.ids) == [1]
        await press(pilot, "f", "=going", "enter")
        assert list(screen(pilot).threads.window.ids) == [7]

    play(journey)


def test_a_view_is_kept_and_forgotten(floor: Store, gateway: Gateway, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", "=kari", "enter", "V", "=Kari", "enter")
        assert gateway.saved_views() == (SavedView("Kari", Mailview.TRIAGE, "kari"),)
        assert " Kari " in header(pilot)
        await press(pilot, "escape", "escape", "T")
        assert " Triage " in header(pilot)
        assert len(screen(pilot).threads.window) == 6
        await press(pilot, "f", "=kari", "enter")
        assert screen(pilot).text == "kari"
        assert list(screen(pilot).threads.window.ids) == [1]
        await press(pilot, "V", "ctrl+u", "enter")
        assert gateway.saved_views() == ()

    play(journey)


def test_every_view_can_be_walked_through(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        for view in [*list(VIEW_WORDS)[1:], Mailview.TRIAGE]:
            await press(pilot, "right_square_bracket")
            assert screen(pilot).view is view
            assert not screen(pilot).status.message.startswith("!")
        assert {*Mailview, *Deskview} == set(VIEW_WORDS)

    play(journey, size=(80, 24))


def test_the_place_stays_when_data_changes_under_it(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", "j")
        chosen, at = screen(pilot).threads.thread_id, screen(pilot).threads.cursor
        with floor.write() as unit:
            unit.execute(threads.update().where(threads.c.id == 8).values(archived_at=None, last_at=NOW))
            unit.execute(threads.update().where(threads.c.id == 8).values(seq=next_seq(unit)))
        await pilot.pause(1.6)
        await press(pilot)
        assert screen(pilot).threads.thread_id == chosen
        assert screen(pilot).threads.cursor == at + 1

    play(journey)
