"""Reading and judging a page in a second process while the one before it is stored.

    page 1: read | store
    page 2:        read  | store          two thirds of a first pass are reading: with a processor to spare they cost
    page 3:                read  | store  no time of their own

A page that is small, or comes when few have come before it, is read where it is: starting a process takes a second.
"""

from __future__ import annotations

import logging
import multiprocessing
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

_MESSAGES_FIRST = 1_000
_MESSAGES_AT_LEAST = 50
_WAIT_SECONDS = 120.0

ReadPage = Callable[[], list[Read]]


class ReadingAhead:
    """One second process for a pass, started when there is enough to read; without it all goes on, slower."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules
        self._pool: ProcessPoolExecutor | None = None
        self._seen = 0
        self._broken = multiprocessing.cpu_count() < 2

    def begin(self, place: Place, page: MailPage, now: datetime) -> ReadPage:
        """Start reading; call the result for what was read."""
        reader = PageReader(place, self._rules, now)
        self._seen += len(page.messages)
        if self._broken or len(page.messages) < _MESSAGES_AT_LEAST or self._seen <= _MESSAGES_FIRST:
            return lambda: reader.read(self._store, page)
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _open, (self._store.url,))
        try:
            future = self._pool.submit(_read, place, self._rules, now, page)
        except BrokenProcessPool:
            return lambda: self._read_here(reader, page)
        return lambda: self._result(future, reader, page)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _result(self, future: Future[list[Read]], reader: PageReader, page: MailPage) -> list[Read]:
        try:
            reads = future.result(_WAIT_SECONDS)
        except (BrokenProcessPool, TimeoutError):  # it was killed, or hangs: what it read is read here
            return self._read_here(reader, page)
        raws = {raw.uid: raw for raw in page.messages}
        return [replace(read, raw=raws.get(read.raw.uid, read.raw)) for read in reads]

    def _read_here(self, reader: PageReader, page: MailPage) -> list[Read]:
        if not self._broken:
            _log.warning("reading_process_lost")
        self._broken = True
        return reader.read(self._store, page)


_OPEN: dict[str, Store] = {}


def _open(url: str) -> None:
    _OPEN["store"] = Store(open_engine(url))


def _read(place: Place, rules: Rules, now: datetime, page: MailPage) -> list[Read]:
    """In the second process; the bytes of the messages stay there."""
    reads = PageReader(place, rules, now).read(_OPEN["store"], page)
    return [replace(read, raw=_without_bytes(read.raw)) for read in reads]


def _without_bytes(raw: RawMessage) -> RawMessage:
    return replace(raw, data=b"")
