"""Linked mail carries a label that colleagues see in any mail program, where that is wanted; on IMAP and Gmail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Tally
from crm_model.options import Connection
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from sync import edits
from sync.mailboxes.imap.session import Session
from sync.mailboxes.testing import START, letter, letters
from sync.store import Store
from sync.store.tables import crm_fields, crms, messages
from tests.fakes.gmail import running_gmail
from tests.servers.dovecot import PASSWORD, Dovecot

ME = "Kari"


@dataclass
class Place:
    """A mailbox, and the labels of its first message as another mail program sees them."""

    account: Connection
    labels: Callable[[], set[str]]


@pytest.fixture(params=["imap", "gmail"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "gmail":
        with running_gmail() as gmail:
            mailbox = gmail.mailbox
            uid = mailbox.deliver(letter(0), START)
            account = gmail.connection()
            yield Place(account, lambda: {mailbox.labels.get(each, "") for each in mailbox.mails[uid].labels} - {""})
        return
    server: Dovecot = request.getfixturevalue("dovecot")
    user = server.new_user()
    server.fill(user, letters(1))
    given = {"host": "localhost", "port": server.tls_port, "user": user, "ca_file": str(server.ca_file)}
    account = Connection("mail", "imap", given, lambda: PASSWORD)
    yield Place(account, lambda: keywords(account))


def keywords(account: Connection) -> set[str]:
    other = Session(account)
    other.examine(b"INBOX")
    (found,) = other.fetch("1", "(UID FLAGS)")
    other.close()
    return {"CRM/Lead" for flag in found.flags or () if flag == "crm/lead"}


def sync(account: Connection, store: Store) -> None:
    tally = Tally()
    rules = Rules(organisation=Organisation())
    sync_mail([account], store, rules, tally, report=lambda _: None, stop=threading.Event())
    assert not tally.errors


def link(store: Store) -> None:
    """A person links the conversation to a new lead."""
    with store.write() as unit:
        unit.execute(crms.insert().values(name="local", backend="local", confirmed_at=datetime.now(UTC)))
        specs = [{"name": "last_name", "label": "Name", "type": "text"}]
        unit.execute(crm_fields.insert().values(crm="local", kind="lead", specs=specs, owners=[]))
        thread = int(unit.execute(sa.select(messages.c.thread_id)).scalar_one())
    edits.create_record(store, "local", RecordKind.LEAD, {"last_name": "Lund"}, ME)
    edits.link_thread(store, thread, 1, ME)


@pytest.mark.parametrize("wanted", [None, False, True])
def test_it_is_labelled_only_where_that_is_wanted(place: Place, store: Store, wanted: bool | None) -> None:
    options = {} if wanted is None else {"label_linked": wanted}
    account = replace(place.account, options={**place.account.options, **options})
    sync(account, store)
    link(store)
    for _ in range(2):
        sync(account, store)
        assert place.labels() == ({"CRM/Lead"} if wanted else set())
