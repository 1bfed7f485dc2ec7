"""The record's side of the screen on any CRM: its page, what it can't do, its own fields, what waits for a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
import sqlalchemy as sa
from textual.pilot import Pilot
from textual.widgets import OptionList

from crm_model.records import ActivityKind, FieldSpec, FieldType, RecordKind
from sync.store import abilities, field_specs
from sync.store.database import Store
from sync.store.tables import crm_fields, crms, outbox, records
from sync.views import Abilities
from tests.screens.conftest import NOW
from tui.app import HitchpostApp
from tui.screens.conflicts import ConflictScreen
from tui.screens.triage import TriageScreen
from tui.screens.trouble_list import TroubleList

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
WEBSITE = 3
PAGE = "https://crm.example/#Opportunities/3"


def triage(pilot: Pilot[None]) -> TriageScreen:
    screen: Any = pilot.app.screen_stack[0]
    assert isinstance(screen, TriageScreen)
    return screen


def sidebar(pilot: Pilot[None]) -> str:
    return "\n".join(line.text for line in triage(pilot).sidebar.lines)


def change(store: Store, table: sa.Table, record_id: int, **values: object) -> None:
    with store.write() as unit:
        unit.execute(table.update().where(table.c.id == record_id).values(**values))


@pytest.fixture
def opened(app: HitchpostApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that the screen has opened."""
    pages: list[str] = []
    monkeypatch.setattr(app, "open_url", pages.append)
    return pages


def test_the_record_s_page_is_opened_in_the_browser(floor: Store, opened: list[str], play: Play, press: Press) -> None:
    change(floor, records, WEBSITE, url=PAGE)

    async def journey(pilot: Pilot[None]) -> None:
        assert "b opens it in local" in sidebar(pilot)
        await press(pilot, "b")
        assert opened == [PAGE]

    play(journey)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)", "https://x.example/\x1b[31m"])
def test_what_is_no_page_is_not_opened(url: str, floor: Store, opened: list[str], play: Play, press: Press) -> None:
    change(floor, records, WEBSITE, url=url)

    async def journey(pilot: Pilot[None]) -> None:
        assert "opens it in" not in sidebar(pilot)
        await press(pilot, "b")
        assert opened == []

    play(journey)


def test_what_the_crm_can_t_do_is_not_offered(floor: Store, app: HitchpostApp, play: Play, press: Press) -> None:
    with floor.write() as unit:
        notes = frozenset({ActivityKind.NOTE})
        abilities.keep(unit, "local", Abilities(activities=notes, convert_lead=False))

    async def journey(pilot: Pilot[None]) -> None:
        hints = dict(triage(pilot).status._hints)
        assert "n" in hints and "t" not in hints
        await press(pilot, "t")
        assert isinstance(pilot.app.screen, TriageScreen)
        commands = {command.title for command in app.get_system_commands(triage(pilot))}
        assert "Write a note" in commands
        assert not commands & {"Make a task", "Log a phone call", "Convert the lead"}

    play(journey)


def test_a_crm_s_own_fields_show_where_they_are_pinned(floor: Store, play: Play) -> None:
    with floor.write() as unit:
        kind = RecordKind.OPPORTUNITY
        own = FieldSpec("cf_1", "Ambition", FieldType.TEXT, vendor_name="cf_1", extra=True)
        specs = (*field_specs.fields_of(unit, "local", kind), replace(own, pinned=True), replace(own, name="cf_2"))
        here = sa.and_(crm_fields.c.crm == "local", crm_fields.c.kind == kind.value)
        unit.execute(crm_fields.update().where(here).values(specs=[asdict(spec) for spec in specs]))
        fields = unit.execute(sa.select(records.c.fields).where(records.c.id == WEBSITE)).scalar_one()
        more = {"cf_1": "High", "cf_2": "Hidden"}
        unit.execute(records.update().where(records.c.id == WEBSITE).values(fields=fields | more))

    async def journey(pilot: Pilot[None]) -> None:
        shown = sidebar(pilot)
        assert "High" in shown
        assert "Hidden" not in shown
        assert "1 of the CRM's own" in shown

    play(journey)


def test_what_the_crm_made_of_a_value_stands_under_it(floor: Store, play: Play) -> None:
    with floor.write() as unit:
        unit.execute(
            outbox.insert().values(
                key="mangled",
                crm="local",
                kind="update",
                record_id=WEBSITE,
                fields={"name": "New 😀"},
                base={},
                details={},
                field_errors={"name": "The CRM made “New ????” of “New 😀”."},
                state="done",
                created_at=NOW,
            )
        )

    async def journey(pilot: Pilot[None]) -> None:
        assert "The CRM made “New ????”" in sidebar(pilot)

    play(journey)


def test_changes_that_wait_for_a_word_say_so(floor: Store, play: Play) -> None:
    with floor.write() as unit:
        unit.execute(crms.update().values(confirmed_at=None))

    async def journey(pilot: Pilot[None]) -> None:
        assert "hitchpost crm confirm local" in " ".join(sidebar(pilot).split())

    play(journey)


def test_every_conflict_and_refusal_is_in_one_list(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "G", "v")
        assert isinstance(pilot.app.screen, TroubleList)
        options = pilot.app.screen.query_one(OptionList)
        said = [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]
        assert "conflict" in said[0] and "mine" in said[0] and "theirs" in said[0]
        assert any("refused" in line for line in said[1:])
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ConflictScreen)
        await press(pilot, "t")
        assert triage(pilot).status.message == "Amount taken from the CRM"

    play(journey)
