"""Flags that other programs changed on messages which the store has."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from zlib import crc32

from sync.mailboxes.imap.cursor import Cursor
from sync.mailboxes.imap.errors import Refused
from sync.mailboxes.imap.replies import Fetched, Status
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.uidsets import read_uid_set

WINDOW = 500
"""Without CONDSTORE only the newest messages are looked at."""

WINDOW_SECONDS = 300
"""And this often, since the folder must be opened for it."""

Flags = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to delivered messages: changed flags, and with QRESYNC the uids that are gone."""

    flags: Flags = field(default_factory=dict)
    removed: tuple[int, ...] = ()


def changes_since(session: Session, cursor: Cursor, status: Status) -> tuple[Changes, Cursor]:
    """What may have changed since `cursor` in the open folder; the cursor after that. Errors: Refused, Unreachable."""
    if status.modseq:
        if status.modseq == cursor.modseq:
            return Changes(), cursor
        changes = _since(session, cursor, status)
        return changes, replace(cursor, modseq=status.modseq, since=cursor.modseq)
    flags, cursor = _of_newest(session, cursor, status)
    return Changes(flags), cursor


def _since(session: Session, cursor: Cursor, status: Status) -> Changes:
    if cursor.high == 0:
        return Changes()
    vanished = session.has("QRESYNC")
    # Gmail shows a HIGHESTMODSEQ before the change behind it: one step back costs little.
    since = cursor.modseq if vanished or not cursor.since else cursor.since
    # A lower HIGHESTMODSEQ than before is a restored server: everything may have changed (RFC 7162 3.1.2.1).
    since = since if 0 < cursor.modseq < status.modseq else 1
    # From 1 on: below `low` lies what an earlier pass, with another backfill, has brought.
    uids = f"1:{cursor.high}"
    try:
        fetched, gone = session.fetch_changes(uids, since, vanished=vanished)
    except Refused:  # that it answers nothing must not pass for no change: the cursor goes on
        fetched, gone = session.fetch(uids, "(UID FLAGS)"), []
    removed = {uid for text in gone for uid in read_uid_set(text, cursor.high)}
    return Changes(_delivered(fetched, cursor), tuple(sorted(removed)))


def _of_newest(session: Session, cursor: Cursor, status: Status) -> tuple[Flags, Cursor]:
    now = int(time.time())
    count = status.messages or 0
    if cursor.high == 0 or count == 0:
        return {}, cursor
    newest = session.search(f"{max(1, count - WINDOW + 1)}:{count} UID 1:{cursor.high}")
    if not newest:
        return {}, cursor
    flags = _delivered(session.fetch(f"{newest[0]}:{newest[-1]}", "(UID FLAGS)"), cursor)
    total = sum(crc32(" ".join([uid, *sorted(words)]).encode()) for uid, words in flags.items()) & 0xFFFFFFFF
    after = replace(cursor, flags_sum=total, flags_at=now)
    return (flags if total != cursor.flags_sum else {}), after


def _delivered(fetched: list[Fetched], cursor: Cursor) -> Flags:
    return {str(each.uid): each.flags for each in fetched if each.flags is not None and each.uid <= cursor.high}
