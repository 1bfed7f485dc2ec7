"""Reading one mail account, in a thread of its own, page by page onto the queue.

The first round takes the newest page of every folder; then each folder is read to its end.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.feed import Delivery, Feed, Line
from agent.page_room import size_of
from agent.rules import Place
from agent.sources import Sources
from crm_model.errors import CursorExpired, HitchpostError, NotFound, TryLater
from crm_model.mail import MailboxRole
from sync.mailbox_push import push_wishes
from sync.mailboxes.contract import PAGE_BYTES, Folder, KnownIds, MailPage, MailSource, Sighting
from sync.mailboxes.labels import LABEL_OPTION
from sync.store import mail, mailboxes
from sync.store.database import Store
from sync.store.linked_labels import label_linked
from sync.store.recognition import has_strays

_log = logging.getLogger(__name__)

_WORKER = "agent"


@dataclass(slots=True)
class _Reading:
    """A folder while it is read."""

    folder: Folder
    place: Place
    cursor: str
    generation: str
    restarted: bool = False
    done: bool = False


class Fetcher:
    """Reads one account in its own thread and puts pages on the queue."""

    def __init__(self, feed: Feed, store: Store, line: Line, sources: Sources) -> None:
        self._feed, self._store, self._line, self._sources = feed, store, line, sources

    def run(self) -> None:
        account = self._feed.account
        try:
            with contextlib.ExitStack() as on_failure:
                source = on_failure.enter_context(contextlib.closing(self._sources.take(account)))
                self._read_all(source)
                on_failure.pop_all()
            self._sources.give_back(account, source)
        except HitchpostError as error:
            self._feed.error = self._feed.error or error
        except Exception as error:  # the edge of this thread: a bug in one account must not take the pass down
            _log.exception("fetch_failed", extra={"account": self._feed.account.name})
            self._feed.error = TryLater(f"reading failed ({type(error).__name__}); it will be tried again")
        finally:
            self._put(Delivery(self._feed))

    @property
    def _halted(self) -> bool:
        return self._line.stop.is_set() or self._line.cancelled.is_set() or self._feed.broken

    def _read_all(self, source: MailSource) -> None:
        known = self._sources.folders(self._feed.account) if self._feed.inbox_only else ()
        folders = known or source.folders()
        self._sources.remember(self._feed.account, folders)
        if self._feed.account.options.get(LABEL_OPTION.name) is True:
            with self._store.write() as unit:
                label_linked(unit, self._feed.account_id, datetime.now(UTC))
        push_wishes(self._store, source, folders, self._feed.account_id, _WORKER)
        chosen = [folder for folder in known if folder.role is MailboxRole.INBOX] or folders
        if not known:
            with self._store.write() as unit:
                mailboxes.mark_missing(unit, self._feed.account_id, {folder.key for folder in folders})
        readings = self._register(chosen)
        for reading in readings:
            self._read_page(source, reading)
        for reading in readings:
            while not reading.done and not self._halted:
                self._read_page(source, reading)
            self._fetch_failures(source, reading)

    def _register(self, folders: Sequence[Folder]) -> list[_Reading]:
        readings = []
        with self._store.write() as unit:
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
        self._put(Delivery(self._feed, reading.folder, reading.place, page, size))
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
            self._put(Delivery(self._feed, reading.folder, reading.place, page))

    def _has_strays(self, reading: _Reading) -> bool:
        """Whether messages may be in this folder that are known from elsewhere; what comes new is in the inbox.

        All mail (Gmail over IMAP) holds what Inbox and Sent have brought already.
        """
        if (
            reading.restarted
            or reading.place.role is MailboxRole.ALL
            or (reading.cursor and reading.place.role != MailboxRole.INBOX)
        ):
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

    def _put(self, delivery: Delivery) -> None:
        while not self._line.cancelled.is_set():
            with contextlib.suppress(queue.Full):
                self._line.deliveries.put(delivery, timeout=0.2)
                return
