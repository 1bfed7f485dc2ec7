"""A known person's mail offers what the record lacks; a yes writes it through the outbox, a no is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_adapters.local.fields import SPECS
from crm_model.errors import NotFound
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from sync import edits, queries
from sync.mailboxes.contract import Folder, MailPage
from sync.store import crms, field_specs, mailboxes
from sync.store.database import Store
from sync.store.tables import outbox

ME = "Kari"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RULES = Rules(organisation=Organisation(name="Nordvik", domains=frozenset({"nordvik.example"}), default_region="NO"))
SIGNED = "Hei,\n\ntakk for sist, vi snakkes fredag.\n\nMvh\nKari Lund\nInnkjøpssjef\nBygg AS\nMobil: 41 38 90 05\n"


@pytest.fixture
def desk(any_store: Store) -> Store:
    with any_store.write() as unit:
        crms.ensure(unit, "local", "local")
        field_specs.store_description(unit, "local", RecordKind.LEAD, specs=SPECS[RecordKind.LEAD], owners=(), now=NOW)
    return any_store


def lead(store: Store, **fields: str) -> int:
    given = {"last_name": "Lund", "email": "kari@bygg.example", **fields}
    return edits.create_record(store, "local", RecordKind.LEAD, given, ME)


def receive(store: Store, uid: str, body: str = SIGNED, sender: str = "Kari Lund <kari@bygg.example>") -> None:
    with store.write() as unit:
        account = mailboxes.open_account(unit, "work", "maildir")
        state = mailboxes.open_mailbox(unit, account, Folder("inbox", "Inbox", MailboxRole.INBOX))
    head = f"From: {sender}\r\nTo: sales@nordvik.example\r\nSubject: Hei {uid}\r\nMessage-ID: <{uid}@bygg.example>\r\n"
    data = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode()
    raw = RawMessage(uid, data, len(data), frozenset(), NOW - timedelta(hours=1))
    ingest_page(store, Place(state.id, MailboxRole.INBOX), MailPage("1", [raw], "c", False), RULES, Tally(), now=NOW)


def offered(store: Store, record_id: int) -> dict[str, str]:
    return {offer.field: offer.value for offer in queries.record(store, record_id).offers}


def test_what_the_record_lacks_is_offered_once_and_written_on_yes(desk: Store) -> None:
    record_id = lead(desk)
    receive(desk, "1")
    receive(desk, "2")
    assert offered(desk, record_id) == {"mobile": "+4741389005", "title": "Innkjøpssjef"}
    phone = next(offer for offer in queries.record(desk, record_id).offers if offer.field == "mobile")
    edits.accept_offer(desk, phone.id, ME)
    shown = {field.spec.name: field.value for field in queries.record(desk, record_id).fields}
    assert shown["mobile"] == "+4741389005"
    assert "mobile" not in offered(desk, record_id)
    with desk.read() as unit:
        assert any(row.fields.get("mobile") for row in unit.execute(outbox.select()))
    with pytest.raises(NotFound):
        edits.accept_offer(desk, phone.id, ME)
    edits.undo(desk, None, ME)
    assert offered(desk, record_id)["mobile"] == "+4741389005"


def test_a_no_is_remembered_until_it_is_undone(desk: Store) -> None:
    record_id = lead(desk)
    receive(desk, "1")
    title = next(offer for offer in queries.record(desk, record_id).offers if offer.field == "title")
    edits.reject_offer(desk, title.id, ME)
    receive(desk, "2")
    assert "title" not in offered(desk, record_id)
    edits.undo(desk, None, ME)
    assert "title" in offered(desk, record_id)


def test_what_stands_in_the_record_is_never_offered_over(desk: Store) -> None:
    record_id = lead(desk, mobile="+4722334455", title="Daglig leder")
    receive(desk, "1")
    assert offered(desk, record_id) == {}


def test_a_number_that_the_record_has_as_phone_is_not_offered_as_mobile(desk: Store) -> None:
    record_id = lead(desk, phone="41 38 90 05", title="Daglig leder")
    receive(desk, "1")
    assert offered(desk, record_id) == {}


def test_only_the_persons_own_mail_counts(desk: Store) -> None:
    record_id = lead(desk)
    receive(desk, "1", sender="Ola Moe <ola@bygg.example>")
    assert offered(desk, record_id) == {}
