"""A conversation whose person is linked and whose deal is asked: the record and the question, one key for each deal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from crm_model.records import RecordKind
from sync import queries
from sync.store import links, thread_summary
from sync.store.database import Store
from sync.store.links import AGENT, Evidence
from sync.store.tables import suggestions
from tests.screens.conftest import NOW
from tests.screens.test_screens_deciding import links_of, triage

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]
THREAD, LARS, AGREEMENT, PORTAL = 3, 5, 6, 7


def two_deals(floor: Store) -> None:
    """Lars is linked, and both deals of his company fit his mail alike."""
    candidates = [
        [AGREEMENT, 0.45, "which_deal", "names words of it"],
        [PORTAL, 0.45, "which_deal", "names words of it"],
    ]
    with floor.write() as unit:
        why = Evidence(5, "address", "contact with this e-mail address", 0.99)
        links.add(unit, THREAD, LARS, why, author=AGENT, now=NOW)
        asked = suggestions.update().where(suggestions.c.thread_id == THREAD)
        unit.execute(asked.values(kind="deal", candidates=candidates))
        thread_summary.refresh_threads(unit, [THREAD])


@pytest.fixture
def floor(floor: Store) -> Store:
    two_deals(floor)
    return floor


def test_the_record_stands_below_the_question(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j")
        sidebar = triage(pilot).sidebar
        shown = "\n".join("".join(span.text for span in line.spans) for line in sidebar.lines)
        assert sidebar.record is not None
        assert sidebar.record.kind is RecordKind.CONTACT
        assert shown.index("Which deal?") < shown.index("Spare parts portal") < shown.rindex("Lars")

    play(journey)


@pytest.mark.parametrize(("key", "deal"), [("enter", AGREEMENT), ("2", PORTAL)])
def test_one_key_chooses_a_deal_and_u_takes_it_back(
    floor: Store, play: Play, press: Press, key: str, deal: int
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", key)
        assert set(links_of(floor, THREAD)) == {LARS, deal}
        assert queries.conversation(floor, THREAD).suggestion is None
        await press(pilot, "u")
        assert links_of(floor, THREAD) == [LARS]
        assert queries.conversation(floor, THREAD).suggestion is not None

    play(journey)


def test_no_keeps_the_person(floor: Store, play: Play, press: Press) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "j", "j", "x")
        assert links_of(floor, THREAD) == [LARS]
        assert queries.conversation(floor, THREAD).suggestion is None
        assert triage(pilot).sidebar.record is not None

    play(journey)
