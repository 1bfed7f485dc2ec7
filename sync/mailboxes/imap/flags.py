"""Flags that other programs changed on messages which the store has."""

from __future__ import annotations

import time
from dataclasses import replace
from zlib import crc32

from sync.mailboxes.imap.cursor import Cursor
from sync.mailboxes.imap.errors import Refused
from sync.mailboxes.imap.replies import Fetched, Status
from sync.mailboxes.imap.session import Session

WINDOW = 500
"""Without CONDSTORE only the newest messages are looked at."""

WINDOW_SECONDS = 300
"""And this often, since the folder must be opened for it."""

Flags = dict[str, frozenset[str]]


def changed_flags(session: Session, cursor: Cursor, status: Status) -> tuple[Flags, Cursor]:
    """Flags that may have changed since `cursor`, of delivered messages in the open folder; the cursor after that."""
    if status.modseq:
        flags = _since(session, cursor, status) if status.modseq != cursor.modseq else {}
        return flags, replace(cursor, modseq=status.modseq)
    return _of_newest(session, cursor, status)


def _since(session: Session, cursor: Cursor, status: Status) -> Flags:
    # A lower HIGHESTMODSEQ than before is a restored server: everything may have changed (RFC 7162 3.1.2.1).
    since = cursor.modseq if 0 < cursor.modseq < status.modseq else 1
    if cursor.high < cursor.low:
        return {}
    try:
        fetched = session.fetch(f"{cursor.low}:{cursor.high}", "(UID FLAGS)", f"(CHANGEDSINCE {since})")
    except Refused:  # NOMODSEQ in this folder after all
        return {}
    return _delivered(fetched, cursor)


def _of_newest(session: Session, cursor: Cursor, status: Status) -> tuple[Flags, Cursor]:
    now = int(time.time())
    count = status.messages or 0
    if cursor.high < cursor.low or count == 0:
        return {}, cursor
    newest = session.search(f"{max(1, count - WINDOW + 1)}:{count} UID {cursor.low}:{cursor.high}")
    if not newest:
        return {}, cursor
    flags = _delivered(session.fetch(f"{newest[0]}:{newest[-1]}", "(UID FLAGS)"), cursor)
    total = sum(crc32(" ".join([uid, *sorted(words)]).encode()) for uid, words in flags.items()) & 0xFFFFFFFF
    after = replace(cursor, flags_sum=total, flags_at=now)
    return (flags if total != cursor.flags_sum else {}), after


def _delivered(fetched: list[Fetched], cursor: Cursor) -> Flags:
    return {
        str(each.uid): each.flags
        for each in fetched
        if each.flags is not None and cursor.low <= each.uid <= cursor.high
    }
