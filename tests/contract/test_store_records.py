"""Records, their look-ups, and the changes on their way to a CRM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_model.changes import ChangeKind, ChangeState
from crm_model.records import ActivityKind, Fields, Record, RecordKind
from sync.arrivals import take_record
from sync.store import activities, known_records, outbox, records
from sync.store.database import Store, Unit
from sync.store.status import status
from sync.store.tables import outbox as outbox_table

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


@pytest.fixture
def store(any_store: Store) -> Store:
    return any_store


def remote(kind: RecordKind, record_id: str, fields: Fields, revision: str = "1") -> Record:
    return Record(kind, record_id, fields, revision, NOW, "Ada")


def store_remote(unit: Unit, crm: str, record: Record) -> int:
    take_record(unit, crm, record, NOW)
    stored = records.by_remote(unit, crm, record.kind, record.id)
    assert stored is not None
    return stored.id


def update(unit: Unit, key: str, record_id: int, fields: Fields) -> int:
    return outbox.enqueue(
        unit, crm="crm", kind=ChangeKind.UPDATE, key=key, record_id=record_id, fields=fields, author="Ada", now=NOW
    )


def claim(unit: Unit, at: datetime = NOW, limit: int = 10, worker: str = "") -> list[str]:
    worker = worker or f"worker-{unit.execute(sa.select(sa.func.sum(outbox_table.c.attempts))).scalar_one()}"
    return [change.key for change in outbox.claim(unit, "crm", worker, limit=limit, now=at, lease_seconds=60)]


def test_a_local_record_is_found_by_every_address_without_case(store: Store) -> None:
    with store.write() as unit:
        lead = records.insert_local(
            unit, "crm", LEAD, {"last_name": "Bø", "email": "Ida@Bo.example", "other_emails": ("ida@home.example",)}
        )
        found = known_records.by_emails(unit, ["IDA@bo.example", "ida@HOME.example ", "x@y.example"])
    assert {email: [record.id for record in held] for email, held in found.items()} == {
        "ida@bo.example": [lead],
        "ida@home.example": [lead],
    }


def test_changed_addresses_and_domains_are_found_and_old_ones_are_not(store: Store) -> None:
    with store.write() as unit:
        lead = records.insert_local(unit, "crm", LEAD, {"email": "old@bo.example"})
        account = records.insert_local(unit, "crm", ACCOUNT, {"name": "Bo", "domains": ("bo.example",)})
        records.set_fields(unit, lead, {"email": "new@bo.example"})
        records.set_fields(unit, account, {"domains": ("boo.example",)})
        assert list(known_records.by_emails(unit, ["old@bo.example", "new@bo.example"])) == ["new@bo.example"]
        assert list(known_records.accounts_by_domains(unit, ["bo.example", "boo.example"])) == ["boo.example"]


def test_an_account_without_domains_is_found_by_its_website(store: Store) -> None:
    with store.write() as unit:
        records.insert_local(unit, "crm", ACCOUNT, {"name": "Bo", "website": "https://www.Bo.example/om-oss"})
        records.insert_local(unit, "crm", ACCOUNT, {"name": "Broken", "website": "http://[::"})
        assert list(known_records.accounts_by_domains(unit, ["bo.example"])) == ["bo.example"]


def test_open_opportunities_follow_local_and_remote_accounts(store: Store) -> None:
    with store.write() as unit:
        account = records.insert_local(unit, "crm", ACCOUNT, {"name": "Bo"})
        deal = records.insert_local(
            unit, "crm", OPPORTUNITY, {"name": "Kiosk", "account_id": f"local:{account}", "probability": 20}
        )
        won = {"name": "Old", "account_id": f"local:{account}", "probability": 100}
        records.insert_local(unit, "crm", OPPORTUNITY, won)
        assert [record.id for record in known_records.open_opportunities(unit, [account])[account]] == [deal]
        stored = records.get(unit, account)
        assert stored is not None
        records.store_answers(unit, [(stored, remote(ACCOUNT, "A1", {"name": "Bo"}), {"name": "Bo"})])
        records.replace_references(unit, "crm", {account: "A1"})
        (found,) = known_records.open_opportunities(unit, [account])[account]
        assert (found.id, found.account_id, found.fields["account_id"]) == (deal, account, "A1")


def test_a_converted_lead_names_its_contact(store: Store) -> None:
    with store.write() as unit:
        lead = store_remote(unit, "crm", remote(LEAD, "L1", {"email": "ida@bo.example"}))
        contact = store_remote(unit, "crm", remote(CONTACT, "C1", {"email": "ida@bo.example"}))
        records.mark_converted(unit, lead, contact)
        held = known_records.known(unit, [lead, contact])
    assert (held[lead].converted_to, held[lead].is_open) == (contact, False)
    assert held[contact].is_open


def test_deleted_records_leave_every_look_up_but_stay(store: Store) -> None:
    with store.write() as unit:
        lead = store_remote(unit, "crm", remote(LEAD, "L1", {"email": "ida@bo.example"}))
        assert records.mark_deleted(unit, "crm", LEAD, ["L1", "L2"]) == [lead]
        assert known_records.by_emails(unit, ["ida@bo.example"]) == {}
        assert known_records.known(unit, [lead]) == {}
        stored = records.get(unit, lead)
        assert stored is not None
        assert stored.state == "deleted"
        store_remote(unit, "crm", remote(LEAD, "L1", {"email": "ida@bo.example"}, "2"))
        assert list(known_records.known(unit, [lead])) == [lead]


def test_hostile_text_is_stored_without_what_no_database_takes(store: Store) -> None:
    with store.write() as unit:
        lead = records.insert_local(
            unit, "crm", LEAD, {"last_name": "B\x00ø\ud800", "email": "x" * 5000 + "@y.example"}
        )
        stored = records.get(unit, lead)
    assert stored is not None
    assert stored.title == "Bø\ufffd"


def test_changes_of_one_record_go_out_one_by_one_in_order(store: Store) -> None:
    with store.write() as unit:
        one = store_remote(unit, "crm", remote(LEAD, "L1", {}))
        two = store_remote(unit, "crm", remote(LEAD, "L2", {}))
        first = update(unit, "1a", one, {"title": "a"})
        update(unit, "1b", one, {"title": "b"})
        update(unit, "2a", two, {"title": "c"})
        assert claim(unit) == ["1a", "2a"]
        assert claim(unit) == []
        outbox.settle(unit, first, ChangeState.DONE, now=NOW)
        assert claim(unit) == ["1b"]


def test_a_postponed_change_holds_back_only_its_own_record(store: Store) -> None:
    with store.write() as unit:
        one = store_remote(unit, "crm", remote(LEAD, "L1", {}))
        first = update(unit, "1a", one, {"title": "a"})
        update(unit, "1b", one, {"title": "b"})
        claim(unit)
        outbox.postpone(unit, first, NOW + timedelta(minutes=5), "no answer")
        assert claim(unit) == []
        assert claim(unit, NOW + timedelta(minutes=5)) == ["1a"]


def test_a_claim_that_ran_out_can_be_claimed_again(store: Store) -> None:
    with store.write() as unit:
        update(unit, "a", store_remote(unit, "crm", remote(LEAD, "L1", {})), {"title": "a"})
        assert claim(unit) == ["a"]
        assert claim(unit, NOW + timedelta(seconds=59)) == []
        assert claim(unit, NOW + timedelta(seconds=61)) == ["a"]


def test_a_worker_takes_up_what_it_held_when_it_was_killed(store: Store) -> None:
    with store.write() as unit:
        update(unit, "a", store_remote(unit, "crm", remote(LEAD, "L1", {})), {"title": "a"})
        assert claim(unit, worker="one") == ["a"]
        assert claim(unit, worker="two") == []
        assert claim(unit, worker="one") == ["a"]


def test_the_same_key_is_enqueued_once(store: Store) -> None:
    with store.write() as unit:
        lead = records.insert_local(unit, "crm", LEAD, {})
        assert update(unit, "a", lead, {}) == update(unit, "a", lead, {})
        assert status(unit).changes == {"pending": 1}


def test_only_an_untried_change_can_be_cancelled(store: Store) -> None:
    with store.write() as unit:
        lead = store_remote(unit, "crm", remote(LEAD, "L1", {}))
        first, second = update(unit, "a", lead, {}), update(unit, "b", lead, {})
        claim(unit)
        assert not outbox.cancel(unit, first, NOW)
        assert outbox.cancel(unit, second, NOW)
        outbox.postpone(unit, first, NOW, "")
        assert not outbox.cancel(unit, first, NOW)


def test_an_activity_waits_for_its_record_but_holds_up_no_edit(store: Store) -> None:
    with store.write() as unit:
        lead = records.insert_local(unit, "crm", LEAD, {"email": "a@b.example"})
        note = activities.insert(
            unit,
            crm="crm",
            key="note",
            kind=ActivityKind.NOTE,
            record_id=lead,
            subject="Hi",
            body="",
            author="Ada",
            at=NOW,
        )
        outbox.enqueue(
            unit,
            crm="crm",
            kind=ChangeKind.LOG,
            key="n",
            record_id=lead,
            activity_id=note,
            author="Ada",
            now=NOW,
        )
        update(unit, "u", lead, {"title": "x"})
        assert claim(unit) == ["u"]
        stored = records.get(unit, lead)
        assert stored is not None
        records.store_answers(unit, [(stored, remote(LEAD, "L1", {}), {})])
        (logged,) = outbox.claim(unit, "crm", "w", limit=5, now=NOW, lease_seconds=9)
        assert logged.activity is not None
        assert logged.activity.about == ((LEAD, "L1"),)


def test_one_record_known_twice_becomes_one(store: Store) -> None:
    with store.write() as unit:
        mine = records.insert_local(unit, "crm", LEAD, {"email": "a@b.example"})
        pulled = store_remote(unit, "crm", remote(LEAD, "L1", {"email": "a@b.example"}))
        change = update(unit, "k", pulled, {"title": "x"})
        records.absorb(unit, mine, pulled)
        moved = outbox.get(unit, change)
        assert moved is not None
        assert moved.record_id == mine
        assert [record.id for record in known_records.by_emails(unit, ["a@b.example"])["a@b.example"]] == [mine]


def test_a_deal_is_found_by_its_people_and_an_account_by_its_parent(store: Store) -> None:
    with store.write() as unit:
        person = records.insert_local(unit, "crm", CONTACT, {"last_name": "Bø"})
        helper = store_remote(unit, "crm", remote(CONTACT, "C7", {"last_name": "Li"}))
        deal = records.insert_local(
            unit,
            "crm",
            OPPORTUNITY,
            {"name": "Site", "stage": "new", "contact_id": f"local:{person}", "other_contacts": ("C7",)},
        )
        records.insert_local(unit, "crm", OPPORTUNITY, {"name": "Old", "stage": "won", "contact_id": "C7"})
        records.insert_local(unit, "other", OPPORTUNITY, {"name": "Elsewhere", "stage": "new", "contact_id": "C7"})
        group = records.insert_local(unit, "crm", ACCOUNT, {"name": "Group"})
        child = records.insert_local(unit, "crm", ACCOUNT, {"name": "Child", "parent_id": f"local:{group}"})
        roles = known_records.opportunities_of_people(unit, [person, helper])
        assert {contact: [each.id for each in deals] for contact, deals in roles.items()} == {
            person: [deal],
            helper: [deal],
        }
        assert known_records.child_accounts(unit, [group, child]) == {group: (child,)}
        records.set_fields(unit, deal, {"other_contacts": ()})
        assert known_records.opportunities_of_people(unit, [helper]) == {helper: ()}
