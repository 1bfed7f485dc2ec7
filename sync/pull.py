"""Records come in: a page of changes per kind, stored in one transaction with the cursor that ends it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.contract import Adapter, RecordPage
from crm_model.errors import ConfigError, CursorExpired, HitchpostError, LoginNeeded, NotFound, TryLater, Unreachable
from crm_model.records import Activity, RecordKind
from sync.arrivals import take_page
from sync.store import Store, Unit, activities, crms, records
from sync.store.crms import CrmPlace
from sync.store.database import next_seq

_log = logging.getLogger(__name__)
_ORDER = (RecordKind.ACCOUNT, RecordKind.CONTACT, RecordKind.LEAD, RecordKind.OPPORTUNITY)
_PAGE = 200
_DESCRIBE_EVERY = timedelta(hours=1)
_ACTIVITY_CALLS = 25  # a call per record: a batch stays short
_ACTIVITIES = 20  # what a sidebar shows


@dataclass(frozen=True, slots=True)
class PullResult:
    """New or changed records stored, records found deleted, whether more wait now; `problem` ended it early."""

    records: int = 0
    removed: int = 0
    more: bool = False
    problem: str = ""


def pull_batch(store: Store, adapter: Adapter, *, now: datetime) -> PullResult:
    """Take the next page of every kind, and activities of linked records. Errors: only those of the store."""
    taken = removed = 0
    more = False
    try:
        for kind in _ORDER:
            if kind in adapter.capabilities.kinds:
                _describe(store, adapter, kind, now)
                page = _pull_page(store, adapter, kind, now)
                taken, removed, more = taken + page.records, removed + page.removed, more or page.more
        if adapter.capabilities.activities:
            more = _pull_activities(store, adapter, now) or more
    except (TryLater, LoginNeeded, ConfigError) as error:
        return PullResult(taken, removed, problem=_failed(store, adapter, error, now))
    with store.write() as unit:
        crms.succeeded(unit, adapter.name, now)
    return PullResult(taken, removed, more)


def _pull_page(store: Store, adapter: Adapter, kind: RecordKind, now: datetime) -> PullResult:
    with store.read() as unit:
        place = crms.place(unit, adapter.name, kind)
    try:
        page = adapter.changes(kind, place.cursor, _PAGE)
    except CursorExpired as error:
        if not place.cursor:
            raise Unreachable("The CRM can't list its records from the beginning.") from error
        with store.write() as unit:
            crms.set_place(unit, adapter.name, kind, CrmPlace("", next_seq(unit)))
        _log.warning("pull_rescan", extra={"crm": adapter.name, "kind": kind.value})
        return PullResult(more=True)
    if not page.records and not page.removed and page.cursor == place.cursor and place.rescan_seq is None:
        return PullResult()
    with store.write() as unit:
        if crms.place(unit, adapter.name, kind) != place:
            return PullResult(more=True)  # another worker took this page
        return _store_page(unit, adapter.name, kind, page, place, now=now)


def _store_page(
    unit: Unit, crm: str, kind: RecordKind, page: RecordPage, place: CrmPlace, *, now: datetime
) -> PullResult:
    taken = take_page(unit, crm, kind, page.records, now)
    removed = records.mark_deleted(unit, crm, kind, page.removed) if page.removed else 0
    rescan_seq = place.rescan_seq
    if rescan_seq is not None and not page.more:
        removed += records.mark_unseen_deleted(unit, crm, kind, rescan_seq)
        rescan_seq = None
    crms.set_place(unit, crm, kind, CrmPlace(page.cursor, rescan_seq))
    return PullResult(taken, removed, page.more)


def _describe(store: Store, adapter: Adapter, kind: RecordKind, now: datetime) -> None:
    with store.read() as unit:
        described_at = crms.described_at(unit, adapter.name, kind)
    if described_at is not None and now - described_at < _DESCRIBE_EVERY:
        return
    specs = adapter.describe(kind)
    owners = adapter.owners() if adapter.capabilities.owners else ()
    with store.write() as unit:
        crms.describe_if_changed(unit, adapter.name, kind, specs=specs, owners=owners, now=now)


def _pull_activities(store: Store, adapter: Adapter, now: datetime) -> bool:
    """Whether more records wait for theirs."""
    with store.read() as unit:
        wanted = activities.unread_records(unit, adapter.name, _ACTIVITY_CALLS)
    for record_id, kind, remote_id in wanted:
        found: tuple[Activity, ...] = ()
        try:
            found = adapter.activities(kind, remote_id, _ACTIVITIES)
        except NotFound:
            _log.info("pull_record_gone", extra={"crm": adapter.name, "record": record_id})
        with store.write() as unit:
            complete = len(found) < _ACTIVITIES
            activities.store_remote(unit, adapter.name, record_id, found, now, complete=complete)
    return len(wanted) == _ACTIVITY_CALLS


def _failed(store: Store, adapter: Adapter, error: HitchpostError, now: datetime) -> str:
    login_needed = isinstance(error, LoginNeeded)
    with store.write() as unit:
        crms.failed(unit, adapter.name, str(error), now, login_needed=login_needed)
    _log.warning("pull_stopped", extra={"crm": adapter.name, "login_needed": login_needed})
    return str(error)
