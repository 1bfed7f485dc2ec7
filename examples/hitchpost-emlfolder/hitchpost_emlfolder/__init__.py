"""A folder of .eml files as a mailbox: every file is a message, its name is the uid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from crm_model.errors import ConfigError, NotFound, TryLater
from crm_model.mail import MailboxRole, RawMessage
from crm_model.options import Connection, OptionSpec, OptionType
from sync.mailboxes.attached import part_of
from sync.mailboxes.contract import (
    HEAD_BYTES,
    PAGE_BYTES,
    PAGE_MESSAGES,
    Folder,
    KnownIds,
    MailboxKind,
    MailPage,
    MailSource,
)

GENERATION = "1"
"""A file's name means the same message for ever, so there is only one generation."""


class EmlFolder(MailSource):
    def __init__(self, connection: Connection) -> None:
        self._path = Path(connection.text("path")).expanduser()
        if not self._path.is_dir():
            raise ConfigError(f"{self._path} is no folder; correct the path.", key="path")

    def folders(self) -> tuple[Folder, ...]:
        return (Folder("inbox", self._path.name, MailboxRole.INBOX),)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        """What the store lacks, newest first. The cursor is a digest of all names: the same names are nothing new."""
        names = self._names()
        end = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
        if cursor == end:
            return MailPage(GENERATION, (), cursor, more=False)
        held = known(names)
        messages: list[RawMessage] = []
        failed: dict[str, str] = {}
        room = PAGE_BYTES
        for name in names:
            if name in held:
                continue
            try:
                message = self.fetch(folder, name)
            except NotFound:
                continue
            except TryLater as error:
                failed[name] = str(error)  # named, not passed by: it is fetched again later
                continue
            room -= len(message.data)
            if len(messages) == PAGE_MESSAGES or (room < 0 and messages):
                # The cursor stays where it was: what the store got is known the next time.
                return MailPage(GENERATION, messages, f"after {messages[-1].uid}", more=True, failed=failed)
            messages.append(message)
        return MailPage(GENERATION, messages, end, more=False, failed=failed, present=set(names))

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        return GENERATION, self._names()

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        path = self._path / Path(uid).name
        try:
            status = path.stat()
            with path.open("rb") as file:
                data = file.read(HEAD_BYTES)
        except FileNotFoundError as error:
            raise NotFound(f"The message {uid} is no longer there.") from error
        except OSError as error:
            raise TryLater(f"{uid} can't be read ({error.strerror}).") from error
        at = datetime.fromtimestamp(status.st_mtime, UTC)
        size = max(status.st_size, len(data))
        return RawMessage(uid, data, size, received_at=at, truncated=size > len(data))

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        """An attachment, which `fetch` may have cut off at HEAD_BYTES: read from the whole file."""
        try:
            return part_of((self._path / Path(uid).name).read_bytes(), part)
        except FileNotFoundError as error:
            raise NotFound(f"The message {uid} is no longer there.") from error
        except OSError as error:
            raise TryLater(f"{uid} can't be read ({error.strerror}).") from error

    def close(self) -> None:
        """Nothing is kept open."""

    def _names(self) -> list[str]:
        """The messages, newest first. A name that no database can hold would have to be spelled otherwise here."""
        try:
            found = [(path.stat().st_mtime, path.name) for path in self._path.glob("*.eml")]
        except OSError as error:
            raise TryLater(f"{self._path} can't be listed ({error.strerror}).") from error
        return [name for _, name in sorted(found, reverse=True)]


EMLFOLDER = MailboxKind(
    name="emlfolder",
    title="Folder of .eml files",
    options=(OptionSpec("path", OptionType.PATH, "The folder with the files.", required=True),),
    open=EmlFolder,
)
