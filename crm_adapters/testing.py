"""The conformance kit: an adapter's author subclasses `AdapterContract`, gives the fixture `adapter`, and runs pytest.

    class TestMyCrm(AdapterContract):
        @pytest.fixture
        def adapter(self): ...      # connected to a test server; records it makes may stay

Tests look at `adapter.capabilities`: what it can't do must raise NotSupported, what it can must hold.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from crm_adapters.contract import Adapter
from crm_model.errors import CursorExpired, NotFound, NotSupported, Rejected, StaleRevision
from crm_model.field_values import same_value
from crm_model.records import (
    Activity,
    ActivityKind,
    Conversion,
    Fields,
    FieldType,
    FieldValue,
    Record,
    RecordKind,
    emails_of,
)

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

HOSTILE = {
    "nul": "NUL\x00",
    "surrogate": "lone \ud800",
    "quote": "'; DROP TABLE leads; --",
    "markup": "<b>&amp;<a@b.example>",
    "bidi": "😀 \u202e",
    "long": "x" * 300_000,
}


def fresh_key() -> str:
    return f"contract-{uuid.uuid4().hex}"


def fresh_email() -> str:
    return f"{uuid.uuid4().hex[:12]}@contract.example"


class AdapterContract:
    """What every CRM backend must do."""

    def sample(self, kind: RecordKind) -> Fields:
        """Fields of a record that the CRM accepts; override for a CRM that wants more."""
        if kind in (RecordKind.LEAD, RecordKind.CONTACT):
            return {"first_name": "Ada", "last_name": "Ås", "email": fresh_email()}
        return {"name": f"Contract {uuid.uuid4().hex[:8]}"}

    def made(self, adapter: Adapter, kind: RecordKind, **fields: FieldValue) -> Record:
        return adapter.create(kind, {**self.sample(kind), **fields}, fresh_key())

    def name_field(self, kind: RecordKind) -> str:
        return "last_name" if kind in (RecordKind.LEAD, RecordKind.CONTACT) else "name"

    # --- what it is ------------------------------------------------------------------------------------

    def test_it_says_what_it_is(self, adapter: Adapter) -> None:
        info = adapter.test()
        assert info.product
        assert set(info.counts) <= set(adapter.capabilities.kinds)

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_fields_are_described(self, adapter: Adapter, kind: RecordKind) -> None:
        if kind not in adapter.capabilities.kinds:
            with pytest.raises(NotSupported):
                adapter.describe(kind)
            return
        specs = adapter.describe(kind)
        names = [spec.name for spec in specs]
        assert len(names) == len(set(names))
        assert set(self.sample(kind)) <= set(names)
        assert all(spec.options for spec in specs if spec.type is FieldType.PICKLIST)
        assert all(spec.target for spec in specs if spec.type is FieldType.REFERENCE)

    def test_owners_have_ids_of_their_own(self, adapter: Adapter) -> None:
        if not adapter.capabilities.owners:
            with pytest.raises(NotSupported):
                adapter.owners()
            return
        ids = [owner.id for owner in adapter.owners()]
        assert len(ids) == len(set(ids))

    # --- create and get --------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_a_created_record_reads_back(self, adapter: Adapter, kind: RecordKind) -> None:
        _need(kind in adapter.capabilities.kinds, kind)
        sent = self.sample(kind)
        made = adapter.create(kind, sent, fresh_key())
        held = adapter.get(kind, made.id)
        assert held == made
        assert made.revision
        assert made.modified_at.tzinfo is not None
        assert [name for name, value in sent.items() if not same_value(held.fields.get(name), value)] == []

    def test_the_same_key_creates_once(self, adapter: Adapter) -> None:
        key, fields = fresh_key(), self.sample(RecordKind.LEAD)
        first, second = (adapter.create(RecordKind.LEAD, fields, key) for _ in range(2))
        assert first.id == second.id
        assert [record.id for record in adapter.find_by_email(str(fields["email"]))] == [first.id]

    def test_another_key_creates_another_record(self, adapter: Adapter) -> None:
        fields = self.sample(RecordKind.LEAD)
        assert len({adapter.create(RecordKind.LEAD, fields, fresh_key()).id for _ in range(2)}) == 2

    def test_what_is_not_there_is_not_found(self, adapter: Adapter) -> None:
        for record_id in ("", "no-such-record", "0", "'; --", "x" * 5000, "\x00\ud800"):
            with pytest.raises(NotFound):
                adapter.get(RecordKind.LEAD, record_id)

    def test_a_value_outside_a_picklist_is_rejected_by_name(self, adapter: Adapter) -> None:
        for kind in adapter.capabilities.kinds:
            for spec in adapter.describe(kind):
                if spec.type is FieldType.PICKLIST and not spec.read_only:
                    with pytest.raises(Rejected) as refusal:
                        adapter.create(kind, {**self.sample(kind), spec.name: "no such option"}, fresh_key())
                    assert refusal.value.field_errors.get(spec.name)

    def test_an_unknown_field_is_rejected_not_dropped(self, adapter: Adapter) -> None:
        with pytest.raises(Rejected) as refusal:
            adapter.create(RecordKind.LEAD, {**self.sample(RecordKind.LEAD), "no_such_field": "x"}, fresh_key())
        assert refusal.value.field_errors.get("no_such_field")

    def test_a_rejected_creation_can_be_repeated_with_the_same_key(self, adapter: Adapter) -> None:
        key = fresh_key()
        with pytest.raises(Rejected):
            adapter.create(RecordKind.LEAD, {**self.sample(RecordKind.LEAD), "email": "nonsense"}, key)
        assert adapter.create(RecordKind.LEAD, self.sample(RecordKind.LEAD), key).id

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
    def test_hostile_text_is_stored_or_rejected_never_worse(self, adapter: Adapter, text: str) -> None:
        for name in ("last_name", "description"):
            try:
                made = self.made(adapter, RecordKind.LEAD, **{name: text})
            except Rejected as refusal:
                assert name in refusal.field_errors
            else:
                assert adapter.get(RecordKind.LEAD, made.id) == made

    # --- look up ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", [RecordKind.LEAD, RecordKind.CONTACT])
    def test_people_are_found_by_any_address_without_case(self, adapter: Adapter, kind: RecordKind) -> None:
        _need(kind in adapter.capabilities.kinds, kind)
        main, other = fresh_email(), fresh_email()
        made = self.made(adapter, kind, email=main, other_emails=(other,))
        for email in (main, other.upper()):
            (found,) = adapter.find_by_email(email)
            assert found.id == made.id
        assert emails_of(made.fields) == (main, other)

    @pytest.mark.parametrize("email", ["", "nobody@contract.example", "o'neil@contract.example", "%", "\x00"])
    def test_an_unknown_address_finds_nobody(self, adapter: Adapter, email: str) -> None:
        assert adapter.find_by_email(email) == ()

    # --- update ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_an_update_sets_only_what_it_names(self, adapter: Adapter, kind: RecordKind) -> None:
        _need(kind in adapter.capabilities.kinds, kind)
        made = self.made(adapter, kind, description="before")
        after = adapter.update(kind, made.id, {"description": "after"}, made.revision)
        assert after == adapter.get(kind, made.id)
        assert after.revision != made.revision
        assert after.fields["description"] == "after"
        name = self.name_field(kind)
        assert after.fields[name] == made.fields[name]

    def test_an_update_can_empty_a_field(self, adapter: Adapter) -> None:
        made = self.made(adapter, RecordKind.LEAD, description="before")
        after = adapter.update(RecordKind.LEAD, made.id, {"description": ""}, made.revision)
        assert not after.fields.get("description")

    def test_an_update_of_an_old_revision_changes_nothing(self, adapter: Adapter) -> None:
        made = self.made(adapter, RecordKind.LEAD)
        now = adapter.update(RecordKind.LEAD, made.id, {"description": "theirs"}, made.revision)
        with pytest.raises(StaleRevision):
            adapter.update(RecordKind.LEAD, made.id, {"description": "mine"}, made.revision)
        assert adapter.get(RecordKind.LEAD, made.id) == now

    def test_a_rejected_update_changes_nothing(self, adapter: Adapter) -> None:
        made = self.made(adapter, RecordKind.LEAD)
        with pytest.raises(Rejected) as refusal:
            adapter.update(RecordKind.LEAD, made.id, {"description": "x", "email": "nonsense"}, made.revision)
        assert "email" in refusal.value.field_errors
        assert adapter.get(RecordKind.LEAD, made.id) == made

    def test_an_update_of_nothing_is_not_found(self, adapter: Adapter) -> None:
        with pytest.raises(NotFound):
            adapter.update(RecordKind.LEAD, "no-such-record", {"description": "x"}, "1")

    # --- changes ---------------------------------------------------------------------------------------

    def test_changes_name_every_record_from_the_beginning(self, adapter: Adapter) -> None:
        made = [self.made(adapter, RecordKind.LEAD).id for _ in range(5)]
        seen, _, _ = _drain(adapter, RecordKind.LEAD, "", limit=2)
        assert set(made) <= set(seen)

    def test_changes_since_a_cursor_name_what_changed_later(self, adapter: Adapter) -> None:
        old = self.made(adapter, RecordKind.LEAD)
        _, _, cursor = _drain(adapter, RecordKind.LEAD, "")
        new = self.made(adapter, RecordKind.LEAD)
        adapter.update(RecordKind.LEAD, old.id, {"description": "x"}, old.revision)
        seen, _, later = _drain(adapter, RecordKind.LEAD, cursor)
        assert {old.id, new.id} <= set(seen)
        assert later != cursor

    def test_a_page_can_be_read_again(self, adapter: Adapter) -> None:
        _, _, cursor = _drain(adapter, RecordKind.LEAD, "")
        made = self.made(adapter, RecordKind.LEAD)
        for _ in range(2):
            assert made.id in [record.id for record in adapter.changes(RecordKind.LEAD, cursor).records]

    def test_a_cursor_from_elsewhere_is_expired(self, adapter: Adapter) -> None:
        with pytest.raises(CursorExpired):
            adapter.changes(RecordKind.LEAD, "not a cursor of this CRM")

    # --- delete ----------------------------------------------------------------------------------------

    def test_a_deleted_record_is_gone_and_said_to_be(self, adapter: Adapter) -> None:
        made = self.made(adapter, RecordKind.LEAD)
        if not adapter.capabilities.delete:
            with pytest.raises(NotSupported):
                adapter.delete(RecordKind.LEAD, made.id)
            return
        _, _, cursor = _drain(adapter, RecordKind.LEAD, "")
        for _ in range(2):
            adapter.delete(RecordKind.LEAD, made.id)
        with pytest.raises(NotFound):
            adapter.get(RecordKind.LEAD, made.id)
        assert adapter.find_by_email(str(made.fields["email"])) == ()
        if adapter.capabilities.deletions:
            assert made.id in _drain(adapter, RecordKind.LEAD, cursor)[1]

    # --- conversion ------------------------------------------------------------------------------------

    def test_a_lead_converts_once_per_key(self, adapter: Adapter) -> None:
        lead, key = self.made(adapter, RecordKind.LEAD), fresh_key()
        conversion = Conversion(
            account=self.sample(RecordKind.ACCOUNT), opportunity=self.sample(RecordKind.OPPORTUNITY)
        )
        if not adapter.capabilities.convert_lead:
            with pytest.raises(NotSupported):
                adapter.convert_lead(lead.id, conversion, key)
            return
        first, second = (adapter.convert_lead(lead.id, conversion, key) for _ in range(2))
        assert first == second
        assert first.account is not None
        assert first.opportunity is not None
        assert first.contact.fields["email"] == lead.fields["email"]
        assert first.contact.fields["account_id"] == first.opportunity.fields["account_id"] == first.account.id
        with pytest.raises(Rejected):
            adapter.convert_lead(lead.id, conversion, fresh_key())

    def test_a_lead_joins_an_account_that_is_there(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.convert_lead, "conversion")
        account = self.made(adapter, RecordKind.ACCOUNT)
        converted = adapter.convert_lead(
            self.made(adapter, RecordKind.LEAD).id, Conversion(account_id=account.id), fresh_key()
        )
        assert converted.contact.fields["account_id"] == account.id
        assert converted.opportunity is None

    def test_a_rejected_conversion_leaves_nothing_behind(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.convert_lead, "conversion")
        lead = self.made(adapter, RecordKind.LEAD)
        _, _, cursor = _drain(adapter, RecordKind.ACCOUNT, "")
        wrong = Conversion(account=self.sample(RecordKind.ACCOUNT), opportunity={"name": "x", "amount": "1,5"})
        with pytest.raises(Rejected):
            adapter.convert_lead(lead.id, wrong, fresh_key())
        assert _drain(adapter, RecordKind.ACCOUNT, cursor)[0] == []
        assert adapter.get(RecordKind.LEAD, lead.id) == lead

    # --- activities ------------------------------------------------------------------------------------

    def test_activities_are_logged_once_and_listed_newest_first(self, adapter: Adapter) -> None:
        lead, key = self.made(adapter, RecordKind.LEAD), fresh_key()
        older = _activity(lead, ActivityKind.CALL, AT - timedelta(days=1))
        if not adapter.capabilities.activities:
            with pytest.raises(NotSupported):
                adapter.log_activity(older, key)
            return
        assert len({adapter.log_activity(older, key) for _ in range(2)}) == 1
        newer = adapter.log_activity(_activity(lead, ActivityKind.NOTE, AT), fresh_key())
        found = adapter.activities(RecordKind.LEAD, lead.id)
        assert [activity.kind for activity in found] == [ActivityKind.NOTE, ActivityKind.CALL]
        assert found[0].id == newer
        assert adapter.activities(RecordKind.LEAD, lead.id, limit=1) == found[:1]

    def test_an_e_mail_is_logged_once_per_message_id(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.activities, "activities")
        lead = self.made(adapter, RecordKind.LEAD)
        mail = _activity(lead, ActivityKind.EMAIL, AT, message_id=f"<{uuid.uuid4().hex}@contract.example>")
        assert len({adapter.log_activity(mail, fresh_key()) for _ in range(2)}) == 1
        (held,) = adapter.activities(RecordKind.LEAD, lead.id)
        assert (held.message_id, held.direction) == (mail.message_id, mail.direction)

    def test_a_task_is_done_and_undone_and_taken_back(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.activities, "activities")
        lead = self.made(adapter, RecordKind.LEAD)
        task = adapter.log_activity(_activity(lead, ActivityKind.TASK, AT, due_at=AT), fresh_key())
        for done in (True, False):
            adapter.update_activity(task, done=done)
            (held,) = adapter.activities(RecordKind.LEAD, lead.id)
            assert (held.done, held.due_at) == (done, AT)
        for _ in range(2):
            adapter.delete_activity(task)
        assert adapter.activities(RecordKind.LEAD, lead.id) == ()
        with pytest.raises(NotFound):
            adapter.update_activity(task, done=True)

    def test_an_activity_makes_no_edit_stale(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.activities, "activities")
        lead = self.made(adapter, RecordKind.LEAD)
        adapter.log_activity(_activity(lead, ActivityKind.NOTE, AT), fresh_key())
        assert adapter.update(RecordKind.LEAD, lead.id, {"description": "x"}, lead.revision)

    def test_activities_of_nothing_are_not_found(self, adapter: Adapter) -> None:
        _need(adapter.capabilities.activities, "activities")
        with pytest.raises(NotFound):
            adapter.activities(RecordKind.LEAD, "no-such-record")
        with pytest.raises(NotFound):
            adapter.log_activity(
                Activity(ActivityKind.NOTE, "x", AT, ((RecordKind.LEAD, "no-such-record"),)), fresh_key()
            )

    def test_closing_twice_is_harmless(self, adapter: Adapter) -> None:
        adapter.close()
        adapter.close()


def _need(ability: object, name: object) -> None:
    if not ability:
        pytest.skip(f"this CRM has no {name}")


def _activity(
    record: Record, kind: ActivityKind, at: datetime, *, message_id: str = "", due_at: datetime | None = None
) -> Activity:
    return Activity(
        kind,
        "About the quote",
        at,
        ((record.kind, record.id),),
        body="Text",
        direction="in" if message_id else "",
        message_id=message_id,
        due_at=due_at,
    )


def _drain(adapter: Adapter, kind: RecordKind, cursor: str, *, limit: int = 200) -> tuple[list[str], list[str], str]:
    """Every id changed and removed since `cursor`, and the cursor after."""
    changed: list[str] = []
    removed: list[str] = []
    for _ in range(10_000):
        page = adapter.changes(kind, cursor, limit)
        changed += [record.id for record in page.records]
        removed += page.removed
        cursor = page.cursor
        if not page.more:
            return changed, removed, cursor
    raise AssertionError("changes() never ends")
