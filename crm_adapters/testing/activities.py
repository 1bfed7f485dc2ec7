"""What happened with a record is logged once, listed, done and taken back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.testing.samples import Samples, a_while_ago, fresh_key, lacks, need
from crm_model.errors import NotFound, NotSupported
from crm_model.records import Activity, ActivityKind, Record, RecordKind

LEAD, CONTACT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.OPPORTUNITY
HOUR = timedelta(hours=1)


class ActivitiesContract(Samples):
    @pytest.mark.parametrize("kind", list(ActivityKind))
    def test_each_kind_of_activity_is_logged_once_and_read_back(self, adapter: Adapter, kind: ActivityKind) -> None:
        lead, key = self.made(adapter, LEAD), fresh_key()
        sent = activity_of(lead, kind, a_while_ago())
        if lacks(adapter, kind in adapter.capabilities.activities, lambda: adapter.log_activity(sent, key)):
            return
        assert len({adapter.log_activity(sent, key) for _ in range(2)}) == 1
        (held,) = adapter.activities(LEAD, lead.id)
        assert held.kind is kind
        assert held.id
        assert "quote for 300 m² – ødelagt" in f"{held.subject} {held.body}"
        assert "Text & <b>more</b>" in held.body
        assert (LEAD, lead.id) in held.about

    def test_activities_are_listed_newest_first(self, adapter: Adapter) -> None:
        need({ActivityKind.CALL, ActivityKind.TASK} <= adapter.capabilities.activities, "calls and tasks")
        lead, at = self.made(adapter, LEAD), a_while_ago()
        old = adapter.log_activity(activity_of(lead, ActivityKind.CALL, at - 48 * HOUR), fresh_key())
        new = adapter.log_activity(activity_of(lead, ActivityKind.CALL, at), fresh_key())
        found = adapter.activities(LEAD, lead.id)
        assert [each.id for each in found] == [new, old]
        assert [each.at for each in found] == [at, at - 48 * HOUR]
        assert adapter.activities(LEAD, lead.id, limit=1) == found[:1]

    def test_an_e_mail_is_logged_once_per_message_id(self, adapter: Adapter) -> None:
        need(ActivityKind.EMAIL in adapter.capabilities.activities, "e-mails")
        lead = self.made(adapter, LEAD)
        mail = activity_of(lead, ActivityKind.EMAIL, a_while_ago())
        assert len({adapter.log_activity(mail, fresh_key()) for _ in range(2)}) == 1
        (held,) = adapter.activities(LEAD, lead.id)
        assert (held.at, held.direction) == (mail.at, mail.direction)
        if adapter.capabilities.message_ids:
            assert held.message_id == mail.message_id
        other = activity_of(lead, ActivityKind.EMAIL, mail.at)
        adapter.log_activity(other, fresh_key())
        assert len(adapter.activities(LEAD, lead.id)) == 2, "the same subject at the same time is another e-mail"

    def test_an_e_mail_hangs_on_the_person_and_the_opportunity(self, adapter: Adapter) -> None:
        need(ActivityKind.EMAIL in adapter.capabilities.activities, "e-mails")
        need({CONTACT, OPPORTUNITY} <= adapter.capabilities.kinds, "contacts and opportunities")
        person, deal = self.made(adapter, CONTACT), self.made(adapter, OPPORTUNITY)
        adapter.log_activity(activity_of(person, ActivityKind.EMAIL, a_while_ago(), deal), fresh_key())
        for record in (person, deal):
            (held,) = adapter.activities(record.kind, record.id)
            assert held.subject == "About the quote for 300 m² – ødelagt"

    def test_a_task_is_done_and_undone_and_taken_back(self, adapter: Adapter) -> None:
        need(ActivityKind.TASK in adapter.capabilities.activities, "tasks")
        lead = self.made(adapter, LEAD)
        due_at = a_while_ago() + 72 * HOUR
        task = adapter.log_activity(activity_of(lead, ActivityKind.TASK, a_while_ago(), due_at=due_at), fresh_key())
        for done in (True, False):
            adapter.update_activity(task, done=done)
            (held,) = adapter.activities(LEAD, lead.id)
            assert held.done is done
            assert held.due_at is not None
            assert held.due_at.date() == due_at.date()
        for _ in range(2):
            adapter.delete_activity(task)
        assert adapter.activities(LEAD, lead.id) == ()
        with pytest.raises(NotFound):
            adapter.update_activity(task, done=True)

    @pytest.mark.parametrize("kind", list(ActivityKind))
    def test_each_kind_of_activity_is_taken_back(self, adapter: Adapter, kind: ActivityKind) -> None:
        need(kind in adapter.capabilities.activities, kind)
        lead = self.made(adapter, LEAD)
        logged = adapter.log_activity(activity_of(lead, kind, a_while_ago()), fresh_key())
        adapter.delete_activity(logged)
        assert adapter.activities(LEAD, lead.id) == ()

    def test_an_activity_makes_no_edit_stale(self, adapter: Adapter) -> None:
        need(adapter.capabilities.activities, "activities")
        lead = self.made(adapter, LEAD)
        for kind in sorted(adapter.capabilities.activities):
            adapter.log_activity(activity_of(lead, kind, a_while_ago()), fresh_key())
        assert adapter.update(LEAD, lead.id, {"description": "x"}, lead.revision)

    def test_activities_of_nothing_are_not_found(self, adapter: Adapter) -> None:
        need(adapter.capabilities.activities, "activities")
        with pytest.raises(NotFound):
            adapter.activities(LEAD, "no-such-record")
        for kind in sorted(adapter.capabilities.activities):
            with pytest.raises(NotFound):
                adapter.log_activity(Activity(kind, "x", a_while_ago(), ((LEAD, "no-such-record"),)), fresh_key())

    def test_a_crm_without_activities_says_so(self, adapter: Adapter) -> None:
        if adapter.capabilities.activities:
            pytest.skip("this CRM has activities")
        lead = self.made(adapter, LEAD)
        with pytest.raises(NotSupported):
            adapter.activities(LEAD, lead.id)
        with pytest.raises(NotSupported):
            adapter.update_activity("x", done=True)
        with pytest.raises(NotSupported):
            adapter.delete_activity("x")


def activity_of(
    record: Record, kind: ActivityKind, at: datetime, *more: Record, due_at: datetime | None = None
) -> Activity:
    """An activity about these records, with text that a careless server would mangle."""
    is_mail = kind is ActivityKind.EMAIL
    return Activity(
        kind,
        "About the quote for 300 m² – ødelagt",
        at,
        tuple((each.kind, each.id) for each in (record, *more)),
        body="Text & <b>more</b> from Ås\nsecond line",
        direction="in" if is_mail else "",
        message_id=f"<{uuid.uuid4().hex}@contract.example>" if is_mail else "",
        sender=str(record.fields["email"]) if is_mail else "",
        recipients=("sales@contract.example",) if is_mail else (),
        due_at=due_at,
        ends_at=at + HOUR / 2 if kind in (ActivityKind.CALL, ActivityKind.MEETING) else None,
        done=kind in (ActivityKind.CALL, ActivityKind.MEETING),
    )
