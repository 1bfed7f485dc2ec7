"""Somebody unknown writes twice before anybody decides: the lead that is made has both conversations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from sync import edits, queries
from sync.mailboxes.contract import Folder, MailPage
from sync.store import mailboxes
from sync.store.database import Store
from sync.views import Mailview
from tests.seeds import describe

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RULES = Rules(organisation=Organisation(name="Nordvik", domains=frozenset({"nordvik.example"})))
TEXT = (
    "Hi, we need a new web site and would like a quote. Our budget is 200 000. When can you start?\r\n\r\nIda Berg\r\n"
)


def _raw(number: int, sender: str) -> RawMessage:
    at = NOW - timedelta(hours=number)
    data = (
        f"From: {sender}\r\nTo: sales@nordvik.example\r\nSubject: Quote {number}\r\n"
        f"Message-ID: <{number}@bo.example>\r\nDate: {at:%a, %d %b %Y %H:%M:%S} +0000\r\n\r\n{TEXT}"
    ).encode()
    return RawMessage(str(number), data, len(data), frozenset(), at)


def take(store: Store, *raws: RawMessage) -> None:
    with store.write() as unit:
        account = mailboxes.open_account(unit, "work", "maildir")
        state = mailboxes.open_mailbox(unit, account, Folder("inbox", "Inbox", MailboxRole.INBOX))
    place = Place(state.id, MailboxRole.INBOX)
    ingest_page(store, place, MailPage("1", raws, "c", more=True), RULES, Tally(), now=NOW)


def test_accepting_the_lead_links_what_else_its_person_wrote_and_undo_takes_both_back(any_store: Store) -> None:
    with any_store.write() as unit:
        describe(unit)
    take(any_store, _raw(3, "Ida Berg <ida@bo.example>"))
    take(any_store, _raw(2, "Ida Berg <IDA@bo.example>"), _raw(1, "Ola Moe <ola@moe.example>"))
    (first,) = [each for each in queries.suggestions(any_store, 10) if each.fields["email"] == "ida@bo.example"]
    edits.accept_suggestion(any_store, first.id, "Kari", crm="local")
    linked = queries.thread_ids(any_store, Mailview.LINKED)
    titles = {row.subject: row.linked for row in queries.thread_rows(any_store, list(linked)).values()}
    assert titles == {"Quote 3": True, "Quote 2": True}
    edits.undo(any_store, None, "Kari")
    assert list(queries.thread_ids(any_store, Mailview.LINKED)) == []
