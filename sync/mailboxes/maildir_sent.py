"""The Sent folder of a Maildir: whether a mail is there, and putting one there as deliveries do."""

from __future__ import annotations

import os
import secrets
import socket
import time
from datetime import datetime
from pathlib import Path

from crm_model.errors import NotFound, TryLater
from crm_model.mail import MailboxRole
from crm_model.options import Connection
from sync.mailboxes.files import root_path
from sync.mailboxes.idsets import to_bytes
from sync.mailboxes.maildir_tree import find_folders
from sync.submission.contract import SentFolder

_HEAD_BYTES = 64 * 1024
_RECENT_SECONDS = 7 * 86_400  # a mail that is looked for was sent a moment ago


class MaildirSentFolder(SentFolder):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def holds(self, message_id: str) -> bool:
        wanted = f"<{message_id}>".encode()
        folder, oldest = self._folder(), time.time() - _RECENT_SECONDS
        try:
            return any(wanted in _head(path) for place in ("new", "cur") for path in _recent(folder / place, oldest))
        except OSError as error:
            raise TryLater(f"the folder for sent mail can't be read: {error.strerror}.") from error

    def keep(self, data: bytes, sent_at: datetime) -> None:
        """Written whole under `tmp`, then moved: never half a mail for whoever reads along."""
        folder = self._folder()
        name = f"{int(time.time())}.{secrets.token_hex(8)}.{socket.gethostname().replace('/', '_').replace(':', '_')}"
        temporary = folder / "tmp" / name
        try:
            with temporary.open("xb") as file:
                file.write(data.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            os.utime(temporary, (sent_at.timestamp(), sent_at.timestamp()))
            temporary.rename(folder / "cur" / f"{name}:2,S")
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise TryLater(f"the mail can't be written to the folder for sent mail: {error.strerror}.") from error

    def close(self) -> None:
        return

    def _folder(self) -> Path:
        root = root_path(self._connection)
        # Which folders are read does not matter here.
        plain = Connection(self._connection.name, self._connection.kind, {}, secret=str)
        sent = next((each for each in find_folders(root, plain) if each.role is MailboxRole.SENT), None)
        if sent is None:
            raise NotFound(f"the Maildir {root} has no folder for sent mail; make one named Sent.")
        return root / os.fsdecode(to_bytes(sent.key))


def _recent(folder: Path, oldest: float) -> list[Path]:
    with os.scandir(folder) as entries:
        return [Path(each.path) for each in entries if each.is_file() and each.stat().st_mtime > oldest]


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES).replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    except FileNotFoundError:  # renamed by whoever reads along: it is old enough not to be ours, or comes again
        return b""
