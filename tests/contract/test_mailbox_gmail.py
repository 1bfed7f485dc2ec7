"""Gmail keeps the contract of mailboxes, against a server that keeps state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from crm_model.options import Connection
from sync.mailboxes.contract import MailSource
from sync.mailboxes.gmail import GMAIL
from sync.mailboxes.gmail.kind import GMAIL as KIND
from sync.mailboxes.testing import Box, MailboxContract
from tests.fakes.gmail import FakeGmail, running_gmail

assert KIND is GMAIL


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


class GmailBox(Box):
    archives = False  # not a folder: the tests below look at the label

    def __init__(self, gmail: FakeGmail) -> None:
        self.gmail, self.mailbox = gmail, gmail.mailbox
        self.connection = gmail.connection()

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.mailbox.deliver(data, at)

    def remove(self, token: object) -> None:
        self.mailbox.delete(str(token))

    def mark_seen(self, token: object) -> None:
        self.mailbox.modify(str(token), remove=["UNREAD"])

    def snapshot(self) -> object:
        return {mail.id: (mail.raw, frozenset(mail.labels)) for mail in self.mailbox.mails.values()}

    def flags_of(self, token: object) -> frozenset[str]:
        labels = self.mailbox.mails[str(token)].labels
        names = {self.mailbox.labels.get(each, each).lower() for each in labels}
        return frozenset(names if "UNREAD" in labels else {*names, "\\seen"})

    def open(self) -> MailSource:
        return GMAIL.open(self.connection)

    def change_generation(self) -> None:
        """Another address: another mailbox."""
        self.mailbox.user = "other@fjordlys.example"
        old = self.connection
        self.connection = Connection(old.name, old.kind, {**old.options, "user": self.mailbox.user}, old.secret)


class TestGmail(MailboxContract):
    @pytest.fixture
    def box(self, gmail: FakeGmail) -> GmailBox:
        return GmailBox(gmail)
