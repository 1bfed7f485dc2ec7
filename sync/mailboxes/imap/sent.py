"""The Sent folder of an IMAP account: whether a mail is there, and putting one there."""

from __future__ import annotations

from datetime import datetime

from crm_model.errors import NotFound
from crm_model.mail import MailboxRole
from crm_model.options import Connection
from sync.mailboxes.idsets import to_bytes
from sync.mailboxes.imap.folders import read_folders
from sync.mailboxes.imap.session import Session
from sync.submission.contract import SentFolder

_LOOK_BACK = 20


class ImapSentFolder(SentFolder):
    """The folder is found by what it is for, whichever folders are read."""

    def __init__(self, connection: Connection) -> None:
        self._name = connection.name
        self._session = Session(connection)
        self._raw: bytes | None = None

    def holds(self, message_id: str) -> bool:
        status = self._session.examine(self._folder())  # anew each time: what came meanwhile is to be seen
        wanted = f"<{message_id}>".encode()
        # Exchange's index is late for new mail, and some servers can't search any header that a client names.
        return wanted in self._newest(status.messages or 0) or self._session.holds(wanted)

    def keep(self, data: bytes, sent_at: datetime) -> None:
        self._session.append(self._folder(), data, sent_at)

    def close(self) -> None:
        self._session.close()

    def _newest(self, count: int) -> set[bytes]:
        """The Message-IDs of the newest messages of the open folder, which holds `count`."""
        uids = self._session.search(f"{max(1, count - _LOOK_BACK + 1)}:{count}") if count else ()
        if not uids:
            return set()
        fetched = self._session.fetch(f"{uids[0]}:{uids[-1]}", "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        return {each.message_id for each in fetched}

    def _folder(self) -> bytes:
        if self._raw is None:
            listed = read_folders(self._session.list_folders(), (), self._name)
            sent = next((folder for folder in listed if folder.role is MailboxRole.SENT), None)
            if sent is None:
                raise NotFound(f"the mailbox {self._name} has no folder for sent mail; make one named Sent.")
            self._raw = to_bytes(sent.key)
        return self._raw
