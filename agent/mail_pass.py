"""One pass over all mail accounts: each is fetched by a thread of its own, one writer stores the pages.

    account A: folders -> page -> page …  \\
    account B: folders -> page -> …        >  bounded queue  ->  ingest_page, one at a time
    account C: login refused              /

The first round takes the newest page of every folder; then each folder is read to its end. What an account can't
do ends its part of the pass and is kept for `status`; the others go on.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent.page_room import PageRoom, size_of
from agent.rules import Place, Rules
from agent.summary import Progress, ReportProgress, Tally
from crm_model.errors import CursorExpired, HitchpostError, LoginNeeded, NotFound, TryLater
from crm_model.mail import MailboxRole
from crm_model.options import Connection
from sync.mailbox_push import push_wishes
from sync.mailboxes import registry
from sync.mailboxes.contract import PAGE_BYTES, Folder, KnownIds, MailPage, MailSource, Sighting
from sync.store import mail, mailboxes
from sync.store.database import Store
from sync.store.recognition import forget_renamed, has_strays

_log = logging.getLogger(__name__)

_PAGES_AHEAD = 1
_WORKER = "agent"


@dataclass(slots=True)
class _Feed:
    """One account's part of the pass. `broken` ends it: a page after a failed one must never be stored."""

    account: Connection
    account_id: int
    error: HitchpostError | None = None
    broken: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A page on its way to the writer; None for `page` says that the feed is done."""

    feed: _Feed
    folder: Folder | None = None
    place: Place | None = None
    page: MailPage | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """What lies between the fetchers and the writer. `cancelled` says that the writer takes no more."""

    deliveries: queue.Queue[_Delivery]
    stop: threading.Event
    cancelled: threading.Event = field(default_factory=threading.Event)
    room: PageRoom = field(default_factory=PageRoom)


@dataclass(slots=True)
class _Reading:
    """A folder while it is read."""

    folder: Folder
    place: Place
    cursor: str
    generation: str
    restarted: bool = False
    done: bool = False


def sync_mail(
    accounts: Sequence[Connection],
    store: Store,
    rules: Rules,
    tally: Tally,
    *,
    report: ReportProgress,
    stop: threading.Event,
) -> None:
    """Read everything new in these accounts. Errors: Busy, Unreachable, ConfigError of the database."""
    line = _Line(queue.Queue(maxsize=_PAGES_AHEAD * max(1, len(accounts))), stop)
    feeds = []
    for account in accounts:
        with store.write() as unit:
            feeds.append(_Feed(account, mailboxes.open_account(unit, account.name, account.kind)))
    workers = [
        threading.Thread(target=_Fetcher(feed, store, line).run, name=f"mail {feed.account.name}", daemon=True)
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
    for feed in feeds:
        _conclude(store, feed, tally)


def _store_deliveries(
    feeds: Sequence[_Feed],
    line: _Line,
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


def _store_page(feed: _Feed, store: Store, rules: Rules, tally: Tally, *, place: Place, page: MailPage) -> None:
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


def _conclude(store: Store, feed: _Feed, tally: Tally) -> None:
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


class _Fetcher:
    """Reads one account in its own thread and puts pages on the queue."""

    def __init__(self, feed: _Feed, store: Store, line: _Line) -> None:
        self._feed, self._store, self._line = feed, store, line

    def run(self) -> None:
        try:
            with contextlib.closing(registry.load(self._feed.account.kind).open(self._feed.account)) as source:
                self._read_all(source)
        except HitchpostError as error:
            self._feed.error = self._feed.error or error
        except Exception as error:  # the edge of this thread: a bug in one account must not take the pass down
            _log.exception("fetch_failed", extra={"account": self._feed.account.name})
            self._feed.error = TryLater(f"reading failed ({type(error).__name__}); it will be tried again")
        finally:
            self._put(_Delivery(self._feed))

    @property
    def _halted(self) -> bool:
        return self._line.stop.is_set() or self._line.cancelled.is_set() or self._feed.broken

    def _read_all(self, source: MailSource) -> None:
        folders = source.folders()
        push_wishes(self._store, source, folders, self._feed.account_id, _WORKER)
        readings = self._register(folders)
        for reading in readings:
            self._read_page(source, reading)
        for reading in readings:
            while not reading.done and not self._halted:
                self._read_page(source, reading)
            self._fetch_failures(source, reading)

    def _register(self, folders: Sequence[Folder]) -> list[_Reading]:
        readings = []
        with self._store.write() as unit:
            mailboxes.mark_missing(unit, self._feed.account_id, {folder.key for folder in folders})
            for folder in folders:
                state = mailboxes.open_mailbox(unit, self._feed.account_id, folder)
                readings.append(_Reading(folder, Place(state.id, folder.role), state.cursor, state.generation))
        return readings

    def _read_page(self, source: MailSource, reading: _Reading) -> None:
        self._line.room.take(PAGE_BYTES, lambda: self._halted)
        kept = 0
        try:
            if not self._halted:
                kept = self._deliver_page(source, reading)
        finally:
            self._line.room.give_back(PAGE_BYTES - kept)

    def _deliver_page(self, source: MailSource, reading: _Reading) -> int:
        """Fetch a page and put it on the queue; how many bytes of room it keeps until it is stored."""
        try:
            source.recall = self._recall if self._has_strays(reading) else None
            page = source.fetch_page(reading.folder, reading.cursor, self._known(reading))
        except CursorExpired:
            if reading.restarted:
                raise
            reading.restarted, reading.cursor, reading.generation = True, "", ""
            return 0
        except NotFound as error:
            reading.done = True
            with self._store.write() as unit:
                mailboxes.mailbox_failed(unit, reading.place.mailbox_id, str(error))
            return 0
        nothing_new = page.cursor == reading.cursor and not (
            page.messages or page.sightings or page.removed or page.flags or page.failed
        )
        reading.cursor, reading.generation, reading.done = page.cursor, page.generation, not page.more
        if nothing_new and page.present is None:
            return 0
        size = size_of(page)
        self._put(_Delivery(self._feed, reading.folder, reading.place, page, size))
        return size

    def _fetch_failures(self, source: MailSource, reading: _Reading) -> None:
        """Fetch again what failed before and is due; the cursor is long past it."""
        with self._store.read() as unit:
            due = mail.failures_due(unit, reading.place.mailbox_id, reading.generation, datetime.now(UTC))
        for uid in due:
            if self._halted:
                return
            page = MailPage(reading.generation, (), reading.cursor, more=True)
            try:
                page = MailPage(reading.generation, (source.fetch(reading.folder, uid),), reading.cursor, more=True)
            except NotFound:
                page = MailPage(reading.generation, (), reading.cursor, more=True, removed=(uid,))
            except TryLater as error:
                page = MailPage(reading.generation, (), reading.cursor, more=True, failed={uid: str(error)})
            self._put(_Delivery(self._feed, reading.folder, reading.place, page))

    def _has_strays(self, reading: _Reading) -> bool:
        """Whether messages may be in this folder that are known from elsewhere; what comes new is in the inbox."""
        if reading.restarted or (reading.cursor and reading.place.role != MailboxRole.INBOX):
            return True
        with self._store.read() as unit:
            return has_strays(unit, self._feed.account_id, reading.place.mailbox_id, reading.generation)

    def _recall(self, sightings: Sequence[Sighting]) -> set[str]:
        from agent.recall import recall  # only where it is needed: it takes long to import

        return set(recall(self._store, sightings))

    def _known(self, reading: _Reading) -> KnownIds:
        def known(uids: Collection[str]) -> set[str]:
            with self._store.read() as unit:
                return mail.known_uids(unit, reading.place.mailbox_id, reading.generation, uids)

        return known

    def _put(self, delivery: _Delivery) -> None:
        while not self._line.cancelled.is_set():
            with contextlib.suppress(queue.Full):
                self._line.deliveries.put(delivery, timeout=0.2)
                return
