"""Messages on their way from Gmail into pages: ids in a queue, fetched in batches, the large ones apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from crm_model.errors import TryLater, Unreachable
from crm_model.mail import RawMessage
from sync.mailboxes.contract import PAGE_BYTES, PAGE_MESSAGES
from sync.mailboxes.gmail.api import BATCH, Api
from sync.mailboxes.gmail.labels import Labels
from sync.mailboxes.gmail.messages import LARGE_BYTES, is_hidden, read_message

_LARGE_BATCH = 5


@dataclass(slots=True)
class Load:
    """What fits in a page. `gone` are ids that are no longer there to be read."""

    messages: list[RawMessage] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


class Fetching:
    def __init__(self, api: Api, labels: Labels, owner: str) -> None:
        self._api, self._labels, self._owner = api, labels, owner
        self._queue: deque[str] = deque()
        self._ready: deque[RawMessage] = deque()
        self._large: set[str] = set()

    def __len__(self) -> int:
        return len(self._queue) + len(self._ready)

    def find_large(self, query: str) -> None:
        """Ask which messages are large: Gmail tells a message's size only with the message."""
        for some in self._api.list_ids(f"{query} larger:{LARGE_BYTES}"):
            self._large.update(some)

    def add(self, ids: Iterable[str]) -> None:
        self._queue.extend(ids)

    def load(self) -> Load:
        """The next page's worth; less when something is there and the rest must wait. Errors: those of the API."""
        load, room = Load(), PAGE_BYTES
        while len(load.messages) < PAGE_MESSAGES and self:
            if not self._ready:
                if load.messages and not self._api.budget.is_ready(self._api.get_units * BATCH):
                    break
                try:
                    self._fetch(load)
                except TryLater:
                    if not load.messages:
                        raise
                    break
                continue
            room -= len(self._ready[0].data)
            if room < 0 and load.messages:
                break
            load.messages.append(self._ready.popleft())
        return load

    def _fetch(self, load: Load) -> None:
        """One batch from the queue; what has to wait stays there."""
        large = self._queue[0] in self._large
        ids: list[str] = []
        while self._queue and len(ids) < (_LARGE_BATCH if large else BATCH):
            if (self._queue[0] in self._large) is not large:
                break
            ids.append(self._queue.popleft())
        try:
            fetched = self._api.get_many(ids, "full" if large else "raw")
        except BaseException:
            self._queue.extendleft(reversed(ids))
            raise
        load.gone += fetched.gone
        load.failed |= fetched.failed
        for number in ids:
            answer = fetched.found.get(number)
            if answer is None:
                continue
            if is_hidden(answer):
                load.gone.append(number)
                continue
            try:
                self._ready.append(read_message(answer, self._labels, self._owner))
            except Unreachable as error:
                load.failed[number] = str(error)
        told = fetched.found.keys() | fetched.gone | fetched.failed.keys()
        self._queue.extendleft(reversed([number for number in ids if number not in told]))
