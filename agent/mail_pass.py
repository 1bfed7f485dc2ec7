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
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.feed import Delivery, Feed, Line
from agent.fetcher import Fetcher
from agent.rules import Rules
from agent.sources import Sources
from agent.summary import Progress, ReportProgress, Tally
from crm_model.errors import HitchpostError, LoginNeeded, TryLater
from crm_model.options import Connection
from sync.store import mailboxes
from sync.store.database import Store
from sync.store.recognition import forget_renamed

if TYPE_CHECKING:
    from agent.reading_ahead import ReadingAhead, ReadPage

_log = logging.getLogger(__name__)

_PAGES_AHEAD = 1
_READ_AHEAD_SECONDS = 0.02  # a page that waits for company waits no longer


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


class _Writer:
    """Stores pages one at a time, in the order in which they came, each read while the one before it is stored."""

    def __init__(self, store: Store, rules: Rules, tally: Tally, line: Line, report: ReportProgress) -> None:
        self._store, self._rules, self._tally, self._line, self._report = store, rules, tally, line, report
        self._done: Counter[str] = Counter()
        self._ahead: ReadingAhead | None = None
        self._waiting: tuple[Delivery, datetime, ReadPage] | None = None

    def store_all(self, feeds: Sequence[Feed]) -> None:
        while not all(feed.finished for feed in feeds):
            delivery = self._next()
            if delivery is None or delivery.page is None:
                self._store_waiting()
            if delivery is not None:
                self._begin(delivery)

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.close()

    def _next(self) -> Delivery | None:
        """The next delivery; None if there is none now but a page waits to be stored."""
        try:
            return self._line.deliveries.get(timeout=None if self._waiting is None else _READ_AHEAD_SECONDS)
        except queue.Empty:
            return None

    def _begin(self, delivery: Delivery) -> None:
        feed, page, place = delivery.feed, delivery.page, delivery.place
        if page is None or place is None:
            feed.finished = True
            return
        now = datetime.now(UTC)
        if self._ahead is None:
            # Reading and deciding take long to import: a pass with nothing new goes without.
            from agent.reading_ahead import ReadingAhead

            self._ahead = ReadingAhead(self._store, self._rules)
        read = self._ahead.begin(place, page, now)
        self._store_waiting()
        self._waiting = delivery, now, read

    def _store_waiting(self) -> None:
        if self._waiting is None:
            return
        (delivery, now, read), self._waiting = self._waiting, None
        feed, folder, page = delivery.feed, delivery.folder, delivery.page
        if not feed.broken and folder is not None and page is not None:
            self._store_page(delivery, now, read)
            key = f"{feed.account.name}\n{folder.key}"
            self._done[key] += len(page.messages)
            remaining = page.remaining if page.more else 0
            total = None if remaining is None else self._done[key] + remaining
            self._report(Progress("mail", feed.account.name, folder.name, self._done[key], total))
        self._line.room.give_back(delivery.size)

    def _store_page(self, delivery: Delivery, now: datetime, read: ReadPage) -> None:
        from agent.ingest import ingest_page

        feed, place, page = delivery.feed, delivery.place, delivery.page
        if place is None or page is None:
            return
        try:
            ingest_page(self._store, place, page, self._rules, self._tally, now=now, read=read)
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
