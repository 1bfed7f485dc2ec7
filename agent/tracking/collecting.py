"""Collecting from the outpost: events into the store, each once, the cursor in the same transaction.

collect ─ read files ─ keep events, cursor (one transaction) ─ acknowledge

Killed before the commit, the same page comes again; killed behind it, the outpost keeps what lies here already, and
hears of it with the next page. An event that its taker can't bear is set aside with its reason; the rest goes on.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.outpost.contract import EventPage, Outpost
from agent.tracking.wishes import take_opt_out
from crm_model.errors import CursorExpired, HitchpostError, NotFound, TryLater
from crm_model.tracking import Hit
from crm_model.web_events import OptOut, Submission, WebEvent
from sync.store import hits, outposts, tracked_mail
from sync.store.database import Store, Unit, is_database_error, savepoint
from sync.store.outposts import OUTPOST

_log = logging.getLogger(__name__)

_PAGE = 500
_MOST_FILE_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event with the bytes of its files, by blob; a blob that the outpost lost is left out."""

    event: WebEvent
    files: Mapping[str, bytes]


Take = Callable[[Unit, Arrived, datetime], None]
"""Keeps one event, in the collector's transaction and a savepoint of its own. The same event may come again."""

Takers = Mapping[type[WebEvent], Take]
"""Who takes what; hits and wishes are taken here, whatever has no taker is set aside."""


def collect_all(store: Store, outpost: Outpost, takers: Takers, stopped: Callable[[], bool]) -> int:
    """Everything that waits at the outpost, page by page; how many events that were.

    Errors: those of the outpost and the store; the next call goes on where this one ended.
    """
    total = 0
    while not stopped():
        count = collect_page(store, outpost, takers)
        total += count
        if not count:
            break
    _tell_revoked(store, outpost)
    return total


def collect_page(store: Store, outpost: Outpost, takers: Takers) -> int:
    """The next events into the store; how many."""
    with store.read() as unit:
        cursor = outposts.state_of(unit, OUTPOST).cursor
    page = _page(outpost, cursor)
    if page.cursor == cursor:
        return 0
    arrived = [Arrived(event, _files(outpost, event)) for event in page.events]
    now = datetime.now(UTC)
    with store.write() as unit:
        unknown = _keep(unit, arrived, takers, now)
        outposts.move(unit, OUTPOST, page.cursor, now, unknown=unknown, broken=page.broken)
    outpost.acknowledge(page.cursor, [blob for each in page.events for blob in _blobs(each)])
    _log.info("events_collected", extra={"events": len(page.events), "unknown": unknown, "broken": page.broken})
    return len(page.events) or 1


def _page(outpost: Outpost, cursor: str) -> EventPage:
    """No more than fits into memory with its files; a cursor that means nothing any more begins anew."""
    limit = _PAGE
    while True:
        try:
            page = outpost.collect(cursor, limit=limit)
        except CursorExpired:
            if not cursor:
                raise
            cursor = ""
            continue
        size = sum(file.size for each in page.events if isinstance(each, Submission) for file in each.files)
        if size <= _MOST_FILE_BYTES or limit == 1:
            return page
        limit = max(1, limit // 4)


def _keep(unit: Unit, arrived: Sequence[Arrived], takers: Takers, now: datetime) -> int:
    """Every event into its place; how many were of tokens that nobody made."""
    by_type: dict[type[WebEvent], list[Arrived]] = defaultdict(list)
    for each in arrived:
        by_type[type(each.event)].append(each)
    heard = [each.event for each in by_type.pop(Hit, []) if isinstance(each.event, Hit)]
    unknown = hits.add(unit, heard)
    for each in by_type.pop(OptOut, []):
        if isinstance(each.event, OptOut):
            unknown += not take_opt_out(unit, each.event, now)
    for kind, others in by_type.items():
        for each in others:
            _take(unit, takers.get(kind), each, now)
    return unknown


def _take(unit: Unit, take: Take | None, arrived: Arrived, now: datetime) -> None:
    problem = "nothing here takes such events" if take is None else _problem(unit, take, arrived, now)
    if problem:
        outposts.set_aside(unit, arrived.event, arrived.files, problem, now)


def _problem(unit: Unit, take: Take, arrived: Arrived, now: datetime) -> str:
    """Let the event be taken; "" or why it was not. Errors: TryLater, those of the database."""
    try:
        with savepoint(unit):
            take(unit, arrived, now)
    except TryLater:  # not the event's fault: all of it comes again
        raise
    except HitchpostError as error:
        return str(error)
    except Exception as error:  # a bug with one event must not hold up the others, nor lose it
        if is_database_error(error):
            raise
        _log.exception("event_crashed", extra={"type": type(arrived.event).__name__})
        return f"a bug ({type(error).__name__}); the log says how"
    return ""


def take_again(store: Store, takers: Takers) -> int:
    """What was set aside is tried again, for a newer program may bear it; how many events were taken now."""
    now, taken = datetime.now(UTC), 0
    with store.read() as unit:
        waiting = outposts.stranded(unit)
    for event_id in waiting:
        with store.write() as unit:
            found = outposts.stranded_event(unit, event_id)
            take = takers.get(type(found[0])) if found else None
            if found and take and not _problem(unit, take, Arrived(*found), now):
                outposts.forget_stranded(unit, event_id)
                taken += 1
    return taken


def _files(outpost: Outpost, event: WebEvent) -> dict[str, bytes]:
    found: dict[str, Any] = {}
    for blob in _blobs(event):
        try:
            found[blob] = outpost.read_blob(blob)
        except NotFound:
            _log.warning("blob_missing")
    return found


def _blobs(event: WebEvent) -> list[str]:
    return [file.blob for file in event.files] if isinstance(event, Submission) else []


def _tell_revoked(store: Store, outpost: Outpost) -> None:
    """Whose tracking ended is not even recorded there any more; the links go on working."""
    while True:
        with store.read() as unit:
            tokens = tracked_mail.untold(unit)
        if not tokens:
            return
        outpost.revoke_tokens(tokens, keep_links=True)
        with store.write() as unit:
            tracked_mail.told(unit, tokens, datetime.now(UTC))
