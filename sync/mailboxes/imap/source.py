"""An IMAP account as a source of mail: `sync.mailboxes.contract` over `session` and `walk`."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from crm_model.errors import NotFound, TryLater
from crm_model.mail import MailboxChange, RawMessage
from crm_model.options import Connection, OptionSpec, OptionType
from sync.mailboxes.backfill import BACKFILL_OPTION, backfill_start
from sync.mailboxes.contract import Folder, KnownIds, MailboxKind, MailPage, MailSource
from sync.mailboxes.idsets import to_bytes
from sync.mailboxes.imap.bodies import fetch_batch
from sync.mailboxes.imap.changes import apply_change
from sync.mailboxes.imap.cursor import Cursor, read_cursor
from sync.mailboxes.imap.flags import WINDOW_SECONDS
from sync.mailboxes.imap.folders import read_folders
from sync.mailboxes.imap.replies import Status
from sync.mailboxes.imap.sent import ImapSentFolder
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.texts import fetch_attachment
from sync.mailboxes.imap.walk import Terms, Walk, begin_walk, listed_uids, next_page
from sync.mailboxes.imap.watch import ImapWatch
from sync.mailboxes.labels import LABEL_OPTION
from sync.mailboxes.roles import FOLDERS_OPTION
from sync.oauth import OAUTH_OPTION

_FRESH_SECONDS = 5


class ImapSource(MailSource):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session = Session(connection)
        self._walks: dict[str, Walk] = {}
        self._statuses: dict[bytes, tuple[float, Status]] = {}

    def folders(self) -> tuple[Folder, ...]:
        listed = self._session.list_folders()
        wanted = self._connection.names(FOLDERS_OPTION.name)
        return tuple(map(self._counted, read_folders(listed, wanted, self._connection.name)))

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        raw, walk = to_bytes(folder.key), self._walks.pop(folder.key, None)
        seen = self._statuses.pop(raw, None)
        if walk is None or walk.text != cursor:
            place = read_cursor(cursor)
            told = self._told(raw, place, seen)
            if place is not None and told is not None and self._is_unchanged(place, told):
                return MailPage(str(place.uidvalidity), (), cursor, more=False, remaining=0)
            uidnext = told.uidnext if told is not None else None
            terms = Terms(known, self.recall, self._months, self._since, uidnext)
            walk = begin_walk(self._session, raw, place, terms)
        page = next_page(self._session, walk)
        if page.more:
            self._walks[folder.key] = walk
        return page

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        generation, uids = listed_uids(self._session, to_bytes(folder.key), self._since)
        return generation, map(str, uids)

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        raw, number = self._opened(folder), int(uid) if uid.isdecimal() else 0
        found = fetch_batch(self._session, raw, [number] if number else [])
        if number in found.failed:
            raise TryLater(found.failed[number])
        if number not in found.messages:
            raise NotFound(f"The message {uid} is no longer in {folder.name}.")
        return found.messages[number]

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        self._opened(folder)
        if not uid.isdecimal() or not all(map(str.isdecimal, part.split("."))):
            raise NotFound(f"The message {uid} has no part {part}.")
        return fetch_attachment(self._session, int(uid), part)

    def _opened(self, folder: Folder) -> bytes:
        raw = to_bytes(folder.key)
        if not self._session.is_selected(raw):
            self._session.examine(raw)
        return raw

    def apply(self, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]) -> Collection[str]:
        self._walks.pop(folder.key, None)
        self._statuses.clear()
        return apply_change(self._session, folder, generation, change, uids)

    def close(self) -> None:
        self._walks.clear()
        self._session.close()

    @property
    def _months(self) -> int:
        return max(0, self._connection.number(BACKFILL_OPTION.name, 0))

    @property
    def _since(self) -> datetime | None:
        return backfill_start(self._connection)

    def _counted(self, folder: Folder) -> Folder:
        raw = to_bytes(folder.key)
        try:
            status = self._session.status(raw)
        except NotFound:
            return folder
        self._statuses[raw] = time.monotonic(), status
        return replace(folder, total=status.messages)

    def _told(self, raw: bytes, cursor: Cursor | None, seen: tuple[float, Status] | None) -> Status | None:
        """What STATUS tells of a folder that may be unchanged; it is no use on the open folder (RFC 3501 6.3.10).

        `seen` is what `folders` has just been told, but only once: on a folder of 60,000 the question costs 0.1 s.
        """
        if seen is not None and time.monotonic() - seen[0] < _FRESH_SECONDS:
            return None if self._session.is_selected(raw) else seen[1]
        if cursor is None or not cursor.is_complete or self._session.is_selected(raw):
            return None
        return self._session.status(raw)

    def _is_unchanged(self, cursor: Cursor, status: Status) -> bool:
        """Whether STATUS alone tells that nothing happened."""
        if not cursor.is_complete or cursor.months != self._months:
            return False
        if status.uidvalidity != cursor.uidvalidity or status.uidnext is None:
            return False
        same_flags = status.modseq == cursor.modseq if status.modseq else time.time() - cursor.flags_at < WINDOW_SECONDS
        return same_flags and (status.uidnext, status.messages) == (cursor.uidnext, cursor.messages)


IMAP = MailboxKind(
    name="imap",
    title="IMAP server",
    options=(
        OptionSpec("host", OptionType.TEXT, "The server's name.", required=True),
        OptionSpec(
            "port",
            OptionType.INTEGER,
            "The port, if it is not 993 (tls) or 143 (starttls, none).",
            default=0,
            zero="the usual one",
        ),
        OptionSpec("user", OptionType.TEXT, "The user name, often the address.", required=True),
        OptionSpec(
            "tls",
            OptionType.TEXT,
            "Encrypted from the start (tls), after a greeting (starttls), or not at all (none; only on this machine).",
            default="tls",
            choices=("tls", "starttls", "none"),
        ),
        OptionSpec("ca_file", OptionType.PATH, "Certificates to trust instead of the system's, in PEM form."),
        OptionSpec(
            "allow_plain_text",
            OptionType.BOOLEAN,
            "Allow tls = “none” to another machine; password and mail are then readable on the way.",
            default=False,
        ),
        OAUTH_OPTION,
        FOLDERS_OPTION,
        BACKFILL_OPTION,
        LABEL_OPTION,
    ),
    open=ImapSource,
    needs_secret=True,
    open_sent=ImapSentFolder,
    watch=ImapWatch,
)
