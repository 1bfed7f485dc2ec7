"""What is on the screen while reading: panes, marks, folding, search, filters, news from other processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from sync.store.database import Store, next_seq
from sync.store.schema import open_store
from sync.store.tables import messages, threads
from tui.app import HitchpostApp
from tui.gateway import Configured, Gateway, Mailview
from tui.keymap import use_keys
from tui.screens.triage import TriageScreen

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
Settle = Callable[[Pilot[None]], Awaitable[None]]


def triage(pilot: Pilot[None]) -> TriageScreen:
    screen: Screen[Any] = pilot.app.screen_stack[0]
    assert isinstance(screen, TriageScreen)
    return screen


def list_text(screen: TriageScreen) -> str:
    return "\n".join(screen.threads.render_line(y).text.rstrip() for y in range(screen.threads.size.height))


def sidebar_text(screen: TriageScreen) -> str:
    return "\n".join(line.text.rstrip() for line in screen.sidebar.lines)


def conversation_text(screen: TriageScreen) -> str:
    return "\n".join(line.text.rstrip() for line in screen.conversation.lines)


def test_first_paint_shows_the_newest_conversation_and_its_record(play: Play) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        assert "Kari Nordmann 3" in list_text(screen)
        assert "requirements v2.docx" in conversation_text(screen)
        for words in ("New website 2027", "Proposal sent", "pending", "conflict", "Send the contract", "due Fri"):
            assert words in sidebar_text(screen)

    play(journey)


def test_every_message_says_what_it_is_and_why(play: Play) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        assert "enquiry 93% · linked · kari@fjord-design.example is known" in conversation_text(triage(pilot))

    play(journey)


def test_marks_stand_for_themselves_without_colour(play: Play) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        rows = list_text(triage(pilot)).split("\n")
        assert rows[0].startswith("▌●@")  # chosen, unread, attachments
        assert rows[1].startswith("▌◆←")  # linked, our turn
        assert rows[3].startswith(" ?←")  # to decide
        assert any(row.startswith(" ◆→") for row in rows)  # their turn

    play(journey)


def test_the_question_shows_the_proposed_lead_and_the_candidates(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j")
        lead = sidebar_text(triage(pilot))
        assert "New lead?" in lead
        assert "Conti Arredi Srl" in lead
        assert "names a budget" in lead
        await press(pilot, "j")
        choice = sidebar_text(triage(pilot))
        assert "1  Opportunity: Service agreement 61%" in choice
        assert "“agreement” stands in its name" in choice
        assert "3  Contact: Lars Öberg 17%" in choice

    play(journey)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_nothing_from_a_mail_reaches_the_terminal_raw(size: tuple[int, int], play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", "j", "j")
        screen = triage(pilot)
        shown = list_text(screen) + conversation_text(screen) + sidebar_text(screen)
        assert "Eve [bold]Mallory[/]" in shown
        assert "[red]boo[/red]" in shown
        assert not set("\x1b\x07\x00\u202e\u202c") & set(shown)

    play(journey, size=size)


def test_panes_collapse_in_a_narrow_terminal(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        assert screen.conversation.display
        assert not screen.sidebar.display
        await press(pilot, "tab", "tab")
        assert screen.sidebar.has_focus
        assert not screen.conversation.display
        await press(pilot, "tab")
        assert screen.threads.has_focus
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert screen.conversation.display
        assert screen.sidebar.display

    play(journey, size=(80, 24))


def test_search_as_you_type_and_back(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        await press(pilot, "slash", "=brian")
        await pilot.pause(0.2)
        assert list_text(screen).strip("\n").count("\n") == 1  # one conversation, two lines
        assert "Giulia Conti" in list_text(screen)
        await press(pilot, "enter")
        assert screen.threads.has_focus
        await press(pilot, "escape")
        assert "Kari Nordmann" in list_text(screen)

    play(journey)


def test_every_filter_can_be_shown(play: Play, press: Press, settle: Settle) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        counts = {}
        for view in Mailview:
            screen.show_view(view)
            await settle(pilot)
            counts[view] = len(screen.threads.window)
        assert counts[Mailview.ALL] == 8
        assert (counts[Mailview.ARCHIVED], counts[Mailview.NOISE], counts[Mailview.SUGGESTED]) == (1, 1, 2)
        screen.show_view(Mailview.TRIAGE)
        await press(pilot, "f", "=arch", "enter")
        assert screen.view is Mailview.ARCHIVED
        assert "Invoice 20244" in list_text(screen)
        await press(pilot, "right_square_bracket")
        assert screen.view is Mailview.ALL

    play(journey)


def test_moving_with_vim_keys_arrows_and_ends(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        await press(pilot, "j", "down", "k")
        assert screen.threads.cursor == 1
        await press(pilot, "G")
        assert screen.threads.cursor == 5
        await press(pilot, "g", "o", "J")
        assert screen.conversation.has_focus
        assert screen.threads.cursor == 1
        await press(pilot, "escape", "K")
        assert screen.threads.cursor == 0

    play(journey)


def test_messages_are_stepped_through(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        assert screen.conversation.message_id == 3  # the first unread one
        await press(pilot, "left_curly_bracket", "left_curly_bracket", "left_curly_bracket")
        assert screen.conversation.message_id == 1
        await press(pilot, "right_curly_bracket")
        assert screen.conversation.message_id == 2

    play(journey)


def test_a_record_is_followed_in_the_sidebar_and_left_again(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        await press(pilot, "greater_than_sign")
        assert "Contact · " in sidebar_text(screen)
        await press(pilot, "escape")
        assert screen.sidebar.record
        assert screen.sidebar.record.id == 3

    play(journey)


def test_help_names_every_key(play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "question_mark")
        page = pilot.app.screen.query_one("HelpPage")
        text = "\n".join(line.text for line in page.lines)  # type: ignore[attr-defined]
        for words in ("Take the best next step", "Undo the last action", "Convert the lead", "our turn"):
            assert words in text
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, TriageScreen)

    play(journey)


def test_the_palette_has_every_command(app: HitchpostApp, play: Play) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        titles = {command.title for command in app.get_system_commands(triage(pilot))}
        assert {"Archive, or take back from the archive", "Convert the lead", "Search as you type"} <= titles

    play(journey)


def test_keys_can_be_remapped(gateway: Gateway, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        assert "f1 help" in str(triage(pilot).status.render()).lower()
        await press(pilot, "f1")
        page = pilot.app.screen.query_one("HelpPage")
        assert "F1 " in "\n".join(line.text for line in page.lines)  # type: ignore[attr-defined]

    play(journey, of=HitchpostApp(gateway, keymap={"help": "f1"}))
    use_keys({})


def test_new_mail_appears_within_two_seconds_and_the_place_is_kept(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        await press(pilot, "j", "j")
        chosen = screen.threads.thread_id
        _mail_comes(floor)
        await pilot.pause(2)
        assert "Brand new" in list_text(screen)
        assert screen.threads.thread_id == chosen
        assert screen.threads.cursor == 3
        assert "Lars" in conversation_text(screen)

    play(journey)


def test_a_changed_row_is_drawn_anew(floor: Store, play: Play) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        with floor.write() as unit:
            unit.execute(
                threads.update().where(threads.c.id == 1).values(subject="Renamed by another", seq=next_seq(unit))
            )
        await pilot.pause(2)
        assert "Renamed by another" in list_text(screen)

    play(journey)


def test_another_database_under_way_is_a_line_and_the_screen_recovers(
    gateway: Gateway, play: Play, press: Press
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        screen = triage(pilot)
        good, gateway._store = gateway._store, open_store(f"sqlite:///{gateway._store.place}.other")
        await press(pilot, "j")  # that conversation is not there
        assert screen.status.message.startswith("! ")
        gateway._store.close()
        gateway._store = good
        await pilot.pause(2.5)
        await press(pilot, "g", "j")
        assert "Giulia" in conversation_text(screen)

    play(journey)


def _mail_comes(store: Store) -> None:
    with store.write() as unit:
        row = dict(unit.execute(threads.select().where(threads.c.id == 1)).one()._mapping)
        row.update(id=99, family_id=99, subject="Brand new", people="Somebody", seq=next_seq(unit), linked=False)
        row["last_at"] = row["last_at"].replace(hour=12, minute=59)
        unit.execute(threads.insert().values(**row))
        mail = dict(unit.execute(messages.select().where(messages.c.id == 4)).one()._mapping)
        mail.update(id=99, key="k99", thread_id=99, node="m99@x", message_id="m99@x")
        unit.execute(messages.insert().values(**mail))


def test_the_header_is_told_of_what_is_configured_only(floor: Store) -> None:
    def accounts(names: Configured | None) -> list[str]:
        status = Gateway(floor, author="Ola", crm="local", configured=names).news(None, counts=True).status
        assert status is not None
        return [place.name for place in status.mail_accounts]

    assert accounts(None) == ["work"]
    assert accounts(Configured(frozenset({"work"}), frozenset())) == ["work"]
    assert accounts(Configured(frozenset({"private"}), frozenset())) == []
