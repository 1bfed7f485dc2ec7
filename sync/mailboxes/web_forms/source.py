"""Reading submissions as mail: what a form brought goes the way of every message."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

from crm_model.errors import NotFound
from crm_model.mail import MailboxRole, RawMessage
from crm_model.options import Connection, OptionSpec, OptionType
from sync.mailboxes.contract import (
    PAGE_BYTES,
    PAGE_MESSAGES,
    Folder,
    KnownIds,
    MailboxKind,
    MailPage,
    MailSource,
    MailWatch,
)
from sync.mailboxes.files import unknown_ids
from sync.mailboxes.web_forms.place import SubmissionPlace, read_name

_GENERATION = "1"
_LOOK_SECONDS = 0.5


class WebFormsSource(MailSource):
    """The submissions in a folder; one that is not there yet is empty."""

    def __init__(self, connection: Connection) -> None:
        self._place = SubmissionPlace(Path(connection.text("path")))

    def folders(self) -> tuple[Folder, ...]:
        return (Folder("new", "Web forms", MailboxRole.FORMS),)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        """What the store lacks, newest first; the cursor is a digest of all names: the same names are nothing new."""
        names = self._names()
        end = hashlib.sha256("\n".join(names).encode()).hexdigest()
        if cursor == end:
            return MailPage(_GENERATION, (), cursor, more=False)
        unknown = unknown_ids(names, known)
        messages: list[RawMessage] = []
        room = PAGE_BYTES
        for name in names:
            if name not in unknown:
                continue
            if len(messages) == PAGE_MESSAGES or room < 0:
                return MailPage(_GENERATION, messages, f"after {messages[-1].uid}", more=True)
            messages.append(self.fetch(folder, name))
            room -= len(messages[-1].data)
        return MailPage(_GENERATION, messages, end, more=False, present=set(names))

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        return _GENERATION, self._names()

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        name = read_name(uid)
        if name is None:
            raise NotFound(f"There is no submission {uid}.")
        data, sizes = self._place.read(uid), self._place.sizes(uid)
        return RawMessage(uid, data, len(data) + sum(sizes.values()), received_at=name.at, left_out=sizes)

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        return self._place.read(uid, part)

    def close(self) -> None:
        """Nothing is kept open."""

    def _names(self) -> list[str]:
        return [str(name) for name in reversed(self._place.new())]


class WebFormsWatch(MailWatch):
    """Looks whether the folder has changed, twice a second."""

    def __init__(self, connection: Connection) -> None:
        self._folder = Path(connection.text("path")) / "new"
        self._seen = 0

    def wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while (changed := self._changed_at()) == self._seen and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        told = changed != self._seen
        self._seen = changed
        return told

    def close(self) -> None:
        """Nothing is kept open."""

    def _changed_at(self) -> int:
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return 0


WEB_FORMS = MailboxKind(
    name="web_forms",
    title="Submissions of web forms",
    options=(OptionSpec("path", OptionType.PATH, "The folder where submissions are kept.", required=True),),
    open=WebFormsSource,
    watch=WebFormsWatch,
)
