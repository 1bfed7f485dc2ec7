"""IMAP keeps the contract of mailboxes against a third real server, Courier: no MOVE, no CONDSTORE, no SPECIAL-USE."""

from __future__ import annotations

import contextlib
import imaplib
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_model.mail import MailboxRole
from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP, flags
from sync.mailboxes.testing import Box, Holding, MailboxContract, letter, letters
from tests.servers import courier as courier_server
from tests.servers.courier import Courier
from tests.servers.needed import need

_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_SUBJECT = re.compile(rb"Subject: ([^\r\n]*)")


@pytest.fixture(scope="session")
def courier() -> Iterator[Courier]:
    need(courier_server.is_installed(), courier_server.PACKAGE)
    running = courier_server.start(Path(tempfile.mkdtemp(prefix="hp-")))
    yield running
    running.stop()


class CourierBox(Box):
    """Tokens are names of files."""

    def __init__(self, server: Courier) -> None:
        self.server, self.user = server, server.new_user()

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.deliver_all([(data, at)])[0]

    def deliver_all(self, messages) -> list[object]:
        return list(self.server.deliver(self.user, messages))

    def remove(self, token: object) -> None:
        self._file(token).unlink()

    def mark_seen(self, token: object) -> None:
        path = self._file(token)
        path.rename(self.server.maildir(self.user) / "cur" / f"{token}:2,S")

    def snapshot(self) -> object:
        """Flags by message; Courier itself takes what was seen by anybody from `new` to `cur`."""
        maildir = self.server.maildir(self.user)
        names = {path.name.partition(":2,")[::2] for part in ("cur", "new") for path in (maildir / part).iterdir()}
        return sorted((name, letters) for name, letters in names)

    def open(self, **options: OptionValue) -> MailSource:
        return IMAP.open(self.connection(**options))

    def connection(self, **options: OptionValue) -> Connection:
        given: dict[str, OptionValue] = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": self.user,
            "tls": "none",
        }
        return Connection("mail", "imap", {**given, **options}, secret=lambda: "anything")

    def flags_of(self, token: object) -> frozenset[str]:
        """As another program sees them, which finds the message by its subject."""
        wanted = _SUBJECT.search(self._file(token).read_bytes())
        with imaplib.IMAP4("127.0.0.1", self.server.port) as imap:
            imap.login(self.user, "anything")
            imap.select("INBOX", readonly=True)
            rows = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        found = [row for row in rows if isinstance(row, tuple) and wanted and wanted[0] in row[1]]
        told = _FLAGS.search(found[0][0]) or _FLAGS.search(rows[rows.index(found[0]) + 1])
        assert told
        return frozenset(told[1].decode().lower().split()) - {"\\recent"}

    def change_generation(self) -> None:
        self.server.renumber(self.user)

    def _file(self, token: object) -> Path:
        return self.server.file(self.user, str(token))


class TestCourier(MailboxContract):
    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without CONDSTORE flags are looked at every five minutes; here at every pass."""
        monkeypatch.setattr(flags, "WINDOW_SECONDS", 0)
        monkeypatch.setattr("sync.mailboxes.imap.source.WINDOW_SECONDS", 0)

    @pytest.fixture
    def box(self, courier: Courier) -> CourierBox:
        return CourierBox(courier)

    def test_folders_by_their_names(self, box: CourierBox) -> None:
        with contextlib.closing(box.open()) as source:
            found = [(folder.key, folder.role) for folder in source.folders()]
        assert found == [
            ("INBOX", MailboxRole.INBOX),
            ("INBOX.Sent", MailboxRole.SENT),
            ("INBOX.Archive", MailboxRole.ARCHIVE),
        ]

    def test_settled_folder_is_not_opened(
        self, box: CourierBox, holding: Holding, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        holding.read_all(box.open)
        source = box.open()
        page = source.fetch_page(source.folders()[0], holding.cursor, holding.known)
        assert (page.messages, page.present, page.cursor) == ((), None, holding.cursor)
        assert not source._session.is_selected(b"INBOX")
        source.close()

    def test_idle_tells_of_new_mail(self, box: CourierBox) -> None:
        assert IMAP.watch is not None
        with contextlib.closing(IMAP.watch(box.connection())) as watch:
            watch.wait(1)  # a new connection counts as news
            box.deliver(letter(1), datetime.now(UTC))
            assert watch.wait(20)
