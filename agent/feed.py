"""What lies between the threads that fetch mail and the one that stores it."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field

from agent.page_room import PageRoom
from agent.rules import Place
from crm_model.errors import HitchpostError
from crm_model.options import Connection
from sync.mailboxes.contract import Folder, MailPage


@dataclass(slots=True)
class Feed:
    """One account's part of the pass. `broken` ends it: a page after a failed one must never be stored."""

    account: Connection
    account_id: int
    inbox_only: bool = False
    error: HitchpostError | None = None
    broken: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A page on its way to the writer; None for `page` says that the feed is done."""

    feed: Feed
    folder: Folder | None = None
    place: Place | None = None
    page: MailPage | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What lies between the fetchers and the writer. `cancelled` says that the writer takes no more."""

    deliveries: queue.Queue[Delivery]
    stop: threading.Event
    cancelled: threading.Event = field(default_factory=threading.Event)
    room: PageRoom = field(default_factory=PageRoom)
