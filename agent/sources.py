"""Mail sources that stay open from one pass to the next: signing in costs more than most passes."""

from __future__ import annotations

import threading

from crm_model.options import Connection
from sync.mailboxes import registry
from sync.mailboxes.contract import Folder, MailSource


class Sources:
    """One source for each account; `take` and `give_back` bracket a pass, which has it alone meanwhile."""

    def __init__(self) -> None:
        self._open: dict[str, MailSource] = {}
        self._folders: dict[str, tuple[Folder, ...]] = {}
        self._lock = threading.Lock()

    def take(self, account: Connection) -> MailSource:
        """The account's source, opened if there is none. Errors: ConfigError."""
        with self._lock:
            source = self._open.pop(account.name, None)
        return source if source is not None else registry.load(account.kind).open(account)

    def give_back(self, account: Connection, source: MailSource) -> None:
        with self._lock:
            self._open[account.name] = source

    def remember(self, account: Connection, folders: tuple[Folder, ...]) -> None:
        """Keep which folders there are, for passes that only look at the inbox."""
        with self._lock:
            self._folders[account.name] = folders

    def folders(self, account: Connection) -> tuple[Folder, ...]:
        """As `remember` was told; () before."""
        with self._lock:
            return self._folders.get(account.name, ())

    def close(self) -> None:
        with self._lock:
            sources, self._open = list(self._open.values()), {}
        for source in sources:
            source.close()
