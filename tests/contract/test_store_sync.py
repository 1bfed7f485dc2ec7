"""A day of pushing and pulling ends alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_adapters.contract import RecordPage
from crm_model.changes import ChangeKind
from crm_model.errors import Unreachable
from crm_model.records import ActivityKind, Conversion, Record
from sync.pull import pull_batch
from sync.push import PushResult
from sync.store import known_records, outbox, records
from sync.store.database import Store
from sync.store.record_views import record_view
from sync.store.status import status
from tests.crm_world import ACCOUNT, LEAD, NOW, OPPORTUNITY, World


@pytest.fixture
def world(tmp_path: Path, any_store: Store) -> Iterator[World]:
    made = World(tmp_path, any_store)
    yield made
    made.close()


def test_edits_conflicts_and_conversions_round_trip(world: World) -> None:
    world.adapter.lost["create"] = [Unreachable("cut")]
    lead = world.create(LEAD, {"last_name": "Bø\x00\ud800", "email": "ida@bo.example", "title": "CTO"})
    world.note(lead, ActivityKind.EMAIL, "<1@bo.example>")
    world.push()
    world.pull()
    world.wait()
    assert world.push() == PushResult(pushed=2)
    world.colleague_sets(lead, {"title": "CFO", "other_emails": ("b@bo.example",)})
    world.edit(lead, {"title": "CEO", "other_emails": ("a@bo.example",), "phone": "22"})
    assert world.push() == PushResult(conflicts=1)
    assert world.conflict_fields(lead) == {"title": ("CEO", "CFO")}
    assert set(world.theirs(lead).fields["other_emails"]) == {"a@bo.example", "b@bo.example"}
    world.enqueue(ChangeKind.CONVERT, lead, details=Conversion(account={"name": "Bo"}, opportunity={"name": "Deal"}))
    assert world.push() == PushResult(pushed=1)
    world.pull()
    with world.store.read() as unit:
        held = known_records.known(unit, [lead])[lead]
        assert held.converted_to is not None
        contact = known_records.known(unit, [held.converted_to])[held.converted_to]
        assert contact.account_id is not None
        assert len(known_records.open_opportunities(unit, [contact.account_id])[contact.account_id]) == 1
        assert len(record_view(unit, lead).activities) == 1
        assert status(unit).changes == {"done": 3, "conflict": 1}


def test_references_to_what_is_not_pushed_yet(world: World) -> None:
    account = world.create(ACCOUNT, {"name": "Bo"})
    deal = world.create(OPPORTUNITY, {"name": "Kiosk", "account_id": f"local:{account}", "amount": "12"})
    assert world.push() == PushResult(pushed=2)
    assert world.theirs(deal).fields["account_id"] == world.record(account).remote_id


def test_ids_that_no_database_stores_do_no_harm(world: World) -> None:
    hostile = Record(LEAD, "L\x00\ud800", {"last_name": "x\x00"}, "1\x00", NOW, "\ud800")

    def changes(kind: object, cursor: str, limit: int) -> RecordPage:
        return RecordPage((hostile, hostile) if kind is LEAD else (), ("gone\x00",), cursor + "x")

    world.adapter.changes = changes  # type: ignore[assignment,method-assign]
    for _ in range(2):
        assert pull_batch(world.store, world.adapter, now=NOW).problem == ""
    with world.store.read() as unit:
        assert records.by_remote(unit, "crm", LEAD, "L\ufffd") is not None


def test_two_workers_share_the_work(world: World) -> None:
    leads = [world.create(LEAD, {"last_name": f"Lead {number}"}) for number in range(4)]
    with world.store.write() as one:
        first = outbox.claim(one, "crm", "one", limit=2, now=NOW, lease_seconds=60)
    with world.store.write() as two:
        second = outbox.claim(two, "crm", "two", limit=9, now=NOW, lease_seconds=60)
    assert [change.record_id for change in (*first, *second)] == leads
