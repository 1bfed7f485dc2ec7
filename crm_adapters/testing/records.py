"""Records are made once, found, changed in the named fields only, never over somebody else's edit."""

from __future__ import annotations

import pytest

from crm_adapters.contract import Adapter, Write
from crm_adapters.testing.samples import PEOPLE, Samples, assert_same, fresh_email, fresh_key, need, not_stored
from crm_model.errors import NotFound, Rejected, StaleRevision
from crm_model.records import FieldType, FieldValue, Record, RecordKind, emails_of

HOSTILE = {
    "nul": "NUL\x00",
    "surrogate": "lone \ud800",
    "quote": "'; DROP TABLE leads; -- O'Brien \\ \"x\"",
    "markup": "<b>&amp;<a@b.example> a < b &lt;x&gt;",
    "bidi": "😀 \u202e",
    "long": "x" * 300_000,
}
LEAD = RecordKind.LEAD


class RecordsContract(Samples):
    # --- create and get --------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_a_created_record_reads_back(self, adapter: Adapter, kind: RecordKind) -> None:
        need(kind in adapter.capabilities.kinds, kind)
        sent = self.sample(adapter, kind)
        made = adapter.create(kind, sent, fresh_key())
        assert_same(adapter.get(kind, made.id), made)
        assert made.revision
        assert made.modified_at.tzinfo is not None
        assert not_stored(sent, made) == []

    def test_amounts_dates_and_numbers_read_back(self, adapter: Adapter) -> None:
        need(RecordKind.OPPORTUNITY in adapter.capabilities.kinds, RecordKind.OPPORTUNITY)
        known = {spec.name for spec in adapter.describe(RecordKind.OPPORTUNITY) if not spec.read_only}
        wanted: dict[str, FieldValue] = {"amount": "1234.56", "closes_on": "2027-02-28", "probability": 35}
        sent = {name: value for name, value in wanted.items() if name in known}
        made = self.made(adapter, RecordKind.OPPORTUNITY, **sent)
        assert not_stored(sent, adapter.get(RecordKind.OPPORTUNITY, made.id)) == []
        after = adapter.update(RecordKind.OPPORTUNITY, made.id, {"amount": "0.50"}, made.revision)
        assert after.fields["amount"] == "0.50"

    def test_the_same_key_creates_once(self, adapter: Adapter) -> None:
        key, fields = fresh_key(), self.sample(adapter, LEAD)
        first, second = (adapter.create(LEAD, fields, key) for _ in range(2))
        assert first.id == second.id
        assert [record.id for record in adapter.find_by_email(str(fields["email"]))] == [first.id]

    def test_another_key_creates_another_record(self, adapter: Adapter) -> None:
        fields = self.sample(adapter, LEAD)
        first = adapter.create(LEAD, fields, fresh_key())
        again = adapter.create(LEAD, fields, fresh_key())
        other = adapter.create(LEAD, {**fields, "description": "Another enquiry"}, fresh_key())
        assert other.id != first.id
        assert (again.id == first.id) is not adapter.capabilities.keeps_keys, "without keys the content is the key"

    def test_what_is_not_there_is_not_found(self, adapter: Adapter) -> None:
        for record_id in ("", "no-such-record", "0", "'; --", "../User", "x" * 5000, "\x00\ud800"):
            with pytest.raises(NotFound):
                adapter.get(LEAD, record_id)

    def test_a_value_outside_a_picklist_is_rejected_by_name(self, adapter: Adapter) -> None:
        for kind in sorted(adapter.capabilities.kinds):
            for spec in adapter.describe(kind):
                if spec.type is FieldType.PICKLIST and not spec.read_only:
                    with pytest.raises(Rejected) as refusal:
                        adapter.create(kind, {**self.sample(adapter, kind), spec.name: "no such option"}, fresh_key())
                    assert refusal.value.field_errors.get(spec.name)

    def test_what_a_crm_would_mangle_is_rejected_by_name(self, adapter: Adapter) -> None:
        need(RecordKind.OPPORTUNITY in adapter.capabilities.kinds, RecordKind.OPPORTUNITY)
        wrong = {"amount": "1.234,56", "closes_on": "2026-02-30", "owner": "no such owner"}
        specs = {spec.name: spec for spec in adapter.describe(RecordKind.OPPORTUNITY)}
        for name in wrong.keys() & specs.keys():
            with pytest.raises(Rejected) as refusal:
                self.made(adapter, RecordKind.OPPORTUNITY, **{name: wrong[name]})
            assert refusal.value.field_errors.get(name)

    def test_an_unknown_field_is_rejected_not_dropped(self, adapter: Adapter) -> None:
        with pytest.raises(Rejected) as refusal:
            self.made(adapter, LEAD, no_such_field="x")
        assert refusal.value.field_errors.get("no_such_field")

    def test_a_rejected_creation_can_be_repeated_with_the_same_key(self, adapter: Adapter) -> None:
        key = fresh_key()
        with pytest.raises(Rejected):
            adapter.create(LEAD, {**self.sample(adapter, LEAD), "email": "nonsense"}, key)
        assert adapter.create(LEAD, self.sample(adapter, LEAD), key).id

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
    def test_hostile_text_is_stored_or_rejected_never_worse(self, adapter: Adapter, text: str) -> None:
        for name in ("last_name", "description"):
            try:
                made = self.made(adapter, LEAD, **{name: text})
            except Rejected as refusal:
                assert name in refusal.field_errors
            else:
                assert_same(adapter.get(LEAD, made.id), made)

    def test_emoji_survive_or_become_words(self, adapter: Adapter) -> None:
        made = self.made(adapter, LEAD, description="Hei 😀!")
        held = str(adapter.get(LEAD, made.id).fields.get("description"))
        assert held == "Hei 😀!" if adapter.capabilities.emoji else "?" not in held
        assert held.startswith("Hei ")

    # --- look up ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", PEOPLE)
    def test_people_are_found_by_any_address_without_case(self, adapter: Adapter, kind: RecordKind) -> None:
        need(kind in adapter.capabilities.kinds, kind)
        main, other = fresh_email(), fresh_email()
        many = "other_emails" in {spec.name for spec in adapter.describe(kind) if not spec.read_only}
        made = self.made(adapter, kind, email=main, **({"other_emails": (other,)} if many else {}))
        for email in (main, other.upper()) if many else (main.upper(),):
            (found,) = adapter.find_by_email(email)
            assert found.id == made.id
        assert emails_of(made.fields) == ((main, other) if many else (main,))

    def test_several_addresses_find_each_person_once(self, adapter: Adapter) -> None:
        one, two = self.made(adapter, LEAD), self.made(adapter, LEAD)
        emails = [str(made.fields["email"]) for made in (one, two, one)]
        found = adapter.find_by_email(*emails, "nobody@contract.example")
        assert sorted(record.id for record in found) == sorted((one.id, two.id))
        assert adapter.find_by_email() == ()

    @pytest.mark.parametrize("address", ["o'neil.{}@contract.example", "plus+tag.{}@contract.example"])
    def test_odd_addresses_are_found(self, adapter: Adapter, address: str) -> None:
        email = address.format(fresh_email().partition("@")[0])
        made = self.made(adapter, LEAD, email=email)
        assert [record.id for record in adapter.find_by_email(email)] == [made.id]

    @pytest.mark.parametrize(
        "email", ["", "nobody@contract.example", "o'nobody@contract.example", "%", "\x00", "' or 1=1"]
    )
    def test_an_unknown_address_finds_nobody(self, adapter: Adapter, email: str) -> None:
        assert adapter.find_by_email(email) == ()

    # --- update ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_an_update_sets_only_what_it_names(self, adapter: Adapter, kind: RecordKind) -> None:
        need(kind in adapter.capabilities.kinds, kind)
        made = self.made(adapter, kind, description="before")
        after = adapter.update(kind, made.id, {"description": "after"}, made.revision)
        assert_same(after, adapter.get(kind, made.id))
        assert after.revision != made.revision
        assert after.fields["description"] == "after"
        kept = {name: value for name, value in made.fields.items() if name != "description"}
        assert not_stored(kept, after) == []

    def test_an_update_can_empty_a_field(self, adapter: Adapter) -> None:
        made = self.made(adapter, LEAD, description="before")
        after = adapter.update(LEAD, made.id, {"description": ""}, made.revision)
        assert not after.fields.get("description")
        assert not adapter.get(LEAD, made.id).fields.get("description")

    @pytest.mark.parametrize("kind", PEOPLE)
    def test_an_address_is_changed_or_the_change_refused(self, adapter: Adapter, kind: RecordKind) -> None:
        need(kind in adapter.capabilities.kinds, kind)
        made, email = self.made(adapter, kind), fresh_email()
        try:
            after = adapter.update(kind, made.id, {"email": email}, made.revision)
        except Rejected as refusal:
            assert "email" in refusal.field_errors
        else:
            assert after.fields["email"] == adapter.get(kind, made.id).fields["email"] == email
            assert [record.id for record in adapter.find_by_email(email)] == [made.id]

    def test_an_update_of_an_old_revision_changes_nothing(self, adapter: Adapter) -> None:
        made = self.made(adapter, LEAD)
        now = adapter.update(LEAD, made.id, {"description": "theirs"}, made.revision)
        with pytest.raises(StaleRevision):
            adapter.update(LEAD, made.id, {"description": "mine"}, made.revision)
        assert_same(adapter.get(LEAD, made.id), now)

    def test_a_rejected_update_changes_nothing(self, adapter: Adapter) -> None:
        made = self.made(adapter, LEAD)
        with pytest.raises(Rejected) as refusal:
            adapter.update(LEAD, made.id, {"description": "x", "email": "nonsense"}, made.revision)
        assert "email" in refusal.value.field_errors
        assert_same(adapter.get(LEAD, made.id), made)

    def test_an_update_of_nothing_is_not_found(self, adapter: Adapter) -> None:
        with pytest.raises(NotFound):
            adapter.update(LEAD, "no-such-record", {"description": "x"}, "1")

    # --- batches ---------------------------------------------------------------------------------------

    def test_a_batch_answers_in_order_and_a_failure_stays_its_own(self, adapter: Adapter) -> None:
        held = self.made(adapter, LEAD)
        good, key = self.sample(adapter, LEAD), fresh_key()
        writes = (
            Write(LEAD, good, key=key),
            Write(LEAD, {**self.sample(adapter, LEAD), "email": "nonsense"}, key=fresh_key()),
            Write(LEAD, {"description": "after"}, record_id=held.id, if_revision=held.revision),
            Write(LEAD, {"description": "x"}, record_id="no-such-record", if_revision="1"),
            Write(LEAD, good, key=key),
        )
        made, refused, changed, missing, again = adapter.write(writes)
        assert isinstance(made, Record)
        assert isinstance(again, Record)
        assert made.id == again.id
        assert isinstance(refused, Rejected)
        assert isinstance(changed, Record)
        assert_same(adapter.get(LEAD, held.id), changed)
        assert isinstance(missing, NotFound)
        assert adapter.write(()) == ()
