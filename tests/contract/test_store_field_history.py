"""Who changed which field, from what to what: edits here, undoing them, and what the CRM tells."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest

from crm_model.records import Record, RecordKind
from sync import edits, queries
from sync.arrivals import take_page
from sync.store import records
from sync.store.database import Store

DEAL = 3
TOLD_AT = datetime(2026, 2, 3, 10, tzinfo=UTC)


@pytest.fixture
def floor(any_store: Store, seeds: ModuleType) -> Store:
    seeds.seed(any_store, conversations=10)
    return any_store


def history(store: Store, name: str) -> list[tuple[str, str, str, bool]]:
    return [(each.author, each.before, each.after, each.in_crm) for each in queries.field_changes(store, DEAL, name)]


def test_an_edit_and_its_undoing_are_history_in_words(floor: Store) -> None:
    assert history(floor, "stage") == []
    action_id = edits.change_record(floor, DEAL, {"stage": "proposal"}, {"stage": "new"}, "Ola")
    edits.undo(floor, action_id, "Kari")
    assert history(floor, "stage") == [("Kari", "Proposal sent", "New", False), ("Ola", "New", "Proposal sent", False)]
    assert history(floor, "amount") == []
    edits.change_record(floor, DEAL, {"owner_id": "u2"}, {"owner_id": "u1"}, "Ola")
    assert history(floor, "owner_id") == [("Ola", "Kari Nordmann", "Ola", False)]


def test_what_the_crm_tells_is_history_once(floor: Store) -> None:
    with floor.write() as unit:
        stored = records.get(unit, DEAL)
    assert stored is not None
    fields = {**stored.fields, "amount": "2000.00"}
    told = Record(RecordKind.OPPORTUNITY, "r3", fields, "2", TOLD_AT, "Siri\x1b[31m Lund")
    for _ in range(2):
        with floor.write() as unit:
            take_page(unit, "local", RecordKind.OPPORTUNITY, [told], now=TOLD_AT)
    assert history(floor, "amount") == [("Siri Lund", "1000.00", "2000.00", True)]
    (change,) = queries.field_changes(floor, DEAL, "amount")
    assert change.at == TOLD_AT


def test_a_colleagues_change_merged_with_ours_is_theirs_alone(floor: Store) -> None:
    edits.change_record(floor, DEAL, {"stage": "proposal"}, {"stage": "new"}, "Ola")
    with floor.write() as unit:
        stored = records.get(unit, DEAL)
        assert stored is not None
        told = Record(RecordKind.OPPORTUNITY, "r3", {**stored.base, "amount": "7.00"}, "2", TOLD_AT, "Siri")
        take_page(unit, "local", RecordKind.OPPORTUNITY, [told], now=TOLD_AT)
    assert history(floor, "stage") == [("Ola", "New", "Proposal sent", False)]
    assert history(floor, "amount") == [("Siri", "1000.00", "7.00", True)]


def test_records_that_are_gone_have_none(floor: Store) -> None:
    assert queries.field_changes(floor, 999, "stage") == ()
