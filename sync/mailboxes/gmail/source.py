"""A Gmail mailbox as a source of mail: one folder that holds everything, since labels are no places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from crm_model.errors import ConfigError, CursorExpired, NotFound, NotSupported
from crm_model.mail import MailboxChange, MailboxRole, RawMessage
from crm_model.options import Connection
from sync.mailboxes.backfill import BACKFILL_OPTION, backfill_start
from sync.mailboxes.contract import Folder, KnownIds, MailPage, MailSource
from sync.mailboxes.gmail.api import Answer, Api
from sync.mailboxes.gmail.cursor import Cursor, read_cursor
from sync.mailboxes.gmail.errors import Refused
from sync.mailboxes.gmail.follow import Follow
from sync.mailboxes.gmail.labels import Labels
from sync.mailboxes.gmail.messages import LARGE_BYTES, decode, is_hidden, read_message
from sync.mailboxes.gmail.payload import find
from sync.mailboxes.gmail.scan import Scan, mail_since
from sync.oauth.grant import READ_ONLY_OPTION, sign_in_command

ALL_MAIL = Folder("all", "All Mail", MailboxRole.ALL)
_CHANGES_AT_ONCE = 1000


class GmailSource(MailSource):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._api = Api(connection)
        self._labels = Labels(self._api)
        self._owner = ""
        self._pages: Iterator[MailPage] = iter(())
        self._text = ""

    def folders(self) -> tuple[Folder, ...]:
        self._profile()
        return (ALL_MAIL,)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        page = next(self._pages, None) if cursor and cursor == self._text else None
        if page is None:
            self._pages = self._begin(cursor, known)
            page = next(self._pages)
        self._text = page.cursor if page.more else ""
        return page

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        self._profile()
        return self._owner, self._api.all_ids(mail_since(self._since))

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        self._profile()
        answer = self._get(uid, "minimal")
        if is_hidden(answer):
            raise NotFound(f"The message {uid} is no longer in {folder.name}.")
        large = int(answer.get("sizeEstimate") or 0) > LARGE_BYTES
        return read_message(self._get(uid, "full" if large else "raw"), self._labels, self._owner)

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        found = find(self._get(uid, "full").get("payload") or {}, part)
        body = (found or {}).get("body") or {}
        if "data" in body:
            return decode(str(body["data"]))
        if "attachmentId" not in body:  # its ids change with every answer: never kept
            raise NotFound(f"The message has no part {part}.")
        return decode(self._api.attachment(uid, str(body["attachmentId"])))

    def apply(self, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]) -> Collection[str]:
        if self._connection.options.get(READ_ONLY_OPTION.name) is True:
            raise NotSupported(
                f"{self._connection.name} is only read; take read_only out and sign in again: "
                f"{sign_in_command(self._connection)}",
                feature=change.kind.value,
            )
        if self._profile() != generation:
            raise CursorExpired("This is the mailbox of another address; its messages are looked up again.")
        add, remove = self._labels.change(change)
        for start in range(0, len(uids) if add or remove else 0, _CHANGES_AT_ONCE):
            self._modify(uids[start : start + _CHANGES_AT_ONCE], add, remove)
        return ()  # a message of Gmail's has one id wherever it lies: what is not there is gone

    def close(self) -> None:
        self._pages = iter(())
        self._api.close()

    @property
    def _since(self) -> datetime | None:
        return backfill_start(self._connection)

    @property
    def _months(self) -> int:
        return max(0, self._connection.number(BACKFILL_OPTION.name, 0))

    def _profile(self) -> str:
        """The mailbox's address, asked for once. Errors: ConfigError for that of somebody else."""
        if not self._owner:
            self._read_profile()
        return self._owner

    def _read_profile(self) -> Answer:
        answer = self._api.profile()
        owner, wanted = str(answer.get("emailAddress", "")).casefold(), self._connection.text("user")
        if wanted and _address(wanted) != _address(owner):
            raise ConfigError(
                f"you signed in as {owner}; put that here, or sign in again: {sign_in_command(self._connection)}",
                key="user",
            )
        self._owner = owner
        return answer

    def _begin(self, text: str, known: KnownIds) -> Iterator[MailPage]:
        cursor = read_cursor(text)
        owner = self._profile()
        if cursor is not None and cursor.owner != owner:
            raise CursorExpired("This is the mailbox of another address: it is read anew.")
        if cursor is not None and not cursor.scanning and cursor.months == self._months:
            try:
                records, after = self._api.history(cursor.history)
            except (NotFound, Refused):  # it is kept for a week or so
                cursor = None
            else:
                return Follow(self._api, self._labels, cursor, known, records, after).pages()
        profile = self._read_profile()  # its place is taken before the first list: what happens meanwhile is told twice
        if cursor is None:
            cursor = Cursor(owner, str(profile["historyId"]), stale=bool(text))
        cursor = replace(cursor, scanning=True, months=self._months)
        total = int(profile.get("messagesTotal") or 0)
        return Scan(self._api, self._labels, cursor, known, self._since, total).pages()

    def _get(self, uid: str, form: str) -> Answer:
        try:
            return self._api.get(uid, form)
        except Refused as error:  # what can't be an id
            raise NotFound(f"Gmail knows no message {uid}.") from error

    def _modify(self, uids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> None:
        try:
            self._api.modify(uids, add, remove)
        except (NotFound, Refused):
            if len(uids) == 1:
                self._require_gone(uids[0])
                return
            middle = len(uids) // 2
            self._modify(uids[:middle], add, remove)
            self._modify(uids[middle:], add, remove)

    def _require_gone(self, uid: str) -> None:
        """A change that Gmail refused is met only if its message is no longer there. Errors: Refused."""
        try:
            self._get(uid, "minimal")
        except NotFound:
            return
        raise Refused("Gmail does not change this message now; it will be tried again.")


def _address(text: str) -> str:
    """An address so that two spellings of one Gmail account are alike."""
    local, _, domain = text.strip().casefold().rpartition("@")
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
