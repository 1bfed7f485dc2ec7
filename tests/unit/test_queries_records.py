"""Records for the sidebar, search while typing, lists, status."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

import pytest

from crm_model.changes import ChangeKind, ChangeState
from crm_model.errors import NotFound
from crm_model.records import FieldType, RecordKind
from sync import queries
from sync.store import outbox, records
from sync.store.database import Store
from sync.store.field_specs import store_description
from sync.store.tables import crm_fields, mailboxes, quarantine
from sync.store.tables import records as record_table

CONTACT, DEAL, ACCOUNT = 4, 3, 2


def test_a_deal_shows_its_company_its_people_and_what_is_said_in_words(seeded_store: Store) -> None:
    view = queries.record(seeded_store, DEAL)
    shown = {field.spec.name: field.display for field in view.fields}
    assert shown["stage"] == "New"
    assert shown["owner_id"] == view.owner == "Kari Nordmann"
    assert shown["account_id"] == "Acme 2 AS"
    assert view.account is not None and (view.account.id, view.account.subtitle) == (2, "https://acme2.example")
    assert view.opportunities == ()
    account = queries.record(seeded_store, ACCOUNT)
    assert [row.title for row in account.opportunities] == ["Deal 3"]
    assert [row.subtitle for row in account.opportunities] == ["New · 1\N{NO-BREAK SPACE}000"]
    assert account.account is None
    with pytest.raises(NotFound):
        queries.record(seeded_store, 999)


def test_an_account_shows_the_deals_that_are_open_with_their_sums(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        records.set_fields(unit, DEAL, {"amount": "480000.00", "currency": "NOK", "probability": 30})
    (row,) = queries.record(seeded_store, ACCOUNT).opportunities
    assert row.subtitle == "New · 480\N{NO-BREAK SPACE}000 NOK"
    with seeded_store.write() as unit:
        records.set_fields(unit, DEAL, {"stage": "won", "probability": 100})
    assert queries.record(seeded_store, ACCOUNT).opportunities == ()


def test_a_contact_shows_its_conversations_newest_first(seeded_store: Store) -> None:
    view = queries.record(seeded_store, 1)  # every fifth conversation of sixty is linked: 1, 41, …
    assert [row.id for row in view.threads] == [41, 1]


def test_kin_that_the_crm_does_not_have_yet_is_shown_too(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        account = records.insert_local(unit, "local", RecordKind.ACCOUNT, {"name": "Newcomer"})
        person = records.insert_local(
            unit, "local", RecordKind.CONTACT, {"last_name": "Ny", "account_id": f"local:{account}"}
        )
    assert [row.id for row in queries.record(seeded_store, account).people] == [person]
    found = queries.record(seeded_store, person)
    assert found.account is not None and found.account.title == "Newcomer"
    assert {field.spec.name: field.display for field in found.fields}["account_id"] == "Newcomer"


def test_what_waits_and_what_was_refused_stands_beside_its_field(seeded_store: Store, seeds: ModuleType) -> None:
    def change(key: str, **fields: str) -> int:
        with seeded_store.write() as unit:
            return outbox.enqueue(
                unit, crm="local", kind=ChangeKind.UPDATE, key=key, record_id=DEAL, fields=fields, author="Kari",
                now=seeds.START,
            )  # fmt: skip

    refused = change("a", stage="won", amount="7")
    with seeded_store.write() as unit:
        outbox.settle(
            unit, refused, ChangeState.REFUSED, error="no", field_errors={"stage": "not allowed"}, now=seeds.START
        )
    view = queries.record(seeded_store, DEAL)
    assert {field.spec.name: field.error for field in view.fields if field.error} == {"stage": "not allowed"}
    assert (view.pending, view.refused) == (0, ("no",))
    change("b", stage="lost")
    view = queries.record(seeded_store, DEAL)
    assert [field.spec.name for field in view.fields if field.pending] == ["stage"]
    assert not [field for field in view.fields if field.error]
    assert view.pending == 1


def test_a_record_of_a_crm_that_has_not_described_itself_can_be_read(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        unit.execute(crm_fields.delete())
    fields = queries.record(seeded_store, DEAL).fields
    assert {field.spec.label: field.display for field in fields}["Amount"] == "1000.00"
    assert all(field.spec.read_only for field in fields)


def test_descriptions_come_back_as_they_were_stored(store: Store, seeds: ModuleType) -> None:
    seeds.seed(store, conversations=2, people=4)
    specs, owners = queries.fields_of(store, "local", RecordKind.OPPORTUNITY), queries.owners_of(store, "local")
    assert specs[1].target is RecordKind.ACCOUNT and specs[2].type is FieldType.PICKLIST
    assert [owner.name for owner in owners] == ["Kari Nordmann", "Ola"]
    with store.write() as unit:
        store_description(unit, "other", RecordKind.OPPORTUNITY, specs=specs, owners=owners, now=seeds.START)
    assert queries.fields_of(store, "other", RecordKind.OPPORTUNITY) == specs
    assert queries.owners_of(store, "other") == owners
    assert queries.fields_of(store, "nowhere", RecordKind.LEAD) == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("anna", 20),
        ("Carla Öberg", 12),
        ("carla oberg", 12),
        ("p13@", 13),
        ("acme 2 as", 2),
        ("acm", 2),
        ("deal 31", 31),
    ],
)
def test_records_are_found_while_typing(seeded_store: Store, text: str, first: int) -> None:
    found = queries.search_records(seeded_store, text)
    assert first in [row.id for row in found]


def test_titles_that_begin_so_come_first_and_kinds_are_kept_to(seeded_store: Store) -> None:
    rows = queries.search_records(seeded_store, "acme")
    begins = [row.title.lower().startswith("acme") for row in rows]
    assert begins == sorted(begins, reverse=True) and any(begins)
    assert {row.kind for row in queries.search_records(seeded_store, "acme", [RecordKind.LEAD])} == {RecordKind.LEAD}
    assert len(queries.search_records(seeded_store, "acme", limit=3)) == 3


def test_deleted_and_converted_records_are_in_no_list(seeded_store: Store) -> None:
    before = {row.id for row in queries.leads(seeded_store)}
    with seeded_store.write() as unit:
        records.mark_deleted_here(unit, 1)
        records.mark_converted(unit, 5, CONTACT)
    assert {row.id for row in queries.leads(seeded_store)} == before - {1, 5}
    assert not {1, 5} & {row.id for row in queries.search_records(seeded_store, "acme", limit=100)}


def test_lists_are_newest_first_and_new_ones_before_all(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        fresh = records.insert_local(unit, "local", RecordKind.LEAD, {"last_name": "Ny"})
    rows = queries.records_of_kind(seeded_store, RecordKind.LEAD, 4)
    assert [row.id for row in rows] == [fresh, 37, 33, 29]


def test_changed_records_are_told(seeded_store: Store) -> None:
    seq = queries.seq(seeded_store)
    with seeded_store.write() as unit:
        records.set_fields(unit, DEAL, {"amount": "9"})
    assert queries.records_changed_since(seeded_store, seq) == [DEAL]


def test_status_counts_and_names_trouble(seeded_store: Store, seeds: ModuleType) -> None:
    with seeded_store.write() as unit:
        unit.execute(
            mailboxes.insert().values(
                account_id=1, key="INBOX", name="Inbox", role="inbox", missing=True, last_success_at=seeds.START
            )
        )
        unit.execute(quarantine.insert().values(message_id=1, raw=b"x", error="broken"))
        unit.execute(record_table.update().where(record_table.c.id == 1).values(state="deleted"))
    status = queries.status(seeded_store)
    assert (status.threads, status.unread, status.quarantined, status.retries) == (60, 20, 1, 0)
    assert sum(status.outcomes.values()) == 120
    assert [(place.name, place.count) for place in status.crms] == [("local", 39)]
    assert [place.name for place in status.mail_accounts] == ["work"]
    (folder,) = status.folders
    assert (folder.name, folder.error) == ("work: Inbox", "the folder is gone from the mailbox")
    assert folder.last_success_at == seeds.START + timedelta(0)
