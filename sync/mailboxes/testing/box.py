"""A real mailbox under test, and the part of the store that a source of mail talks to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crm_model.errors import CursorExpired
from crm_model.mail import RawMessage
from sync.mailboxes.contract import PAGE_BYTES, PAGE_MESSAGES, Folder, MailPage, MailSource

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
NO_UID = "2147483640"
"""A number that no message has. Beyond 31 bits Cyrus passes over a whole command in silence."""


class Box(ABC):
    """A real mailbox under test. A message is named by the token that `deliver` answers."""

    changes_generation = True
    """Whether the kind has generations at all (UIDVALIDITY)."""
    has_flags = True
    changes_flags = True
    """Whether a person's flags can be kept in the mailbox."""
    archives = True
    """Whether the mailbox has an archive to move to; the box then makes it."""
    keeps_keywords = True

    @abstractmethod
    def deliver(self, data: bytes, at: datetime) -> object:
        """Put a message there, as another program would."""

    @abstractmethod
    def remove(self, token: object) -> None:
        """Take a message away, as another program would."""

    @abstractmethod
    def mark_seen(self, token: object) -> None:
        """Mark a message read, as another program would."""

    @abstractmethod
    def snapshot(self) -> object:
        """All that reading must not change: names, flags, bytes."""

    @abstractmethod
    def open(self) -> MailSource:
        """A new source for this mailbox."""

    def flags_of(self, token: object) -> frozenset[str]:
        """The flags of a message, seen by another program, in lower case."""
        raise NotImplementedError

    def deliver_all(self, messages: Collection[tuple[bytes, datetime]]) -> list[object]:
        """Many messages at once; override where that can be done faster."""
        return [self.deliver(data, at) for data, at in messages]

    def change_generation(self) -> None:
        """Make every uid void (a new UIDVALIDITY), the messages staying."""
        raise NotImplementedError

    def as_kept(self, data: bytes) -> bytes:
        """What the mailbox itself makes of a message; override where it can't keep every byte."""
        return data

    def settle(self) -> object:
        """Wait until a change is certain to be noticed; most kinds need not."""
        return None


@dataclass
class Holding:
    """The part of the store that a source talks to: what is held of one folder."""

    generation: str = ""
    cursor: str = ""
    held: dict[str, RawMessage] = field(default_factory=dict)
    flags: dict[str, frozenset[str]] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)
    pages: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def known(self, uids: Collection[str]) -> set[str]:
        return {uid for uid in uids if uid in self.held or uid in self.failed}

    def keep(self, page: MailPage) -> None:
        """What the store does with a page, in one transaction."""
        assert len(page.messages) <= PAGE_MESSAGES
        assert sum(len(message.data) for message in page.messages) <= PAGE_BYTES
        if self.generation != page.generation:
            self.generation, self.held, self.flags = page.generation, {}, {}
        for message in page.messages:
            self.held[message.uid] = message
            self.flags[message.uid] = message.flags
            self.delivered.append(message.uid)
        self.failed.update(page.failed)
        self.flags.update({uid: flags for uid, flags in page.flags.items() if uid in self.held})
        gone = set(page.removed)
        if page.present is not None:
            assert all(message.uid in page.present for message in page.messages)
            gone |= {uid for uid in self.held if uid not in page.present}
        for uid in gone & set(self.held):
            del self.held[uid], self.flags[uid]
        self.cursor, self.pages = page.cursor, self.pages + 1

    def read_page(self, source: MailSource, folder: Folder) -> MailPage:
        """One page kept, beginning again when the cursor has expired."""
        try:
            page = source.fetch_page(folder, self.cursor, self.known)
        except CursorExpired:
            self.cursor, self.generation, self.held, self.flags = "", "", {}, {}
            page = source.fetch_page(folder, "", self.known)
        self.keep(page)
        return page

    def read_all(self, open_source: Callable[[], MailSource], *, reopen: bool = False) -> None:
        """A whole pass; with `reopen` every page is read by a new source, as after a kill."""
        source = open_source()
        try:
            folder = source.folders()[0]
            while self.read_page(source, folder).more:
                assert self.pages < 1_000, "the pages never end"
                if reopen:
                    source.close()
                    source = open_source()
        finally:
            source.close()


def letter(number: int, body: str = "") -> bytes:
    """A plain message with CRLF line ends, different for each number."""
    head = f"From: a{number}@example.org\r\nTo: me@example.com\r\nSubject: Letter {number}\r\n"
    return f"{head}Message-ID: <{number}@example.org>\r\n\r\n{body or f'Text {number}.'}\r\n".encode()


def letters(count: int) -> list[tuple[bytes, datetime]]:
    """Messages a minute apart, oldest first."""
    return [(letter(number), START + timedelta(minutes=number)) for number in range(count)]


def subjects(holding: Holding) -> list[str]:
    """The subjects of what is held, in the order of delivery."""
    found: list[str] = []
    for message in holding.held.values():
        lines = message.data.decode("latin-1").splitlines()
        found.extend(line[9:] for line in lines if line.startswith("Subject: "))
    return found
