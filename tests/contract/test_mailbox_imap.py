"""IMAP keeps the contract of mailboxes, against a real Dovecot."""

from __future__ import annotations

from datetime import datetime

import pytest

from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP
from sync.mailboxes.testing import Box, MailboxContract
from tests.servers.dovecot import PASSWORD, Dovecot, give


def connection(server: Dovecot, user: str, password: str = PASSWORD, **options: OptionValue) -> Connection:
    given: dict[str, OptionValue] = {
        "host": "localhost",
        "port": server.tls_port,
        "user": user,
        "tls": "tls",
        "ca_file": str(server.ca_file),
    }
    return Connection("mail", "imap", {**given, **options}, secret=lambda: password)


class DovecotBox(Box):
    def __init__(self, server: Dovecot) -> None:
        self.server, self.user = server, server.new_user()
        self.maildir = server.maildir(self.user)

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.deliver_all([(data, at)])[0]

    def deliver_all(self, messages) -> list[object]:
        return list(self.server.fill(self.user, messages))

    def remove(self, token: object) -> None:
        self.server.file(self.user, str(token)).unlink()

    def mark_seen(self, token: object) -> None:
        path = self.server.file(self.user, str(token))
        path.rename(self.maildir / "cur" / f"{token}:2,S")
        give(self.maildir)

    def snapshot(self) -> object:
        """Files by name, but Dovecot's own: which messages are new and which are seen."""
        return {path for path in self.maildir.rglob("*") if ",S=" in path.name}

    def open(self, password: str = PASSWORD, **options: OptionValue) -> MailSource:
        return IMAP.open(connection(self.server, self.user, password, **options))

    def as_kept(self, data: bytes) -> bytes:
        return data.replace(b"\0", b"\x80")  # IMAP has no NUL (RFC 3501 9, CHAR8)

    def change_generation(self) -> None:
        self.server.renumber(self.user)


@pytest.fixture
def box(dovecot: Dovecot) -> DovecotBox:
    return DovecotBox(dovecot)


class TestImap(MailboxContract):
    @pytest.fixture
    def box(self, dovecot: Dovecot) -> DovecotBox:
        return DovecotBox(dovecot)
