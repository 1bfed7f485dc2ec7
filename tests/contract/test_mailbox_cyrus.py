"""IMAP keeps the contract of mailboxes against a second real server, Cyrus."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_model.mail import MailboxRole
from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP
from sync.mailboxes.testing import START, Box, Holding, MailboxContract, letter, letters
from tests.servers import cyrus as cyrus_server
from tests.servers.cyrus import Cyrus
from tests.servers.needed import need

_FLAGS = re.compile(rb"UID (\d+).*?FLAGS \(([^)]*)\)|FLAGS \(([^)]*)\).*?UID (\d+)")


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    need(cyrus_server.is_installed(), cyrus_server.PACKAGE)
    running = cyrus_server.start(Path(tempfile.mkdtemp(prefix="hp-")))
    yield running
    running.stop()


class CyrusBox(Box):
    """Tokens are numbers of our own: uids change with the generation."""

    def __init__(self, server: Cyrus) -> None:
        self.server, self.user = server, server.new_user()
        self.uids: list[int] = []

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.deliver_all([(data, at)])[0]

    def deliver_all(self, messages) -> list[object]:
        first = len(self.uids)
        if len(messages) > 3:
            self.uids += self.server.fill(self.user, messages)
        else:
            self.uids += [self.server.append(self.user, data, at) for data, at in messages]
        return list(range(first, len(self.uids)))

    def remove(self, token: object) -> None:
        with self._inbox() as imap:
            imap.uid("STORE", self._uid(token), "+FLAGS.SILENT", "(\\Deleted)")
            imap.uid("EXPUNGE", self._uid(token))

    def mark_seen(self, token: object) -> None:
        with self._inbox() as imap:
            imap.uid("STORE", self._uid(token), "+FLAGS.SILENT", "(\\Seen)")

    def snapshot(self) -> object:
        return self._flags()

    def open(self, **options: OptionValue) -> MailSource:
        given: dict[str, OptionValue] = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": self.user,
            "tls": "none",
        }
        return IMAP.open(Connection("mail", "imap", {**given, **options}, secret=lambda: "anything"))

    def flags_of(self, token: object) -> frozenset[str]:
        return self._flags()[int(self._uid(token))]

    def change_generation(self) -> None:
        """Another inbox under the old name, with the same messages."""
        with self._inbox() as imap:
            kept = [imap.uid("FETCH", str(uid), "(BODY.PEEK[])")[1][0][1] for uid in self.uids]
        self.server.lose_inbox(self.user)
        time.sleep(1.1)  # UIDVALIDITY is made of the clock
        self.server.make_inbox(self.user)
        self.uids = self.server.fill(self.user, [(data, START) for data in kept])

    def _flags(self) -> dict[int, frozenset[str]]:
        with self._inbox(readonly=True) as imap:
            rows = imap.uid("FETCH", "1:*", "(UID FLAGS)")[1]
        found = [_FLAGS.search(row) for row in rows if row]
        return {
            int(each[1] or each[4]): frozenset((each[2] or each[3] or b"").decode().lower().split()) - {"\\recent"}
            for each in found
            if each
        }

    def _uid(self, token: object) -> str:
        assert isinstance(token, int)
        return str(self.uids[token])

    @contextlib.contextmanager
    def _inbox(self, *, readonly: bool = False):
        with self.server.signed_in(self.user) as imap:
            imap.select("INBOX", readonly=readonly)
            yield imap


class TestCyrus(MailboxContract):
    @pytest.fixture
    def box(self, cyrus: Cyrus) -> CyrusBox:
        return CyrusBox(cyrus)

    def test_settled_folder_is_not_opened(self, box: CyrusBox, holding: Holding) -> None:
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        source = box.open()
        page = source.fetch_page(source.folders()[0], holding.cursor, holding.known)
        assert (page.messages, page.present, page.cursor) == ((), None, holding.cursor)
        assert not source._session.is_selected(b"INBOX")
        source.close()

    def test_folders_by_special_use(self, box: CyrusBox) -> None:
        with contextlib.closing(box.open()) as source:
            assert [folder.role for folder in source.folders()] == [
                MailboxRole.INBOX,
                MailboxRole.SENT,
                MailboxRole.ARCHIVE,
            ]

    def test_idle_tells_of_new_mail(self, box: CyrusBox) -> None:
        given = box.open()._session._connection
        assert IMAP.watch is not None
        with contextlib.closing(IMAP.watch(given)) as watch:
            watch.wait(1)  # a new connection counts as news
            assert not watch.wait(0.5)
            box.deliver(letter(1), datetime.now(UTC))
            assert watch.wait(20)
