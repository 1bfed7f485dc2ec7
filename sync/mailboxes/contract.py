"""What a source of mail promises. `sync.mailboxes.testing.MailboxContract` proves it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_model.errors import NotSupported
from crm_model.mail import MailboxChange, MailboxRole, RawMessage
from crm_model.options import Connection, OptionSpec
from sync.mailboxes.attached import part_of
from sync.submission.contract import SentFolder, Submission

KnownIds = Callable[[Collection[str]], set[str]]
"""Asks the store which of these uids of the folder (at its current generation) it holds already."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message that was not fetched, only looked at. `message_id` is the header's raw value, b"" without one."""

    uid: str
    message_id: bytes
    size: int
    received_at: datetime | None
    flags: frozenset[str] = frozenset()


Recall = Callable[[Sequence[Sighting]], set[str]]
"""Asks the store which of these are messages that it holds, wherever: the uids of those."""

HEAD_BYTES = 4 * 1024 * 1024
"""A message larger than this is read only so far; the rest is attachments that nobody asked for."""

PAGE_MESSAGES = 200
PAGE_BYTES = 12 * 1024 * 1024
"""What a page holds at most."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a mail account. `key` is its opaque identity, `name` for people, `total` None if unknown."""

    key: str
    name: str
    role: MailboxRole
    total: int | None = None


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some messages of a folder, newest first within a first pass.

    `generation` is the UIDVALIDITY, or what stands for it: uids mean nothing across generations.
    `removed` are uids known to be gone; `present`, when the source enumerated the whole folder, every uid in it
    (what the store holds beside them is gone). `flags` are changed flags of messages the store has.
    `failed` are uids that the source could not deliver now, with a sentence: the cursor does not pass them by;
    the store keeps them as outcome `failed` and they are fetched again by `fetch`.
    `sightings` are messages that the store knows by `MailSource.recall`: they lie here too, and need no fetching.
    `cursor` is opaque text, stored in the transaction of the page. `more` says that another page waits now,
    `remaining` about how many messages (None if unknown).
    """

    generation: str
    messages: Sequence[RawMessage]
    cursor: str
    more: bool
    remaining: int | None = None
    removed: Sequence[str] = ()
    present: Collection[str] | None = None
    flags: dict[str, frozenset[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    sightings: Sequence[Sighting] = ()


class MailSource(ABC):
    """One mail account, opened for one pass, by one thread. Reading never changes a flag or a file.

    Errors: LoginNeeded, Unreachable, Busy, ConfigError (not a mailbox); NotFound for a folder that is gone;
    CursorExpired when `cursor` belongs to another generation.
    `recall` is set where messages of a folder may be old acquaintances: moved, renumbered, in a renamed folder. A
    source whose ids last for ever need not ask it.
    """

    recall: Recall | None = None

    @abstractmethod
    def folders(self) -> tuple[Folder, ...]:
        """The folders to read, inbox first; for `mailbox test` too."""

    @abstractmethod
    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        """The next messages after `cursor` ("" is the beginning), at most PAGE_MESSAGES and PAGE_BYTES."""

    @abstractmethod
    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        """Generation and every uid that the folder holds now: what `audit` compares with the store."""

    @abstractmethod
    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        """One message again. Errors: NotFound if it is gone, TryLater if it is there but can't be had now."""

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        """An attachment, decoded; `part` as in `Attachment.part`. Errors: NotFound, TryLater, NotSupported.

        By default it is cut out of what `fetch` brings: enough for a kind that leaves no part out.
        """
        message = self.fetch(folder, uid)
        if message.truncated or message.left_out:
            raise NotSupported("This attachment lies beyond what is read of a message so large.", feature="attachments")
        return part_of(message.data, part)

    def apply(self, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]) -> Collection[str]:
        """Change messages of a folder in the mailbox itself. A message that is so already, or gone, is no error.

        Answers those that a flag was wanted for and that were not there: another program may have moved them, and
        they are looked for again. It is called again when nobody knows whether the last call arrived. A person's wish
        comes here alone: reading never does. Errors: NotSupported (refused for good), CursorExpired for another
        generation, NotFound (folder), TryLater, LoginNeeded.
        """
        raise NotSupported("Mailboxes of this kind are only read.", feature=change.kind.value)

    @abstractmethod
    def close(self) -> None:
        """Log out, give locks back; harmless twice."""


class MailWatch(ABC):
    """Waits for news in the inbox of one account, by one thread, beside the source that reads it."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Whether something may have come, at once when it does; False after `seconds` of silence.

        The first call, and any after an error, may say True at once. Errors: NotSupported (this account must be
        polled), Unreachable, LoginNeeded, ConfigError.
        """

    @abstractmethod
    def close(self) -> None:
        """Log out; harmless twice."""


@dataclass(frozen=True, slots=True)
class MailboxKind:
    """What an entry point of the group `hitchpost.mailboxes` names: how to configure and open one kind of mailbox.

    `open_submission` for a kind that sends by itself (an API); the others send by SMTP. `open_sent` for a kind that can
    look into its Sent folder and write there. `watch` waits for news; without it a mailbox is polled.
    """

    name: str
    title: str
    options: tuple[OptionSpec, ...]
    open: Callable[[Connection], MailSource]
    needs_secret: bool = False
    open_submission: Callable[[Connection], Submission] | None = None
    open_sent: Callable[[Connection], SentFolder] | None = None
    watch: Callable[[Connection], MailWatch] | None = None
