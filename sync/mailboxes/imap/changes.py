"""What a person wants of messages, done on the server: flags, keywords, and moves with or without MOVE and UIDPLUS."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from crm_model.errors import CursorExpired, NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from sync.mailboxes.contract import Folder
from sync.mailboxes.idsets import to_bytes
from sync.mailboxes.imap.errors import Refused
from sync.mailboxes.imap.folders import archive_of
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.uidsets import uid_sets

_KEYWORD = re.compile(r"\\?[A-Za-z0-9_$./+-]+")
_SYSTEM = frozenset({"\\seen", "\\answered", "\\flagged", "\\deleted", "\\draft"})


def apply_change(
    session: Session, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]
) -> Collection[str]:
    """`MailSource.apply` for a folder of the server."""
    numbers = sorted({int(uid) for uid in uids if uid.isdecimal()})
    raw = to_bytes(folder.key)
    if change.kind in (MailboxChangeKind.ADD_FLAG, MailboxChangeKind.REMOVE_FLAG):
        _open(session, raw, generation)
        return [str(uid) for uid in _mark(session, change, numbers)]
    goal = _goal(session, folder, change)
    if goal is None or goal == raw:
        return ()
    _open(session, raw, generation)
    if folder.role is MailboxRole.ALL:  # it holds everything for ever; the inbox gets a second place
        _copy(session, raw, goal, numbers)
    elif session.has("MOVE"):
        for text in uid_sets(numbers):
            session.change("MOVE", text, session.quoted(goal))
    else:
        _copy(session, raw, goal, numbers)
        _remove(session, numbers)
    return ()


def _open(session: Session, raw: bytes, generation: str) -> None:
    status = session.select(raw)
    if str(status.uidvalidity or 0) != generation:
        session.drop()
        raise CursorExpired("The server has renumbered the folder (UIDVALIDITY); its messages are looked up again.")


def _mark(session: Session, change: MailboxChange, numbers: Sequence[int]) -> set[int]:
    """Set or take a flag; the uids that were not there: STORE passes over them in silence."""
    flag = change.value
    if not _KEYWORD.fullmatch(flag):
        raise NotSupported(f"“{flag}” can't be a keyword in IMAP.", feature=change.kind.value)
    if flag.lower() not in _SYSTEM and not session.keeps(flag):
        raise NotSupported(f"The mail server keeps no keyword “{flag}” in this folder.", feature=change.kind.value)
    sign = "+" if change.kind is MailboxChangeKind.ADD_FLAG else "-"
    absent = set(numbers)
    for text in uid_sets(numbers):
        session.change("STORE", text, f"{sign}FLAGS.SILENT", f"({flag})")
        absent.difference_update(each.uid for each in session.fetch(text, "(UID FLAGS)"))
    return absent


def _goal(session: Session, folder: Folder, change: MailboxChange) -> bytes | None:
    """Where a move leads; None for what lies there already. Errors: NotSupported."""
    if change.kind is MailboxChangeKind.MOVE:
        return to_bytes(change.value)
    if change.kind is MailboxChangeKind.UNARCHIVE:
        return b"INBOX"
    if folder.role is MailboxRole.ALL:
        return None
    listed = session.list_folders()
    found = archive_of(listed)
    if found is not None:
        return found
    below = next(
        (each.delimiter for each in listed if each.raw.upper().startswith(b"INBOX" + each.delimiter.encode())), ""
    )
    goal = f"INBOX{below}Archive".encode() if below else b"Archive"
    try:
        session.create(goal)
    except Refused as error:
        raise NotSupported(
            f"The mail server has no archive folder and makes none ({error.answer}); make one.", feature="archive"
        ) from error
    return goal


def _copy(session: Session, raw: bytes, goal: bytes, numbers: Sequence[int]) -> None:
    """Copy what the goal does not hold yet: the last try may have come so far."""
    ids = session.message_ids(numbers)
    session.examine(goal)
    missing = [uid for uid in numbers if uid in ids and not (ids[uid] and session.holds(ids[uid]))]
    session.select(raw)
    for text in uid_sets(missing):
        session.change("COPY", text, session.quoted(goal))


def _remove(session: Session, numbers: Sequence[int]) -> None:
    """Take copied messages away. Without UIDPLUS they stay, marked: EXPUNGE would take other people's too."""
    for text in uid_sets(numbers):
        session.change("STORE", text, "+FLAGS.SILENT", "(\\Deleted)")
        if session.has("UIDPLUS"):
            session.change("EXPUNGE", text)
