"""Reading and judging pages in a second process while earlier ones are stored.

    second process   page 2: read | page 3: read | page 5: read  | page 6 …
    here             page 1: read, store | 2: store | page 4: read | 3: store | 4: store …

Three fifths of a first pass are reading, so both processors have work: what the second process has no time for is
read here while a page of its own is waited for. A small page, or one of few, is read where it is: starting a process
takes a second.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import datetime

from agent.page_reads import PageReader, Read
from agent.rules import Place, Rules
from crm_model.mail import RawMessage
from sync.mailboxes.contract import MailPage
from sync.store.database import Store, open_engine

_log = logging.getLogger(__name__)

_WORTH_MESSAGES = 600
"""So many to read repay the start of a process."""

_MESSAGES_AT_LEAST = 50
_PAGES_AHEAD = 2
_WAIT_SECONDS = 120.0

ReadPage = Callable[[], list[Read]]


class PageUnderway:
    """A page that is read somewhere; `reads` waits for it, and reads it here if nobody else does."""

    def __init__(self, read: ReadPage, future: Future[list[Read]] | None = None) -> None:
        self._read, self._future = read, future
        self._reads: list[Read] | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is still being read by somebody else."""
        return self._future is not None and not self._future.done()

    def read_meanwhile(self) -> None:
        """Read it, if that is to be done here."""
        if self._future is None:
            self.reads()

    def reads(self) -> list[Read]:
        if self._reads is None:
            self._reads = self._read()
        return self._reads


class ReadingAhead:
    """One second process for a pass, started when there is enough to read; without it all goes on, slower."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules
        self._pool: ProcessPoolExecutor | None = None
        self._started: Future[None] | None = None
        self._busy: list[Future[list[Read]]] = []
        self._seen = 0
        self._broken = multiprocessing.cpu_count() < 2

    def begin(self, place: Place, page: MailPage, now: datetime) -> PageUnderway:
        """Have a page read, there or here."""
        reader = PageReader(place, self._rules, now)
        self._seen += len(page.messages)
        if self._seen + (page.remaining or 0) >= _WORTH_MESSAGES:
            self._start()
        future = self._submitted(place, now, page)
        if future is None:
            return PageUnderway(lambda: reader.read(self._store, page))
        self._busy.append(future)
        return PageUnderway(lambda: self._result(future, reader, page), future)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        if self._pool is None and not self._broken:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _open, (self._store.url,))
            self._started = self._pool.submit(_stand_by)

    def _has_time(self, page: MailPage) -> bool:
        """Whether the second process is there and soon done with what it has."""
        if self._broken or len(page.messages) < _MESSAGES_AT_LEAST or self._started is None:
            return False
        self._busy = [future for future in self._busy if not future.done()]
        return self._started.done() and len(self._busy) < _PAGES_AHEAD

    def _submitted(self, place: Place, now: datetime, page: MailPage) -> Future[list[Read]] | None:
        if self._pool is None or not self._has_time(page):
            return None
        try:
            return self._pool.submit(_read, place, self._rules, now, page)
        except BrokenProcessPool:
            self._note_loss()
            return None

    def _result(self, future: Future[list[Read]], reader: PageReader, page: MailPage) -> list[Read]:
        try:
            reads = future.result(_WAIT_SECONDS)
        except (BrokenProcessPool, TimeoutError):  # it was killed, or hangs: what it read is read here
            self._note_loss()
            return reader.read(self._store, page)
        raws = {raw.uid: raw for raw in page.messages}
        return [replace(read, raw=raws.get(read.raw.uid, read.raw)) for read in reads]

    def _note_loss(self) -> None:
        if not self._broken:
            _log.warning("reading_process_lost")
        self._broken = True


_OPEN: dict[str, Store] = {}


def _open(url: str) -> None:
    threading.Thread(target=_end_with_the_agent, daemon=True).start()
    _OPEN["store"] = Store(open_engine(url))


def _end_with_the_agent() -> None:
    """An agent that is killed can't end its second process, which would wait for pages for ever."""
    agent = multiprocessing.parent_process()
    if agent is not None:
        agent.join()
        os._exit(1)


def _stand_by() -> None:
    """What the second process does first: then it has started."""


def _read(place: Place, rules: Rules, now: datetime, page: MailPage) -> list[Read]:
    """In the second process; the bytes of the messages stay there."""
    reads = PageReader(place, rules, now).read(_OPEN["store"], page)
    return [replace(read, raw=_without_bytes(read.raw)) for read in reads]


def _without_bytes(raw: RawMessage) -> RawMessage:
    return replace(raw, data=b"")
