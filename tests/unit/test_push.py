"""Changes go out to a real embedded CRM: once, in order, merged with what others did there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_model.changes import ChangeKind
from crm_model.errors import Busy, LoginNeeded, RateLimited, Rejected, Unreachable
from crm_model.records import ActivityKind, Conversion, Owner
from sync.push import PushResult, push_batch, wait_seconds
from sync.store import activities, conflicts, crms, known_records, outbox, records
from sync.store.links import AGENT
from sync.store.troubles import troubles
from tests.crm_world import ACCOUNT, CONTACT, LEAD, NOW, OPPORTUNITY, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_created_record_gets_its_id_revision_and_the_crm_s_defaults(world: World) -> None:
    lead = world.record(world.lead())
    assert lead.remote_id == world.colleague.find_by_email("ida@bo.example")[0].id
    assert lead.fields["status"] == "new"
    assert lead.fields == lead.base
    assert world.counts() == {"done": 1}


def test_a_lost_answer_to_a_creation_makes_no_second_record(world: World) -> None:
    world.adapter.lost["create"] = [Unreachable("cut")]
    lead = world.create(LEAD, {"last_name": "Bø", "email": "ida@bo.example"})
    assert world.push().postponed == 1
    world.pull()
    world.wait()
    assert world.push().pushed == 1
    (theirs,) = world.colleague.find_by_email("ida@bo.example")
    assert world.record(lead).remote_id == theirs.id
    with world.store.read() as unit:
        assert [record.id for record in known_records.by_emails(unit, ["ida@bo.example"])["ida@bo.example"]] == [lead]


def test_several_edits_of_one_record_keep_their_order(world: World) -> None:
    lead = world.lead()
    world.edit(lead, {"title": "CTO"})
    world.edit(lead, {"title": "CEO", "phone": "1"})
    world.edit(lead, {"phone": "2"})
    assert world.push().pushed == 3
    assert (world.theirs(lead).fields["title"], world.theirs(lead).fields["phone"]) == ("CEO", "2")
    assert world.record(lead).revision == world.theirs(lead).revision


def test_edits_of_different_fields_on_both_sides_merge(world: World) -> None:
    lead = world.lead()
    world.colleague_sets(lead, {"phone": "22"})
    world.edit(lead, {"title": "CTO"})
    assert world.push() == PushResult(pushed=1)
    assert world.theirs(lead).fields == world.record(lead).fields
    assert (world.theirs(lead).fields["title"], world.theirs(lead).fields["phone"]) == ("CTO", "22")


def test_the_same_field_on_both_sides_is_a_conflict_and_the_rest_goes_out(world: World) -> None:
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    world.edit(lead, {"title": "CEO", "phone": "22"})
    assert world.push() == PushResult(conflicts=1)
    assert (world.theirs(lead).fields["title"], world.theirs(lead).fields["phone"]) == ("CFO", "22")
    assert world.conflict_fields(lead) == {"title": ("CEO", "CFO")}
    with world.store.read() as unit:
        (held,) = conflicts.of_record(unit, lead)
    assert (held.base, held.mine_by, held.theirs_by) == ("CTO", "Ada", "Colleague")


@pytest.mark.parametrize(("choice", "value"), [("mine", "CEO"), ("theirs", "CFO")])
def test_a_settled_conflict_stays_settled(world: World, choice: str, value: str) -> None:
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    world.edit(lead, {"title": "CEO"})
    world.pull()
    with world.store.write() as unit:
        (held,) = conflicts.of_record(unit, lead)
        conflicts.settle(unit, held.id, choice, world.clock)
    world.edit(lead, {"title": value}, base={"title": "CFO"})
    world.push()
    world.pull()
    assert (world.theirs(lead).fields["title"], world.record(lead).fields["title"]) == (value, value)
    assert world.conflict_fields(lead) == {}
    assert "conflict" not in world.counts()


def test_an_edit_of_an_outdated_view_is_a_conflict(world: World) -> None:
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    world.pull()
    world.edit(lead, {"title": "CEO"}, base={"title": "CTO"})
    assert world.push() == PushResult(conflicts=1)
    assert world.theirs(lead).fields["title"] == "CFO"
    assert world.conflict_fields(lead) == {"title": ("CEO", "CFO")}


def test_lists_edited_on_both_sides_keep_both_additions(world: World) -> None:
    lead = world.lead()
    world.colleague_sets(lead, {"other_emails": ("a@bo.example",)})
    world.edit(lead, {"other_emails": ("b@bo.example",)})
    assert world.push() == PushResult(pushed=1)
    assert set(world.theirs(lead).fields["other_emails"] or ()) == {"a@bo.example", "b@bo.example"}  # type: ignore[arg-type]
    assert world.record(lead).fields == world.theirs(lead).fields


def test_a_lost_answer_to_an_edit_is_no_conflict(world: World) -> None:
    lead = world.lead()
    world.adapter.lost["update"] = [Unreachable("cut")]
    world.edit(lead, {"title": "CTO"})
    world.edit(lead, {"title": "CEO"})
    world.push()
    world.pull()
    world.wait()
    world.push()
    assert world.conflict_fields(lead) == {}
    assert world.theirs(lead).fields["title"] == world.record(lead).fields["title"] == "CEO"
    assert world.adapter.calls.count("update") == 2


def test_an_edit_taken_back_after_its_answer_was_lost_ends_as_taken_back(world: World) -> None:
    lead = world.lead(title="CTO")
    world.adapter.lost["update"] = [Unreachable("cut")]
    world.edit(lead, {"title": "CEO"})
    world.push()
    world.edit(lead, {"title": "CTO"})
    world.pull()
    world.wait()
    world.push()
    assert world.theirs(lead).fields["title"] == world.record(lead).fields["title"] == "CTO"
    assert world.conflict_fields(lead) == {}


def test_a_refusal_names_the_field_and_keeps_what_was_written(world: World) -> None:
    lead = world.lead()
    change = world.edit(lead, {"email": "nonsense"})
    assert world.push() == PushResult(refused=1)
    with world.store.read() as unit:
        found = outbox.get(unit, change)
    assert found is not None
    assert found.fields == {"email": "nonsense"}
    assert world.record(lead).fields["email"] == "nonsense"
    world.edit(lead, {"email": "ida@new.example"})
    assert world.push() == PushResult(pushed=1)
    assert world.counts() == {"done": 2, "cancelled": 1}


def test_a_refused_creation_is_made_by_the_edit_that_mends_it(world: World) -> None:
    lead = world.create(LEAD, {"last_name": "Bø", "email": "nonsense"})
    world.note(lead)
    assert world.push() == PushResult(refused=1)
    world.edit(lead, {"email": "ida@bo.example"})
    assert world.push() == PushResult(pushed=2)
    assert world.theirs(lead).fields["email"] == "ida@bo.example"
    assert len(world.colleague.activities(LEAD, world.theirs(lead).id)) == 1


def test_a_lead_whose_owner_the_crm_does_not_know_goes_without_and_the_fault_is_shown(world: World) -> None:
    lead = world.create(LEAD, {"last_name": "Bø", "owner": "karri"})
    assert world.push() == PushResult(pushed=1, postponed=1)
    assert (world.theirs(lead).fields["last_name"], world.record(lead).fields.get("owner")) == ("Bø", None)
    assert world.counts() == {"done": 1, "refused": 1}
    with world.store.read() as unit:
        [told] = troubles(unit, 9)
    assert (told.record_id, "“karri”" in told.error) == (lead, True)
    world.adapter.add_owners([Owner("eva", "Eva Li")])
    world.edit(lead, {"owner": "eva"})
    assert world.push().pushed == 1
    assert world.counts() == {"done": 2, "cancelled": 1}


@pytest.mark.parametrize(
    ("author", "error", "left"),
    [
        (AGENT, Rejected("No."), 0),  # the CRM does not say of which field
        ("Ada", Rejected("No."), 1),
        (AGENT, Rejected("No.", field_errors={"phone": "No number."}), 1),
    ],
)
def test_only_what_may_be_the_owner_s_fault_goes_without(world: World, author: str, error: Rejected, left: int) -> None:
    world.adapter.refused["create"] = [error]
    fields = {"last_name": "Bø", "owner": "Agent"}
    with world.store.write() as unit:
        lead = records.insert_local(unit, "crm", LEAD, fields)
        outbox.enqueue(
            unit, crm="crm", kind=ChangeKind.CREATE, key="k", record_id=lead, fields=fields, author=author, now=NOW
        )
    world.push()
    assert (not world.record(lead).remote_id) is bool(left)
    assert world.adapter.calls.count("create") == 2 - left


def test_a_record_that_is_gone_is_marked_deleted_and_the_change_refused(world: World) -> None:
    lead = world.lead()
    world.colleague.delete(LEAD, world.record(lead).remote_id)
    world.edit(lead, {"title": "CTO"})
    assert world.push() == PushResult(refused=1)
    assert world.record(lead).state == "deleted"


def test_references_to_unpushed_records_are_resolved(world: World) -> None:
    account = world.create(ACCOUNT, {"name": "Bo"})
    contact = world.create(CONTACT, {"last_name": "Bø", "account_id": f"local:{account}"})
    deal = world.create(
        OPPORTUNITY, {"name": "Kiosk", "account_id": f"local:{account}", "other_contacts": (f"local:{contact}",)}
    )
    assert world.push().pushed == 3
    assert world.theirs(deal).fields["account_id"] == world.record(account).remote_id
    assert world.theirs(deal).fields["other_contacts"] == (world.record(contact).remote_id,)
    assert world.record(deal).fields == world.theirs(deal).fields


def test_a_reference_to_a_refused_record_is_refused_beside_its_field(world: World) -> None:
    account = world.create(ACCOUNT, {"name": ""})
    world.create(CONTACT, {"last_name": "Bø", "account_id": f"local:{account}"})
    assert world.push() == PushResult(refused=2)
    assert world.counts() == {"refused": 2}


def test_a_stage_brings_its_probability_back(world: World) -> None:
    deal = world.create(OPPORTUNITY, {"name": "Kiosk"})
    world.push()
    world.edit(deal, {"stage": "negotiation"})
    world.push()
    assert world.record(deal).fields["probability"] == 80


def test_a_lead_converts_once_though_the_answer_is_lost(world: World) -> None:
    lead = world.lead(company="Bo")
    details = Conversion(account={"name": "Bo"}, opportunity={"name": "Kiosk"})
    world.enqueue(ChangeKind.CONVERT, lead, details=details)
    convert = world.adapter.convert_lead

    def lose(lead_id: str, conversion: Conversion, key: str) -> object:
        convert(lead_id, conversion, key)
        raise Unreachable("cut")

    world.adapter.convert_lead = lose  # type: ignore[assignment,method-assign]
    assert world.push().postponed == 1
    world.adapter.convert_lead = convert  # type: ignore[method-assign]
    world.pull()
    world.wait()
    assert world.push().pushed == 1
    assert world.colleague.test().counts == {LEAD: 1, CONTACT: 1, ACCOUNT: 1, OPPORTUNITY: 1}
    with world.store.read() as unit:
        held = known_records.known(unit, [lead])[lead]
        assert held.converted_to is not None
        contact = records.get(unit, held.converted_to)
    assert contact is not None
    assert (contact.kind, world.record(lead).state) == (CONTACT, "converted")


def test_an_activity_is_logged_once_though_the_answer_is_lost(world: World) -> None:
    lead = world.lead()
    world.adapter.lost["log"] = [Unreachable("cut")]
    world.note(lead, ActivityKind.EMAIL, "<1@bo.example>")
    world.push()
    world.wait()
    assert world.push().pushed == 1
    assert len(world.colleague.activities(LEAD, world.theirs(lead).id)) == 1


def test_a_task_is_done_and_taken_back(world: World) -> None:
    lead = world.lead()
    task = world.note(lead, ActivityKind.TASK)
    world.push()
    with world.store.write() as unit:
        activities.set_done(unit, task, True)
    world.enqueue(ChangeKind.UPDATE, lead, activity_id=task)
    world.push()
    (theirs,) = world.colleague.activities(LEAD, world.theirs(lead).id)
    assert theirs.done
    world.enqueue(ChangeKind.DELETE, lead, activity_id=task)
    assert world.push().pushed == 1
    assert world.colleague.activities(LEAD, world.theirs(lead).id) == ()


def test_a_login_stops_the_batch_and_loses_nothing(world: World) -> None:
    lead, other = world.lead(), world.lead(email="b@bo.example")
    world.edit(lead, {"title": "CTO"})
    world.edit(other, {"title": "CTO"})
    world.adapter.refused["update"] = [LoginNeeded("Sign in again.", account="crm")]
    result = world.push()
    assert (result.pushed, result.problem) == (0, "Sign in again.")
    with world.store.read() as unit:
        assert crms.needs_login(unit, "crm")
    assert world.push().pushed == 2
    with world.store.read() as unit:
        assert not crms.needs_login(unit, "crm")


def test_a_rate_limit_is_kept_to(world: World) -> None:
    lead = world.lead()
    world.edit(lead, {"title": "CTO"})
    world.adapter.refused["update"] = [RateLimited("Slow down.", retry_after_seconds=600)]
    assert world.push().postponed == 1
    world.clock += timedelta(seconds=599)
    assert world.push() == PushResult()
    world.clock += timedelta(seconds=30)
    assert world.push().pushed == 1


def test_a_bug_in_an_adapter_holds_up_nobody_else(world: World) -> None:
    lead, other = world.lead(), world.lead(email="b@bo.example")
    world.edit(lead, {"title": "CTO"})
    world.edit(other, {"title": "CTO"})
    world.adapter.refused["update"] = [ZeroDivisionError()]
    result = world.push()
    assert (result.pushed, result.postponed) == (1, 1)


def test_a_change_waits_longer_after_each_failure_up_to_an_hour() -> None:
    assert 3 < wait_seconds(1, None) < 7
    assert 30 < wait_seconds(4, None) < 51
    assert wait_seconds(10_000, None) <= 4500
    assert 90 <= wait_seconds(1, 90) <= 97


def test_a_worker_that_died_after_the_call_leaves_no_second_record(world: World) -> None:
    lead = world.create(LEAD, {"last_name": "Bø", "email": "ida@bo.example"})
    with world.store.write() as unit:
        (change,) = outbox.claim(unit, "crm", "dead", limit=1, now=world.clock, lease_seconds=300)
    world.colleague.create(LEAD, change.fields, change.key)
    assert world.push() == PushResult()
    world.wait()
    assert world.push().pushed == 1
    (theirs,) = world.colleague.find_by_email("ida@bo.example")
    assert world.record(lead).remote_id == theirs.id


def test_a_busy_crm_keeps_the_change(world: World) -> None:
    lead = world.lead()
    world.edit(lead, {"title": "CTO"})
    world.adapter.refused["update"] = [Busy("locked")]
    assert world.push().postponed == 1
    world.wait()
    assert world.push().pushed == 1


def test_typing_their_value_settles_a_conflict(world: World) -> None:
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    world.edit(lead, {"title": "CEO"})
    world.push()
    world.edit(lead, {"title": "CFO"})
    assert world.push() == PushResult(pushed=1)
    assert world.conflict_fields(lead) == {}
    assert "conflict" not in world.counts()


def test_an_edit_on_top_of_one_that_the_crm_spells_otherwise_is_no_conflict(world: World) -> None:
    deal = world.create(OPPORTUNITY, {"name": "Kiosk"})
    world.push()
    world.edit(deal, {"amount": "12"})
    world.edit(deal, {"amount": "13"})
    assert world.push().pushed == 2
    assert world.record(deal).fields["amount"] == world.theirs(deal).fields["amount"] == "13.00"


def test_nothing_is_sent_that_the_crm_has_already(world: World) -> None:
    lead = world.lead()
    world.colleague_sets(lead, {"title": "CTO"})
    world.edit(lead, {"title": "CTO"})
    world.pull()
    assert world.push() == PushResult(pushed=1)
    assert "update" not in world.adapter.calls
    assert world.theirs(lead).fields["title"] == "CTO"


PUSHER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crm_adapters.local.adapter import LocalAdapter
from sync.push import push_batch
from sync.store.schema import open_store
store = open_store(f"sqlite:///{sys.argv[1]}/store.db")
adapter = LocalAdapter("crm", Path(sys.argv[1]) / "crm.db")
print("ready", flush=True)
while push_batch(store, adapter, worker="agent", now=datetime.now(UTC), limit=5).pushed:
    pass
"""


def test_a_pusher_killed_at_any_moment_pushes_each_change_once(world: World, tmp_path: Path) -> None:
    leads = [world.create(LEAD, {"last_name": f"Lead {number}"}) for number in range(80)]
    for lead in leads:
        world.edit(lead, {"title": "CTO"})
        world.note(lead)
    for pause in (0.02, 0.1, 0.25):
        with subprocess.Popen(
            [sys.executable, "-c", PUSHER, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        ) as pusher:
            assert pusher.stdout is not None
            pusher.stdout.readline()
            time.sleep(pause)
            pusher.kill()
    assert world.colleague.test().counts[LEAD] > 0
    world.clock = datetime.now(UTC)
    while push_batch(world.store, world.adapter, worker="agent", now=world.clock).pushed:
        pass
    assert world.counts() == {"done": 240}
    assert world.colleague.test().counts[LEAD] == len(leads)
    assert {len(world.colleague.activities(LEAD, world.theirs(lead).id)) for lead in leads} == {1}
    assert {world.theirs(lead).fields["title"] for lead in leads} == {"CTO"}
