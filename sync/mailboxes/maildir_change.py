"""Flags and places of messages in a Maildir, changed by renaming them (https://cr.yp.to/proto/maildir.html)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from crm_model.errors import NotSupported, TryLater
from crm_model.mail import MailboxChange, MailboxChangeKind
from sync.mailboxes.idsets import to_text

FLAG_LETTERS = {
    "\\seen": "S",
    "\\answered": "R",
    "\\flagged": "F",
    "\\draft": "D",
    "\\deleted": "T",
    "$forwarded": "P",
}


def change_messages(path: bytes, goal: bytes | None, change: MailboxChange, uids: Collection[str]) -> set[str]:
    """Make `change` to the messages of the Maildir `path`; `goal` is the Maildir that they move to, if they move.

    Answers the uids that are not there. Errors: NotSupported for flags without a letter, TryLater if a file can't be
    renamed.
    """
    letter = FLAG_LETTERS.get(change.value.lower(), "") if goal is None else ""
    if goal is None and not letter:
        raise NotSupported(f"A Maildir has no place for the keyword “{change.value}”.", feature=change.kind.value)
    absent = set(uids)
    try:
        for uid, place, name in _found(path, uids):
            absent.discard(uid)
            old = os.path.join(path, place, name)  # noqa: PTH118
            new = os.path.join(goal or path, b"cur", _renamed(name, letter, change.kind))  # noqa: PTH118
            if new != old:
                os.rename(old, new)  # noqa: PTH104
    except FileNotFoundError as error:  # another program was quicker: the next try sees what it made of it
        raise TryLater("The message was moved meanwhile.") from error
    except OSError as error:
        raise TryLater(f"The Maildir can't be changed: {error.strerror}.") from error
    return absent


def _found(path: bytes, uids: Collection[str]) -> Iterator[tuple[str, bytes, bytes]]:
    for place in (b"new", b"cur"):
        for name in os.listdir(os.path.join(path, place)):  # noqa: PTH118, PTH208
            uid = to_text(name.partition(b":")[0])
            if uid in uids:
                yield uid, place, name


def _renamed(name: bytes, letter: str, kind: MailboxChangeKind) -> bytes:
    stem, _, letters = name.partition(b":2,")
    flags = set(letters.decode("latin-1"))
    if kind is MailboxChangeKind.ADD_FLAG:
        flags.add(letter)
    elif kind is MailboxChangeKind.REMOVE_FLAG:
        flags.discard(letter)
    return stem + b":2," + "".join(sorted(flags)).encode("latin-1")
