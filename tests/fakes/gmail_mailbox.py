"""The mailbox behind the fake Gmail: messages, labels and threads with the history of what happened to them.

Every change takes the next history id (they grow, with gaps). History before `floor` is forgotten.
"""

from __future__ import annotations

import email
import random
import shlex
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message

HIDDEN = frozenset({"SPAM", "TRASH"})
_UNWANTED = {"-in:chats": "CHAT", "-in:drafts": "DRAFT"}
SYSTEM = (
    *("INBOX", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "CHAT"),
    *("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS"),
)


@dataclass
class Mail:
    """A message. `at` is the internal date in milliseconds."""

    id: str
    thread_id: str
    raw: bytes
    at: int
    labels: set[str]
    history_id: int = 0
    message_id: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Event:
    """One line of the history: `kind` as in the answer's keys."""

    id: int
    kind: str
    mail_id: str
    thread_id: str
    labels: tuple[str, ...]
    after: tuple[str, ...]


@dataclass
class GmailMailbox:
    """One person's mail. All methods are safe to call from the server's threads and from the test."""

    user: str = "kari@fjordlys.example"
    mails: dict[str, Mail] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    history_id: int = 1000
    floor: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _next: int = 0x18F0_0000_0000_0000
    _dice: random.Random = field(default_factory=lambda: random.Random(5))
    _sorted: list[Mail] = field(default_factory=list)
    _threads: dict[str, Mail] = field(default_factory=dict)

    def deliver(self, raw: bytes, at: datetime, labels: Iterable[str] = ("INBOX", "UNREAD"), thread: str = "") -> str:
        """A message arrives; its id."""
        with self.lock:
            self._next += self._dice.randint(1, 5000)
            head = _head(raw)
            message_id, subject = (head.get("Message-ID") or "").strip(), str(head.get("Subject") or "")
            number = f"{self._next:016x}"
            parent = next((self._threads[each] for each in _references(head) if each in self._threads), None)
            joins = parent is not None and _bare(parent.subject) == _bare(subject)
            thread_id = thread or (parent.thread_id if parent is not None and joins else number)
            mail = Mail(number, thread_id, raw, int(at.timestamp() * 1000), set(labels), 0, message_id, subject)
            self.mails[number] = mail
            if message_id:
                self._threads.setdefault(message_id, mail)
            self._sorted = []
            self._note("messagesAdded", mail, ())
            return number

    def delete(self, mail_id: str) -> None:
        """Gone for good."""
        with self.lock:
            mail = self.mails.pop(mail_id)
            self._sorted = []
            self._note("messagesDeleted", mail, ())

    def modify(self, mail_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Labels by id; what is so already leaves no trace."""
        with self.lock:
            mail = self.mails[mail_id]
            fresh = tuple(label for label in add if label not in mail.labels)
            stale = tuple(label for label in remove if label in mail.labels)
            mail.labels |= set(fresh)
            mail.labels -= set(stale)
            if fresh:
                self._note("labelsAdded", mail, fresh)
            if stale:
                self._note("labelsRemoved", mail, stale)

    def trash(self, mail_id: str) -> None:
        self.modify(mail_id, add=["TRASH"], remove=["INBOX"])

    def save_draft(self, raw: bytes, replaces: str = "") -> str:
        """Each edit of a draft is a new message."""
        with self.lock:
            if replaces:
                self.delete(replaces)
            return self.deliver(raw, datetime.now(UTC), ["DRAFT"])

    def make_label(self, name: str) -> str:
        with self.lock:
            number = f"Label_{len(self.labels) + 1}"
            self.labels[number] = name
            return number

    def forget_history(self) -> None:
        """What happened so far can't be asked for any more."""
        with self.lock:
            self.floor = self.history_id
            self.events = []

    def search(self, query: str, label_ids: Iterable[str], *, hidden: bool) -> list[Mail]:
        """Newest first."""
        with self.lock:
            if not self._sorted:
                self._sorted = sorted(self.mails.values(), key=lambda mail: (mail.at, mail.id), reverse=True)
            wanted, words = set(label_ids), shlex.split(query)
            without = set() if hidden or wanted & HIDDEN else set(HIDDEN)
            for word in [each for each in words if each in _UNWANTED]:
                words.remove(word)
                without.add(_UNWANTED[word])
            found = [mail for mail in self._sorted if wanted <= mail.labels and without.isdisjoint(mail.labels)]
            return [mail for mail in found if all(self._matches(mail, word) for word in words)] if words else found

    def _matches(self, mail: Mail, word: str) -> bool:  # noqa: PLR0911 - a line for each search word
        if word.startswith("-"):
            return not self._matches(mail, word[1:])
        key, _, value = word.partition(":")
        match key:
            case "in" | "is":
                return {"drafts": "DRAFT", "chats": "CHAT"}.get(value, value.upper()) in mail.labels
            case "label":
                return any(self.labels.get(each, each).casefold() == value.casefold() for each in mail.labels)
            case "after":
                return mail.at >= int(value) * 1000
            case "before":
                return mail.at < int(value) * 1000
            case "larger":
                return len(mail.raw) > int(value)
            case "rfc822msgid":
                return mail.message_id.strip("<>") == value.strip("<>")
            case "subject":
                return value.casefold() in mail.subject.casefold()
        raise AssertionError(f"the fake does not know the search word {word}")

    def _note(self, kind: str, mail: Mail, labels: tuple[str, ...]) -> None:
        self.history_id += self._dice.randint(1, 40)
        mail.history_id = self.history_id
        after = tuple(sorted(mail.labels))
        self.events.append(Event(self.history_id, kind, mail.id, mail.thread_id, labels, after))


def _head(raw: bytes) -> Message:
    end = raw.find(b"\r\n\r\n")
    return email.message_from_bytes(raw[: end if end >= 0 else 20_000])


def _references(head: Message) -> list[str]:
    return f"{head.get('In-Reply-To') or ''} {head.get('References') or ''}".split()


def _bare(subject: str) -> str:
    return subject.removeprefix("Re: ").strip().casefold()
