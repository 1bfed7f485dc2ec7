"""Sending into a folder on this machine: everything works as if mail left, and nobody gets any; for trying out."""

from __future__ import annotations

import mailbox
from email.header import Header
from pathlib import Path

from crm_model.errors import TryLater
from crm_model.options import Connection
from sync.submission.contract import HandingOver, OutgoingMail, Submission, Submitted

OPTION = "send_into"


class FolderSubmission(Submission):
    """Its peer is a Maildir, made where there is none; the envelope stands above each mail's own headers."""

    def __init__(self, connection: Connection) -> None:
        self._path = Path(connection.text(OPTION)).expanduser()

    def send(self, mail: OutgoingMail, handing_over: HandingOver) -> Submitted:
        folder = self._folder()
        told = Header(", ".join(mail.recipients), maxlinelen=900).encode()
        handing_over()
        try:
            folder.add(f"X-Envelope-To: {told}\n".encode() + mail.data.replace(b"\r\n", b"\n"))
        except OSError as error:
            raise TryLater(f"the mail can't be written into {self._path}: {error.strerror}.") from error
        return Submitted()

    def check(self) -> None:
        self._folder()

    def close(self) -> None:
        return

    def _folder(self) -> mailbox.Maildir:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return mailbox.Maildir(self._path, factory=None, create=True)
        except OSError as error:
            raise TryLater(f"{self._path} can't be made: {error.strerror}; give send_into another folder.") from error
