"""Records come in from a real embedded CRM and leave this side's edits alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_adapters.local.adapter import LocalAdapter
from crm_model.changes import ChangeKind
from crm_model.errors import CursorExpired, LoginNeeded, Unreachable
from crm_model.records import Activity, ActivityKind, Conversion, RecordKind
from sync.pull import PullResult, pull_batch
from sync.push import PushResult
from sync.store import conflicts, crms, field_specs, known_records, records
from sync.store.columns import UtcTime
from sync.store.database import last_seq
from sync.store.record_views import record_view
from sync.store.status import status
from sync.store.tables import links, messages, threads
from tests.crm_world import ACCOUNT, CONTACT, LEAD, NOW, OPPORTUNITY, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def id_of(world: World, kind: RecordKind, remote_id: str) -> int:
    with world.store.read() as unit:
        found = records.by_remote(unit, "crm", kind, remote_id)
    assert found is not None
    return found.id


def needed(table: sa.Table) -> dict[str, object]:
    """Something for every column that must have a value."""
    samples: tuple[tuple[type, object], ...] = ((UtcTime, NOW), (sa.JSON, []), (sa.Text, ""), (sa.Integer, 0))
    return {
        column.name: next(value for kind, value in samples if isinstance(column.type, kind))
        for column in table.columns
        if not column.nullable and column.server_default is None and column.name not in ("id", "key", "thread_id")
    }


def link(world: World, record_id: int) -> None:
    with world.store.write() as unit:
        thread = unit.execute(threads.insert().values(family_id=1).returning(threads.c.id)).scalar_one()
        message = unit.execute(
            messages.insert().values(**needed(messages), key=f"m{record_id}", thread_id=thread).returning(messages.c.id)
        ).scalar_one()
        unit.execute(links.insert().values(thread_id=thread, record_id=record_id, message_id=message, created_at=NOW))


def test_everything_comes_in_with_fields_and_owners_described(world: World) -> None:
    account = world.colleague.create(ACCOUNT, {"name": "Bo", "domains": ("bo.example",)}, "a")
    contact = world.colleague.create(CONTACT, {"last_name": "Bø", "account_id": account.id}, "c")
    world.colleague.create(OPPORTUNITY, {"name": "Kiosk", "account_id": account.id}, "o")
    world.pull()
    with world.store.read() as unit:
        (held,) = known_records.accounts_by_domains(unit, ["bo.example"])["bo.example"]
        assert [deal.title for deal in known_records.open_opportunities(unit, [held.id])[held.id]] == ["Kiosk"]
        person = records.by_remote(unit, "crm", CONTACT, contact.id)
        assert person is not None
        assert known_records.known(unit, [person.id])[person.id].account_id == held.id
        assert field_specs.fields_of(unit, "crm", LEAD) == world.adapter.describe(LEAD)
        assert crms.place(unit, "crm", LEAD).cursor


def test_nothing_new_stores_nothing(world: World) -> None:
    world.lead()
    world.pull()
    with world.store.read() as unit:
        before = last_seq(unit)
    assert pull_batch(world.store, world.adapter, now=NOW) == PullResult()
    with world.store.read() as unit:
        assert last_seq(unit) == before


def test_many_pages_come_in_one_after_the_other(world: World) -> None:
    for number in range(450):
        world.colleague.create(LEAD, {"last_name": f"Lead {number}"}, f"k{number}")
    sizes = [pull_batch(world.store, world.adapter, now=NOW) for _ in range(3)]
    assert [(result.records, result.more) for result in sizes] == [(200, True), (200, True), (50, False)]


def test_an_edit_on_its_way_survives_and_goes_out(world: World) -> None:
    lead = world.lead()
    world.edit(lead, {"title": "CTO"})
    world.colleague_sets(lead, {"phone": "22"})
    world.pull()
    assert (world.record(lead).fields["title"], world.record(lead).fields["phone"]) == ("CTO", "22")
    assert world.push() == PushResult(pushed=1)
    assert world.theirs(lead).fields["title"] == "CTO"


def test_the_same_field_becomes_a_conflict_that_keeps_up_with_them(world: World) -> None:
    lead = world.lead(title="CTO")
    world.edit(lead, {"title": "CEO"})
    world.colleague_sets(lead, {"title": "CFO"})
    world.pull()
    assert world.conflict_fields(lead) == {"title": ("CEO", "CFO")}
    assert world.push() == PushResult(conflicts=1)
    world.colleague_sets(lead, {"title": "COO"})
    world.pull()
    assert world.conflict_fields(lead) == {"title": ("CEO", "COO")}
    world.colleague_sets(lead, {"title": "CEO"})
    world.pull()
    assert world.conflict_fields(lead) == {}
    assert "conflict" not in world.counts()


def test_a_conflict_reopened_by_undo_holds_back_again(world: World) -> None:
    lead = world.lead(title="CTO")
    world.edit(lead, {"title": "CEO"})
    world.colleague_sets(lead, {"title": "CFO"})
    world.pull()
    with world.store.write() as unit:
        (held,) = conflicts.of_record(unit, lead)
        conflicts.settle(unit, held.id, "theirs", NOW)
        conflicts.settle(unit, held.id, "open", None)
    world.edit(lead, {"title": "CXO"})
    assert world.push() == PushResult(conflicts=1)
    assert world.conflict_fields(lead) == {"title": ("CXO", "CFO")}


def test_own_changes_coming_back_are_no_news(world: World) -> None:
    lead = world.lead()
    world.edit(lead, {"title": "CTO"})
    world.push()
    assert pull_batch(world.store, world.adapter, now=NOW).records == 0
    assert world.conflict_fields(lead) == {}


def test_deleted_records_are_marked_and_their_links_stay(world: World) -> None:
    lead = world.lead()
    link(world, lead)
    world.pull()
    world.colleague.delete(LEAD, world.record(lead).remote_id)
    assert pull_batch(world.store, world.adapter, now=NOW).removed == 1
    assert world.record(lead).state == "deleted"
    with world.store.read() as unit:
        assert unit.execute(sa.select(sa.func.count()).select_from(links)).scalar_one() == 1


def test_a_lead_converted_in_the_crm_is_converted_here(world: World) -> None:
    lead = world.lead(company="Bo")
    world.pull()
    world.enqueue(ChangeKind.UPDATE, lead, fields={"title": "x"})
    made = world.colleague.convert_lead(world.record(lead).remote_id, Conversion(account={"name": "Bo"}), "k")
    world.pull()
    with world.store.read() as unit:
        held = known_records.known(unit, [lead])[lead]
    assert (held.is_open, held.converted_to) == (False, id_of(world, CONTACT, made.contact.id))
    assert world.push().refused == 1


def test_an_expired_cursor_reads_all_anew_and_finds_what_is_gone(world: World, tmp_path: Path) -> None:
    keep, gone = world.lead(), world.lead(email="b@bo.example")
    local = world.create(LEAD, {"last_name": "Unsent"})
    world.pull()
    world.colleague.delete(LEAD, world.record(gone).remote_id)
    world.colleague._database.connection.execute("DELETE FROM records WHERE deleted")
    world.colleague._database.connection.execute("UPDATE counter SET seq = 0")  # an older copy of the file
    world.adapter.close()
    world.adapter = type(world.adapter)(tmp_path / "crm.db")
    with pytest.raises(CursorExpired):
        with world.store.read() as unit:
            cursor = crms.place(unit, "crm", LEAD).cursor
        world.adapter.changes(LEAD, cursor)
    world.pull()
    assert [world.record(record_id).state for record_id in (keep, gone, local)] == ["live", "deleted", "live"]


def test_a_failure_is_kept_on_the_crm_and_nothing_is_lost(world: World) -> None:
    world.colleague.create(LEAD, {"last_name": "Bø"}, "k")
    changes = world.adapter.changes

    def fail(error: Exception) -> PullResult:
        def raise_it(*_: object) -> object:
            raise error

        world.adapter.changes = raise_it  # type: ignore[assignment,method-assign]
        return pull_batch(world.store, world.adapter, now=NOW)

    assert fail(Unreachable("No answer.")) == PullResult(problem="No answer.")
    assert fail(LoginNeeded("Sign in.", account="crm")).problem == "Sign in."
    with world.store.read() as unit:
        assert crms.needs_login(unit, "crm")
    world.adapter.changes = changes  # type: ignore[method-assign]
    assert pull_batch(world.store, world.adapter, now=NOW).records == 1
    with world.store.read() as unit:
        assert not crms.needs_login(unit, "crm")


def test_activities_of_linked_records_come_in_and_go(world: World) -> None:
    lead = world.lead()
    other = world.lead(email="b@bo.example")
    link(world, lead)
    remote_id = world.record(lead).remote_id
    note = world.colleague.log_activity(Activity(ActivityKind.CALL, "Rang", NOW, ((LEAD, remote_id),)), "k1")
    world.colleague.log_activity(Activity(ActivityKind.CALL, "x", NOW, ((LEAD, world.record(other).remote_id),)), "k2")
    world.pull()
    world.pull()
    with world.store.read() as unit:
        assert [held.subject for held in record_view(unit, lead).activities] == ["Rang"]
        assert record_view(unit, other).activities == ()
    world.colleague.delete_activity(note)
    world.pull()
    with world.store.read() as unit:
        assert record_view(unit, lead).activities == ()


def test_own_activities_coming_back_stay_single(world: World) -> None:
    lead = world.lead()
    link(world, lead)
    world.adapter.lost["log"] = [Unreachable("cut")]
    world.note(lead)
    world.push()
    world.pull()
    world.clock += timedelta(hours=2)
    assert world.push().pushed == 1
    world.pull()
    with world.store.read() as unit:
        assert len(record_view(unit, lead).activities) == 1
        assert status(unit).changes == {"done": 2}


def test_another_crm_s_records_are_kept_apart(world: World, tmp_path: Path) -> None:
    second = LocalAdapter("second", tmp_path / "second.db")
    second.create(LEAD, {"last_name": "Two"}, "k")
    lead = world.lead()
    world.pull()
    while pull_batch(world.store, second, now=NOW).more:
        pass
    second.close()
    assert world.record(lead).title == "Bø"
    assert world.record(id_of(world, LEAD, world.record(lead).remote_id)).crm == "crm"
    with world.store.read() as unit:
        found = records.by_remote(unit, "second", LEAD, "L1")
    assert found is not None
    assert found.title == "Two"
