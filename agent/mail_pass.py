"""One pass over all mail accounts: each is fetched by a thread of its own, one writer stores the pages.

    account A: folders -> page -> page …  \\
    account B: folders -> page -> …        >  bounded queue  ->  ingest_page, one at a time
    account C: login refused              /

The first round takes the newest page of every folder; then each folder is read to its end. What an account can't
do ends its part of the pass and is kept for `status`; the others go on.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.feed import Delivery, Feed, Line
from agent.fetcher import Fetcher
from agent.heap import share_one_heap
from agent.rules import Rules
from agent.sources import Sources
from agent.summary import Progress, ReportProgress, Tally
from crm_model.errors import HitchpostError, LoginNeeded, TryLater
from crm_model.options import Connection
from sync.store import mailboxes
from sync.store.database import Store
from sync.store.recognition import forget_renamed

if TYPE_CHECKING:
    from agent.reading_ahead import PageUnderway, ReadingAhead

_log = logging.getLogger(__name__)

_PAGES_AHEAD = 1  # of each account, behind those that wait: fetching is a tenth of the work
_PAGES_WAITING = 3  # for their turn to be stored: two with the second process, one that is read here meanwhile
_READ_AHEAD_SECONDS = 0.02  # for company, of a page that the second process has not read yet


def sync_mail(
    accounts: Sequence[Connection],
    store: Store,
    rules: Rules,
    tally: Tally,
    *,
    report: ReportProgress,
    stop: threading.Event,
    sources: Sources | None = None,
    inbox_only: bool = False,
) -> None:
    """Read everything new in these accounts. Errors: Busy, Unreachable, ConfigError of the database.

    `sources` keeps mailboxes open for the next pass. `inbox_only` looks nowhere else, once all folders were seen.
    """
    share_one_heap()
    kept = sources or Sources()
    line = Line(queue.Queue(maxsize=_PAGES_AHEAD * max(1, len(accounts))), stop)
    feeds = []
    for account in accounts:
        with store.write() as unit:
            feeds.append(Feed(account, mailboxes.open_account(unit, account.name, account.kind), inbox_only))
    workers = [
        threading.Thread(target=Fetcher(feed, store, line, kept).run, name=f"mail {feed.account.name}", daemon=True)
        for feed in feeds
    ]
    for worker in workers:
        worker.start()
    writer = _Writer(store, rules, tally, line, report)
    try:
        writer.store_all(feeds)
    finally:
        line.cancelled.set()
        writer.close()
        for worker in workers:
            worker.join(timeout=2)
        if sources is None:
            kept.close()
    for feed in feeds:
        _conclude(store, feed, tally)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A page that is read and waits to be stored."""

    delivery: Delivery
    now: datetime
    underway: PageUnderway


class _Writer:
    """Stores pages one at a time, in the order in which they came; those behind are read meanwhile."""

    def __init__(self, store: Store, rules: Rules, tally: Tally, line: Line, report: ReportProgress) -> None:
        self._store, self._rules, self._tally, self._line, self._report = store, rules, tally, line, report
        self._done: Counter[str] = Counter()
        self._ahead: ReadingAhead | None = None
        self._waiting: deque[_Waiting] = deque()

    def store_all(self, feeds: Sequence[Feed]) -> None:
        while not all(feed.finished for feed in feeds):
            delivery = self._next()
            if delivery is None:
                self._store_oldest()
            elif delivery.page is None:
                while self._waiting:
                    self._store_oldest()
                delivery.feed.finished = True
            else:
                self._begin(delivery)
                if len(self._waiting) >= _PAGES_WAITING:
                    self._store_oldest()

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.close()

    def _next(self) -> Delivery | None:
        """The next delivery; None if there is none now but a page waits to be stored."""
        patience = None
        if self._waiting:
            patience = _READ_AHEAD_SECONDS if self._waiting[0].underway.is_elsewhere else 0.0
        try:
            return self._line.deliveries.get(block=patience != 0.0, timeout=patience)
        except queue.Empty:
            return None

    def _begin(self, delivery: Delivery) -> None:
        page, place = delivery.page, delivery.place
        if page is None or place is None:
            return
        now = datetime.now(UTC)
        if self._ahead is None:
            # Reading and deciding take long to import: a pass with nothing new goes without.
            from agent.reading_ahead import ReadingAhead

            self._ahead = ReadingAhead(self._store, self._rules)
        self._waiting.append(_Waiting(delivery, now, self._ahead.begin(place, page, now)))

    def _store_oldest(self) -> None:
        for later in self._waiting:
            if self._waiting[0].underway.is_elsewhere:
                later.underway.read_meanwhile()
        waiting = self._waiting.popleft()
        delivery = waiting.delivery
        feed, folder, page = delivery.feed, delivery.folder, delivery.page
        # Once stopped, what waits is left to the next pass: the cursor stands before it.
        if not (feed.broken or self._line.stop.is_set()) and folder is not None and page is not None:
            self._store_page(waiting)
            key = f"{feed.account.name}\n{folder.key}"
            self._done[key] += len(page.messages)
            remaining = page.remaining if page.more else 0
            total = None if remaining is None else self._done[key] + remaining
            self._report(Progress("mail", feed.account.name, folder.name, self._done[key], total))
        self._line.room.give_back(delivery.size)

    def _store_page(self, waiting: _Waiting) -> None:
        from agent.ingest import ingest_page

        feed, place, page = waiting.delivery.feed, waiting.delivery.place, waiting.delivery.page
        if place is None or page is None:
            return
        try:
            ingest_page(
                self._store, place, page, self._rules, self._tally, now=waiting.now, read=waiting.underway.reads
            )
        except Exception as error:
            feed.broken = True
            if isinstance(error, HitchpostError):
                feed.error = error
            else:  # a bug must not end the pass of the other accounts; the cursor stays before this page
                _log.exception("page_failed", extra={"account": feed.account.name})
                feed.error = TryLater(f"a page could not be stored ({type(error).__name__}); it will be tried again")


def _conclude(store: Store, feed: Feed, tally: Tally) -> None:
    now = datetime.now(UTC)
    with store.write() as unit:
        if feed.error is None:
            mailboxes.account_succeeded(unit, feed.account_id, now)
            forget_renamed(unit, feed.account_id, now)
            return
        login_needed = isinstance(feed.error, LoginNeeded)
        mailboxes.account_failed(unit, feed.account_id, str(feed.error), now, login_needed=login_needed)
    tally.errors.append(f"{feed.account.name}: {feed.error}")
    _log.warning("mail_account_failed", extra={"account": feed.account.name, "error": type(feed.error).__name__})
