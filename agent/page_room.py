"""How much mail may be on its way from the mailboxes to the database at once, over all accounts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sync.mailboxes.contract import PAGE_BYTES, MailPage

ROOM_BYTES = 4 * PAGE_BYTES
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.2


class PageRoom:
    """Bytes of memory that fetchers take before they fetch and that are given back once a page is stored.

    A fetcher whose server is slow keeps its share meanwhile; so that it can't hold up the others for long, they go on
    without a share in the end.
    """

    def __init__(self, size: int = ROOM_BYTES, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._free, self._patience = size, patience_seconds
        self._changed = threading.Condition()

    def take(self, size: int, gives_up: Callable[[], bool]) -> None:
        """Wait until `size` bytes are free, until `gives_up`, or as long as patience lasts; then they are taken."""
        deadline = time.monotonic() + self._patience
        with self._changed:
            while self._free < size and time.monotonic() < deadline and not gives_up():
                self._changed.wait(_LOOK_SECONDS)
            self._free -= size

    def give_back(self, size: int) -> None:
        if size:
            with self._changed:
                self._free += size
                self._changed.notify_all()


def size_of(page: MailPage) -> int:
    """The bytes of a page that count."""
    return sum(len(message.data) for message in page.messages)
