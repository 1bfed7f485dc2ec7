"""Mail without a Message-ID, or with one of other mail: each message once, on IMAP and Gmail, renumbered or not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Tally
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync.audit import audit_account
from sync.mailboxes.registry import load
from sync.mailboxes.testing import START
from sync.store import Store
from sync.store.tables import copies, messages
from tests.fakes.gmail import running_gmail
from tests.servers.dovecot import PASSWORD, Dovecot


@dataclass
class Place:
    """A mailbox, and what makes its old ids useless."""

    account: Connection
    deliver: Callable[[bytes, datetime], object]
    upset: Callable[[], None]


@pytest.fixture(params=["imap", "gmail"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "gmail":
        with running_gmail() as gmail:
            yield Place(gmail.connection(), gmail.mailbox.deliver, gmail.mailbox.forget_history)
        return
    server: Dovecot = request.getfixturevalue("dovecot")
    user = server.new_user()
    given = {"host": "localhost", "port": server.tls_port, "user": user, "ca_file": str(server.ca_file)}
    account = Connection("mail", "imap", given, lambda: PASSWORD)
    yield Place(account, lambda data, at: server.fill(user, [(data, at)]), lambda: server.renumber(user))


def odd(subject: str, message_id: str = "") -> bytes:
    line = f"Message-ID: <{message_id}>\r\n" if message_id else ""
    head = f"From: a@example.org\r\nTo: me@example.com\r\nDate: Fri, 01 Mar 2024 08:00:00 +0000\r\n{line}"
    return f"{head}Subject: {subject}\r\n\r\nText of {subject}.\r\n".encode()


def sync(account: Connection, store: Store) -> None:
    tally = Tally()
    rules = Rules(organisation=Organisation())
    sync_mail([account], store, rules, tally, report=lambda _: None, stop=threading.Event())
    assert not tally.errors


def count(store: Store, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def test_each_message_once(place: Place, store: Store) -> None:
    mails = [
        odd("Re-sent by a broken program", "same@example.org"),
        odd("Quite another mail", "same@example.org"),
        odd("By the list and directly", "list@example.org"),
        odd("By the list and directly", "list@example.org"),
        odd("Without an id"),
        odd("Another without an id"),
        odd("Another without an id"),
    ]
    for number, data in enumerate(mails):
        place.deliver(data, START + timedelta(minutes=number))
    for _ in range(2):
        sync(place.account, store)
        assert count(store, messages) == 5
        assert count(store, copies, copies.c.removed_at.is_(None)) == 7
        with closing(load(place.account.kind).open(place.account)) as source:
            assert audit_account(store, source, "mail").is_complete
        place.upset()
