"""Mail as Hitchpost sees it, after the wire and before any decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How a message ended. Every message that a mailbox holds has exactly one."""

    LINKED = "linked"
    SUGGESTED = "suggested"
    HELD = "held"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Direction(StrEnum):
    """Who wrote to whom: `INTERNAL` is talk among our own people only."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class MailboxRole(StrEnum):
    """What a folder is for (RFC 6154 SPECIAL-USE); FORMS holds what our own web forms brought."""

    INBOX = "inbox"
    SENT = "sent"
    ARCHIVE = "archive"
    ALL = "all"
    DRAFTS = "drafts"
    JUNK = "junk"
    TRASH = "trash"
    FORMS = "forms"
    OTHER = "other"


class MailboxChangeKind(StrEnum):
    """What a person can want of a message where its mailbox holds it; the value stands in brackets.

    ADD_FLAG, REMOVE_FLAG (a flag in IMAP spelling, `\\seen`, or a keyword or label such as `CRM/Lead`), ARCHIVE out of
    the inbox, UNARCHIVE back into it, MOVE (the key of a folder).
    """

    ADD_FLAG = "add_flag"
    REMOVE_FLAG = "remove_flag"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class MailboxChange:
    """A wish for messages in their mailbox; see `MailboxChangeKind` for `value`."""

    kind: MailboxChangeKind
    value: str = ""


class DeliveryState(StrEnum):
    """How far a mail of ours is.

    draft -> waiting -> sending -> sent | failed, or unsure: handed over, and the answer was lost. What waits for
    its time can be taken back to a draft, what failed can be mended or tried again.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNSURE = "unsure"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322: `email` is lower case, without display text; "" if the header held none."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message carries beside its text. `part` is the IMAP part number ("2.1"), `size` decoded bytes."""

    name: str
    content_type: str
    size: int
    part: str


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as its mailbox holds it.

    `uid` is the mailbox's own opaque id (IMAP UID, Maildir unique name). `data` are the raw bytes, only the
    first part of them when `truncated`. `size` is the whole size in bytes. `flags` in IMAP spelling, lower
    case (`\\seen`, `\\answered`, `\\flagged`). `received_at` is the internal date, aware UTC, None if unknown.
    `left_out` are parts that were not fetched: their headers stand in `data` with an empty body, and here by part
    number ("2.1") is their decoded size in bytes. `MailSource.fetch_part` gets them.
    `conversation` is the mailbox's own opinion of which conversation it belongs to (Gmail's thread), with the
    mailbox's name in it; "" if it has none.
    """

    uid: str
    data: bytes
    size: int
    flags: frozenset[str] = frozenset()
    received_at: datetime | None = None
    truncated: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message.

    `key` is the identity across folders: a hex digest over Message-ID, date, sender, subject and body.
    `message_id`, `references` and `in_reply_to` are normalised ids without angle brackets. `in_reply_to_clean`
    says that In-Reply-To held nothing but one id. `headers` has lower-case names, unfolded decoded values in
    order. `text` is what a person reads (HTML already turned to text), quotes and signature included
    (`sync.quotes` takes them apart). `html` is the raw HTML part if there was one. `embedded` are message/rfc822
    parts, `cards` the texts of vCards. `sent_at` is the Date header in UTC, None if unusable. `conversation` as in
    `RawMessage`.
    """

    key: str
    message_id: str | None
    references: tuple[str, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    in_reply_to_clean: bool = False
    subject: str = ""
    from_: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    sent_at: datetime | None = None
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    embedded: tuple[Message, ...] = ()
    cards: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thread_index: str | None = None
    thread_topic: str | None = None
    size: int = 0
    truncated: bool = False
    defects: tuple[str, ...] = ()
    conversation: str = ""

    def header(self, name: str) -> str:
        """The first value of a header by its lower-case name, "" if absent."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def recipients(self) -> tuple[Address, ...]:
        return self.to + self.cc + self.bcc
