"""Old acquaintances: moved, renumbered and renamed mail is known again without being fetched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.parse import parse_message
from agent.rules import Rules
from agent.summary import Tally
from crm_model.mail import RawMessage
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync import queries
from sync.audit import audit_account
from sync.mailboxes.imap import IMAP
from sync.mailboxes.imap.session import Session
from sync.mailboxes.testing import START, letter, letters
from sync.store import Store
from sync.store.recognition import find_older
from sync.store.tables import copies, mailboxes, messages
from tests.servers.dovecot import PASSWORD, Dovecot

RULES = Rules(organisation=Organisation())


class Account:
    """A Dovecot account that a store follows."""

    def __init__(self, server: Dovecot, store: Store) -> None:
        self.server, self.store, self.user = server, store, server.new_user()
        given = {"host": "localhost", "port": server.tls_port, "user": self.user, "ca_file": str(server.ca_file)}
        self.connection = Connection("work", "imap", given, secret=lambda: PASSWORD)

    def read_folders(self, *names: str) -> None:
        self.connection = replace(self.connection, options={**self.connection.options, "folders": names})

    def sync(self) -> Tally:
        tally = Tally()
        sync_mail([self.connection], self.store, RULES, tally, report=lambda _: None, stop=threading.Event())
        assert not tally.errors
        return tally

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Another mail program."""
        session = Session(self.connection)
        yield session
        session.close()

    def count(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        with self.store.read() as unit:
            return int(unit.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    def assert_whole(self, held: int) -> None:
        """Every message once, each copy where the server has it."""
        source = IMAP.open(self.connection)
        report = audit_account(self.store, source, "work")
        source.close()
        assert (report.is_complete, report.held) == (True, held)
        assert self.count(copies, copies.c.removed_at.is_(None)) == held
        assert self.count(messages) == held


@pytest.fixture
def account(dovecot: Dovecot, any_store: Store) -> Account:
    return Account(dovecot, any_store)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The items of every FETCH that asked for text."""
    asked: list[str] = []
    original = Session._fetch

    def watched(self: Session, uids: str, items: str, modifier: str = "") -> object:
        if "BODY.PEEK[]" in items or "BODYSTRUCTURE" in items:
            asked.append(items)
        return original(self, uids, items, modifier)

    monkeypatch.setattr(Session, "_fetch", watched)
    return asked


def test_a_renumbered_folder_is_recognised(account: Account, fetched: list[str]) -> None:
    account.server.fill(account.user, letters(300))
    account.sync()
    fetched.clear()
    account.server.renumber(account.user)
    account.server.fill(account.user, [(letter(900), START)])
    tally = account.sync()
    assert sum(tally.outcomes.values()) == 1
    assert len(fetched) == 1
    account.assert_whole(301)


def test_all_mail_is_not_fetched_again_after_the_inbox(account: Account, fetched: list[str]) -> None:
    """Gmail over IMAP: whatever is in a folder is in “All Mail” too."""
    account.server.fill(account.user, letters(700))
    account.server.fill(account.user, [*letters(700), (letter(900), START)], "All Mail")
    account.read_folders("INBOX")
    account.sync()
    fetched.clear()
    account.read_folders("INBOX", "All Mail")
    tally = account.sync()
    assert sum(tally.outcomes.values()) == 1
    assert len(fetched) == 1
    assert account.count(messages) == 701
    assert account.count(copies, copies.c.removed_at.is_(None)) == 1_401


def test_renumbered_in_the_middle_of_a_pass(account: Account, fetched: list[str]) -> None:
    account.server.fill(account.user, letters(1_500))
    account.sync()
    account.server.renumber(account.user)
    stop = threading.Event()
    sync_mail([account.connection], account.store, RULES, Tally(), report=lambda _: stop.set(), stop=stop)
    fetched.clear()
    account.sync()
    assert fetched == []
    account.assert_whole(1_500)


def test_a_moved_message_keeps_its_place(account: Account, fetched: list[str]) -> None:
    account.server.fill(account.user, letters(5))
    account.sync()
    with account.session() as other:
        other.select(b"INBOX")
        other.change("MOVE", "2:3", other.quoted(b"Archive"))
    fetched.clear()
    tally = account.sync()
    assert (dict(tally.outcomes), fetched) == ({}, [])
    account.assert_whole(5)


def test_a_renamed_folder_is_the_same(account: Account, fetched: list[str]) -> None:
    account.server.fill(account.user, letters(40), folder="Clients")
    account.read_folders("INBOX", "Clients")
    account.sync()
    with account.session() as other:
        imap = other._connected()
        assert imap.rename("Clients", "Customers")[0] == "OK"
    account.read_folders("INBOX", "Customers")
    fetched.clear()
    tally = account.sync()
    assert (dict(tally.outcomes), fetched) == ({}, [])
    account.assert_whole(40)
    assert account.count(mailboxes, mailboxes.c.missing) == 0
    assert not [place.error for place in queries.status(account.store).folders if place.error]


def test_deletions_come_by_vanished(account: Account) -> None:
    account.server.fill(account.user, letters(50))
    account.sync()
    with account.session() as other:
        other.select(b"INBOX")
        other.change("STORE", "3:4,9", "+FLAGS.SILENT", "(\\Deleted)")
        other.change("EXPUNGE", "3:4,9")
    listed: list[bytes] = []
    original = Session.all_uids

    def watched(self: Session, raw: bytes, extra: str = "") -> object:
        listed.append(raw)
        return original(self, raw, extra)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "all_uids", watched)
        account.sync()
    assert listed == []
    assert account.count(copies, copies.c.removed_at.is_(None)) == 47
    assert account.count(messages) == 50


def test_a_message_stored_under_a_key_that_counted_attachments(account: Account, tmp_path: Path) -> None:
    mail = (
        b"From: a@example.org\r\nMessage-ID: <1@x.example>\r\nSubject: s\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n"
        b"--b\r\nContent-Type: image/png\r\n\r\nbytes\r\n--b--\r\n"
    )
    at = datetime.now(UTC) - timedelta(days=1)
    account.server.fill(account.user, [(mail, at)])
    account.sync()
    parsed = parse_message(RawMessage("1", mail, len(mail)))
    with account.store.write() as unit:
        unit.execute(messages.update().values(key="0123456789abcdef"))
        assert find_older(unit, [parsed]) == {parsed.key: 1}
    account.server.fill(account.user, [(mail, at)], folder="Sent")
    account.sync()
    assert account.count(messages) == 1
    assert account.count(copies) == 2
