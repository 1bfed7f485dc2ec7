"""A server that lacks what others have: the same wishes are met, and other people's mail stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import imapclient
import pytest

from crm_model.errors import NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from crm_model.options import Connection
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP, flags
from sync.mailboxes.imap.session import Session
from sync.mailboxes.testing import Holding, letter, letters
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted_imap import ScriptedImap

LACKING = [
    {"QRESYNC"},
    {"QRESYNC", "CONDSTORE"},
    {"ENABLE"},
    {"MOVE"},
    {"MOVE", "UIDPLUS"},
    {"SPECIAL-USE", "LIST-EXTENDED"},
    {"QRESYNC", "CONDSTORE", "ENABLE", "MOVE", "UIDPLUS", "SPECIAL-USE", "LIST-EXTENDED", "ID", "IDLE"},
]


@pytest.fixture(params=LACKING, ids=lambda lacking: " ".join(sorted(lacking)))
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the real server does not say that it can."""
    original = imapclient.IMAPClient.capabilities
    without = {word.encode() for word in request.param}

    def fewer(client: imapclient.IMAPClient) -> tuple[bytes, ...]:
        return tuple(word for word in original(client) if word not in without)

    monkeypatch.setattr(imapclient.IMAPClient, "capabilities", fewer)
    monkeypatch.setattr(flags, "WINDOW_SECONDS", 0)
    monkeypatch.setattr("sync.mailboxes.imap.source.WINDOW_SECONDS", 0)
    return set(request.param)


class Account:
    """A Dovecot account, and another mail program that looks at it."""

    def __init__(self, server: Dovecot) -> None:
        self.server, self.user = server, server.new_user()
        given = {"host": "localhost", "port": server.tls_port, "user": self.user, "ca_file": str(server.ca_file)}
        self.connection = Connection("work", "imap", given, secret=lambda: PASSWORD)
        self.other = Session(self.connection)

    def open(self) -> MailSource:
        return IMAP.open(self.connection)

    def flags_in(self, folder: bytes) -> dict[int, frozenset[str]]:
        self.other.select(folder)
        return {each.uid: each.flags or frozenset() for each in self.other.fetch("1:*", "(UID FLAGS)")}


@pytest.fixture
def account(dovecot: Dovecot) -> Iterator[Account]:
    made = Account(dovecot)
    yield made
    made.other.close()


def test_reading_follows(account: Account, lacking: set[str]) -> None:
    holding = Holding()
    account.server.fill(account.user, letters(6))
    holding.read_all(account.open)
    account.other.select(b"INBOX")
    account.other.change("STORE", "2", "+FLAGS", "(\\Flagged)")
    account.other.change("STORE", "3", "+FLAGS", "(\\Deleted)")
    account.other._connected().expunge()
    account.server.fill(account.user, [(letter(7), letters(1)[0][1])])
    holding.read_all(account.open)
    assert set(holding.held) == {"1", "2", "4", "5", "6", "7"}
    assert [uid for uid, found in holding.flags.items() if "\\flagged" in found] == ["2"]
    assert len(holding.delivered) == 7


def test_archiving_takes_nothing_of_others_away(account: Account, lacking: set[str]) -> None:
    account.server.fill(account.user, letters(4))
    account.other.select(b"INBOX")
    account.other.change("STORE", "4", "+FLAGS", "(\\Deleted)")  # not expunged: its owner may still want it
    holding = Holding()
    holding.read_all(account.open)
    with closing(account.open()) as source:
        inbox = source.folders()[0]
        for _ in range(2):
            source.apply(inbox, holding.generation, MailboxChange(MailboxChangeKind.ARCHIVE), ["2"])
    left = account.flags_in(b"INBOX")
    assert "\\deleted" in left[4]
    assert "\\deleted" in left.get(2, {"\\deleted"})
    assert (2 in left) is ("UIDPLUS" in lacking)
    assert len(account.flags_in(b"Archive")) == 1


def test_folders_are_known_by_their_names(account: Account, lacking: set[str]) -> None:
    with closing(account.open()) as source:
        roles = [folder.role for folder in source.folders()]
    assert roles == [MailboxRole.INBOX, MailboxRole.SENT, MailboxRole.ARCHIVE]


def test_a_keyword_that_the_server_would_forget_is_refused() -> None:
    given = {"host": "127.0.0.1", "user": "me", "tls": "none"}
    with ScriptedImap({1: letter(1)}) as server:
        connection = Connection("work", "imap", {**given, "port": server.port}, secret=lambda: "secret")
        with closing(IMAP.open(connection)) as source, pytest.raises(NotSupported, match="keeps no keyword"):
            change = MailboxChange(MailboxChangeKind.ADD_FLAG, "CRM/Lead")
            source.apply(source.folders()[0], "7", change, ["1"])
    assert not [command for command in server.commands if "STORE" in command]
