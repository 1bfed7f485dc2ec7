"""Edits and their undo against a real embedded CRM: what its other users see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from crm_model.errors import NotFound, NotSupported, Rejected, Unreachable
from crm_model.records import ActivityKind, Conversion
from sync import edits, mail_log, queries
from sync.store.field_specs import store_description
from tests.crm_world import ACCOUNT, CONTACT, LEAD, NOW, OPPORTUNITY, World

ME = "Ada"
THREAD = 2
DOE = {"last_name": "Doe", "email": "doe@x.example"}


@pytest.fixture
def world(tmp_path: Path, seeds: ModuleType) -> Iterator[World]:
    made = World(tmp_path)
    seeds.seed(made.store, conversations=4, people=4)
    mail_log.set_policy(made.store, mail_log.TEXT)
    with made.store.write() as unit:
        for kind in (LEAD, CONTACT, ACCOUNT, OPPORTUNITY):
            store_description(
                unit, "crm", kind, specs=made.adapter.describe(kind), owners=made.adapter.owners(), now=NOW
            )
    yield made
    made.close()


def push(world: World) -> None:
    while world.push() != type(world.push())():
        pass


def logged(world: World, record_id: int) -> list[str]:
    theirs = world.theirs(record_id)
    return [activity.message_id for activity in world.colleague.activities(theirs.kind, theirs.id)]


def test_a_lead_made_of_a_conversation_comes_with_its_mails_and_goes_with_them(world: World) -> None:
    lead = edits.create_lead(world.store, THREAD, "crm", DOE, ME)
    assert [link.record_id for link in queries.conversation(world.store, THREAD).links] == [lead]
    push(world)
    assert world.theirs(lead).fields["last_name"] == "Doe"
    assert logged(world, lead) == ["m4@seed.example", "m3@seed.example"]
    assert edits.undo(world.store, None, ME) == "made the lead Doe"
    assert queries.conversation(world.store, THREAD).links == ()
    push(world)
    assert world.colleague.find_by_email("doe@x.example") == ()
    assert lead not in [row.id for row in queries.leads(world.store)]


def test_an_undone_creation_whose_answer_was_lost_leaves_nothing_behind(world: World) -> None:
    world.adapter.lost["create"] = [Unreachable("cut")]
    edits.create_record(world.store, "crm", LEAD, DOE, ME)
    world.push()
    assert len(world.colleague.find_by_email("doe@x.example")) == 1
    edits.undo(world.store, None, ME)
    world.wait()
    push(world)
    assert world.colleague.find_by_email("doe@x.example") == ()


def test_an_undone_creation_that_an_edit_had_mended_is_deleted_in_the_crm(world: World) -> None:
    world.adapter.refused["create"] = [Rejected("no", field_errors={"email": "no such domain"})]
    lead = edits.create_record(world.store, "crm", LEAD, DOE, ME)
    made = queries.undoable(world.store)[0].id
    push(world)
    (field,) = [field for field in queries.record(world.store, lead).fields if field.error]
    assert (field.spec.name, field.error) == ("email", "no such domain")
    edits.change_record(world.store, lead, {"email": "doe@y.example"}, {"email": "doe@x.example"}, ME)
    push(world)
    assert not [field for field in queries.record(world.store, lead).fields if field.error]
    assert len(world.colleague.find_by_email("doe@y.example")) == 1
    edits.undo(world.store, made, ME)
    push(world)
    assert world.colleague.find_by_email("doe@y.example") == ()


def test_a_change_and_its_undo_reach_the_crm(world: World) -> None:
    lead = world.lead(company="Acme")
    edits.change_record(world.store, lead, {"company": "Beta"}, {"company": "Acme"}, ME)
    push(world)
    assert world.theirs(lead).fields["company"] == "Beta"
    edits.undo(world.store, None, ME)
    push(world)
    assert world.theirs(lead).fields["company"] == "Acme"
    assert queries.record(world.store, lead).pending == 0


def test_undo_never_overwrites_what_a_colleague_wrote_since(world: World) -> None:
    lead = world.lead(company="Acme")
    action = edits.change_record(world.store, lead, {"company": "Beta"}, {"company": "Acme"}, ME)
    push(world)
    world.colleague_sets(lead, {"company": "Gamma"})
    world.pull()
    with pytest.raises(Rejected, match=r"changed since by Colleague on 20.* “Gamma”"):
        edits.undo(world.store, action, ME)
    assert world.record(lead).fields["company"] == "Gamma"
    assert queries.undoable(world.store)[0].id == action


def test_undo_never_overwrites_a_later_edit_of_one_s_own(world: World) -> None:
    lead = world.lead(company="Acme")
    first = edits.change_record(world.store, lead, {"company": "Beta"}, {"company": "Acme"}, ME)
    edits.change_record(world.store, lead, {"company": "Gamma"}, {"company": "Beta"}, "Bo")
    with pytest.raises(Rejected, match="changed since by Bo"):
        edits.undo(world.store, first, ME)


def test_undoing_backwards_restores_each_value_though_the_first_went_out(world: World) -> None:
    lead = world.lead(company="Acme")
    edits.change_record(world.store, lead, {"company": "Beta"}, {"company": "Acme"}, ME)
    push(world)
    edits.change_record(world.store, lead, {"company": "Gamma"}, {"company": "Beta"}, ME)
    edits.undo(world.store, None, ME)
    assert world.record(lead).fields["company"] == "Beta"
    edits.undo(world.store, None, ME)
    push(world)
    assert world.theirs(lead).fields["company"] == world.record(lead).fields["company"] == "Acme"
    assert world.conflict_fields(lead) == {}


def test_unlinking_withdraws_the_mails_and_linking_logs_them_again(world: World) -> None:
    lead = world.lead()
    edits.link_thread(world.store, THREAD, lead, ME)
    push(world)
    before = logged(world, lead)
    assert len(before) == 2
    edits.unlink_thread(world.store, THREAD, lead, ME)
    push(world)
    assert logged(world, lead) == []
    edits.undo(world.store, None, ME)
    push(world)
    assert logged(world, lead) == before


@pytest.mark.parametrize(("policy", "count", "has_body"), [("off", 0, False), ("headers", 2, False), ("text", 2, True)])
def test_only_what_the_settings_allow_leaves_for_the_crm(world: World, policy: str, count: int, has_body: bool) -> None:
    mail_log.set_policy(world.store, policy)
    lead = world.lead()
    edits.link_thread(world.store, THREAD, lead, ME)
    push(world)
    theirs = world.colleague.activities(LEAD, world.theirs(lead).id)
    assert len(theirs) == count
    assert all(bool(activity.body) is has_body for activity in theirs)


def test_a_converted_lead_s_conversations_go_on_to_the_deal_and_the_person(world: World) -> None:
    lead = world.lead()
    edits.link_thread(world.store, THREAD, lead, ME)
    deal = {"name": "Deal"}
    action = edits.convert_lead(world.store, lead, Conversion({"name": "Acme"}, {"last_name": "Bø"}, deal), ME)
    with pytest.raises(Rejected, match="about to be"):
        edits.convert_lead(world.store, lead, Conversion(contact={"last_name": "Bø"}), ME)
    push(world)
    links = queries.conversation(world.store, THREAD).links
    assert [(link.kind, link.title) for link in links] == [(OPPORTUNITY, "Deal"), (CONTACT, "Bø"), (LEAD, "Bø")]
    assert queries.record(world.store, lead).state == "converted"
    deal_view = queries.record(world.store, links[0].record_id)
    assert deal_view.account is not None and deal_view.account.title == "Acme"
    assert [person.title for person in deal_view.people] == ["Bø"]
    made = [link.record_id for link in links if link.kind is not LEAD]
    edits.undo(world.store, action, ME)
    assert [link.kind for link in queries.conversation(world.store, THREAD).links] == [LEAD]
    push(world)
    assert world.colleague.test().counts == {LEAD: 1, CONTACT: 0, ACCOUNT: 0, OPPORTUNITY: 0}
    theirs = world.theirs(lead).fields
    assert (theirs["status"], theirs.get("converted_contact_id")) == ("new", None)
    world.pull()
    assert queries.record(world.store, lead).state == "live"
    assert {queries.record(world.store, record_id).state for record_id in made} == {"deleted"}
    edits.convert_lead(world.store, lead, Conversion(contact={"last_name": "Bø"}), ME)
    push(world)
    assert world.colleague.test().counts[CONTACT] == 1


def test_a_conversion_that_somebody_worked_on_with_is_not_taken_back(world: World) -> None:
    lead = world.lead()
    action = edits.convert_lead(world.store, lead, Conversion({"name": "Acme"}, {"last_name": "Bø"}), ME)
    with pytest.raises(Rejected, match="about to be"):
        edits.convert_lead(world.store, lead, Conversion(contact={"last_name": "Bø"}), ME)
    push(world)
    (contact,) = [row.id for row in queries.search_records(world.store, "Bø", {CONTACT}) if row.crm == "crm"]
    edits.change_record(world.store, contact, {"title": "CEO"}, {}, "Kari")
    with pytest.raises(Rejected, match="changed since by Kari"):
        edits.undo(world.store, action, ME)


def test_a_conversion_is_not_taken_back_where_records_can_t_be_deleted(world: World) -> None:
    lead = world.lead()
    action = edits.convert_lead(world.store, lead, Conversion(contact={"last_name": "Bø"}), ME)
    push(world)
    world.adapter.capabilities = replace(world.adapter.capabilities, delete=False)
    world.pull()
    with pytest.raises(NotSupported, match="deletes no records"):
        edits.undo(world.store, action, ME)


@pytest.mark.parametrize(("choice", "value", "final"), [("mine", None, "CEO"), ("edited", "CXO", "CXO")])
def test_a_settled_conflict_and_its_undo_reach_the_crm(
    world: World, choice: edits.Choice, value: str | None, final: str
) -> None:
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    edits.change_record(world.store, lead, {"title": "CEO"}, {"title": "CTO"}, ME)
    push(world)
    (clash,) = queries.record(world.store, lead).conflicts
    assert (clash.mine, clash.theirs, clash.mine_by, clash.theirs_by) == ("CEO", "CFO", ME, "Colleague")
    with pytest.raises(Rejected, match="in conflict"):
        edits.undo(world.store, None, ME)
    edits.resolve_conflict(world.store, clash.id, choice, value, ME)
    push(world)
    assert world.theirs(lead).fields["title"] == final
    assert queries.record(world.store, lead).conflicts == ()
    edits.undo(world.store, None, ME)
    push(world)
    assert world.theirs(lead).fields["title"] == "CFO"
    assert world.record(lead).fields["title"] == "CFO"
    assert queries.record(world.store, lead).conflicts == ()


def test_a_task_is_logged_done_and_taken_back(world: World) -> None:
    lead = world.lead()
    edits.add_activity(world.store, lead, ActivityKind.TASK, "Call back\nabout the price", ME)
    (task,) = queries.record(world.store, lead).activities
    assert (task.subject, task.body, task.pending) == ("Call back", "Call back\nabout the price", True)
    edits.complete_task(world.store, task.id, True, ME)
    push(world)
    (theirs,) = world.colleague.activities(LEAD, world.theirs(lead).id)
    assert theirs.done and theirs.kind is ActivityKind.TASK
    edits.undo(world.store, None, ME)
    push(world)
    assert not world.colleague.activities(LEAD, world.theirs(lead).id)[0].done
    edits.undo(world.store, None, ME)
    push(world)
    assert world.colleague.activities(LEAD, world.theirs(lead).id) == ()
    assert queries.record(world.store, lead).activities == ()


def test_a_record_that_a_colleague_deleted_is_refused_by_name(world: World) -> None:
    lead = world.lead()
    edits.link_thread(world.store, THREAD, lead, ME)
    world.colleague.delete(LEAD, world.theirs(lead).id)
    world.pull()
    assert [link.broken for link in queries.conversation(world.store, THREAD).links] == [True]
    for edit in (
        lambda: edits.change_record(world.store, lead, {"title": "X"}, {}, ME),
        lambda: edits.link_thread(world.store, 3, lead, ME),
        lambda: edits.add_activity(world.store, lead, ActivityKind.NOTE, "x", ME),
        lambda: edits.convert_lead(world.store, lead, Conversion(), ME),
    ):
        with pytest.raises(NotFound, match="Bø was deleted in the CRM"):
            edit()
    edits.unlink_thread(world.store, THREAD, lead, ME)
    assert queries.conversation(world.store, THREAD).links == ()
