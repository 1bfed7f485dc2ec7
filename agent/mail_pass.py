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

from agent.feed import Feed, Line
from agent.fetcher import Fetcher
from agent.rules import Place, Rules
from agent.sources import Sources
from agent.summary import Progress, ReportProgress, Tally
from crm_model.errors import HitchpostError, LoginNeeded, TryLater
from crm_model.options import Connection
from sync.mailboxes.contract import MailPage
from sync.store import mailboxes
from sync.store.database import Store
from sync.store.recognition import forget_renamed

_log = logging.getLogger(__name__)

_PAGES_AHEAD = 1


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
    try:
        _store_deliveries(feeds, line, store, rules, tally, report=report)
    finally:
        line.cancelled.set()
        for worker in workers:
            worker.join(timeout=2)
        if sources is None:
            kept.close()
    for feed in feeds:
        _conclude(store, feed, tally)


def _store_deliveries(
    feeds: Sequence[Feed],
    line: Line,
    store: Store,
    rules: Rules,
    tally: Tally,
    *,
    report: ReportProgress,
) -> None:
    done: Counter[str] = Counter()
    while not all(feed.finished for feed in feeds):
        delivery = line.deliveries.get()
        feed, folder, place, page = delivery.feed, delivery.folder, delivery.place, delivery.page
        if folder is None or place is None or page is None:
            feed.finished = True
            continue
        if not feed.broken:
            _store_page(feed, store, rules, tally, place=place, page=page)
            key = f"{feed.account.name}\n{folder.key}"
            done[key] += len(page.messages)
            remaining = page.remaining if page.more else 0
            total = None if remaining is None else done[key] + remaining
            report(Progress("mail", feed.account.name, folder.name, done[key], total))
        line.room.give_back(delivery.size)
        del delivery, page  # it would stay in memory until the next one comes


def _store_page(feed: Feed, store: Store, rules: Rules, tally: Tally, *, place: Place, page: MailPage) -> None:
    # Reading and deciding take long to import: a pass with nothing new goes without.
    from agent.ingest import ingest_page

    try:
        ingest_page(store, place, page, rules, tally, now=datetime.now(UTC))
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
            forget_renamed(unit, feed.account_id)
            return
        login_needed = isinstance(feed.error, LoginNeeded)
        mailboxes.account_failed(unit, feed.account_id, str(feed.error), now, login_needed=login_needed)
    tally.errors.append(f"{feed.account.name}: {feed.error}")
    _log.warning("mail_account_failed", extra={"account": feed.account.name, "error": type(feed.error).__name__})
