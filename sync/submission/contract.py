"""What a way of sending mail promises. `sync.submission.testing.SubmissionContract` proves it.

    claimed ── send: connect, sender, recipients ── handing_over() ── the step that can't be taken back ── answer

A fault left of `handing_over` means that nobody got the mail: TryLater, and it is sent again. A fault to the right of
it, before the answer, means that nobody knows: InDoubt, and the mail is looked for in Sent before anything else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crm_model.errors import HitchpostError

HandingOver = Callable[[], None]
"""Keeps in the store that the mail is about to leave; if it raises, the mail must not leave."""


class InDoubt(HitchpostError):
    """The connection broke after the mail was handed over and before the answer: it may have been sent."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail ready to leave.

    `data` are its bytes with CRLF, Date and Message-ID, without Bcc; `own_copy` the same with Bcc: what Sent keeps,
    and what an API that reads the recipients from the headers is given. `message_id` has no angle brackets.
    `sender` and `recipients` are the envelope: on a second try only who did not get it yet. `needs_utf8`: an address
    can't be written in ASCII (RFC 6531).
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes
    own_copy: bytes
    needs_utf8: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a mail that was taken: who is refused for good and who for now, with the server's reason.

    Every recipient that is in neither was served. `message_id` is the one that the server put in place of ours, ""
    where it left ours alone: the copy in Sent and all answers name it.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""


class Submission(ABC):
    """The way out of one mail account, opened for some mails in a row, by one thread."""

    saves_sent: bool = False
    """Whether whatever is sent this way stands in Sent by itself, always."""

    @abstractmethod
    def send(self, mail: OutgoingMail, handing_over: HandingOver) -> Submitted:
        """Send to every recipient that is not refused; `handing_over` is called once, directly before it leaves.

        Errors: InDoubt; TryLater, LoginNeeded, ConfigError if it did not leave; Rejected if it can't be sent at all,
        with a sentence for each refused recipient in `field_errors`.
        """

    @abstractmethod
    def check(self) -> None:
        """Connect and sign in, for `mailbox test`. Errors: TryLater, LoginNeeded, ConfigError."""

    @abstractmethod
    def close(self) -> None:
        """Log out; harmless twice."""


class SentFolder(ABC):
    """Where one mail account keeps what was sent. Errors: TryLater, LoginNeeded, ConfigError, NotFound (no Sent)."""

    @abstractmethod
    def holds(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID (no angle brackets) is in Sent."""

    @abstractmethod
    def keep(self, data: bytes, sent_at: datetime) -> None:
        """Put a mail there, marked as read. Never called where `Submission.saves_sent`."""

    @abstractmethod
    def close(self) -> None:
        """Log out; harmless twice."""
