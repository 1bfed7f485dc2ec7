"""Records come in: a page of changes per kind, stored in one transaction with the cursor that ends it.

Where a CRM does not tell what it deleted, it is asked about the records that we know, some at a time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.contract import Adapter, Capabilities, RecordPage
from crm_model.errors import ConfigError, CursorExpired, HitchpostError, LoginNeeded, NotFound, TryLater, Unreachable
from crm_model.records import Activity, RecordKind
from sync.arrivals import take_page
from sync.departures import mark_gone, mark_unseen
from sync.field_map import PLAIN_MAP, FieldMap
from sync.store import Store, abilities, activities, crms, records
from sync.store.crms import Comparison, CrmPlace
from sync.store.database import next_seq
from sync.views import Abilities

_log = logging.getLogger(__name__)
_ORDER = (RecordKind.ACCOUNT, RecordKind.CONTACT, RecordKind.LEAD, RecordKind.OPPORTUNITY)
_PAGE = 200
_DESCRIBE_EVERY = timedelta(hours=1)
_COMPARE_EVERY = timedelta(hours=6)
_ACTIVITY_CALLS = 25  # a call per record: a batch stays short
_ACTIVITIES = 20  # what a sidebar shows


@dataclass(frozen=True, slots=True)
class PullResult:
    """New or changed records stored, records found deleted, whether more wait now; `problem` ended it early."""

    records: int = 0
    removed: int = 0
    more: bool = False
    problem: str = ""

    def with_(self, other: PullResult) -> PullResult:
        """The sum of two."""
        return PullResult(self.records + other.records, self.removed + other.removed, self.more or other.more)


def pull_batch(store: Store, adapter: Adapter, *, now: datetime, field_map: FieldMap = PLAIN_MAP) -> PullResult:
    """Take the next page of every kind, and activities of linked records. Errors: only those of the store."""
    return _Puller(store, adapter, now, field_map).pull()


class _Puller:
    """One batch."""

    def __init__(self, store: Store, adapter: Adapter, now: datetime, field_map: FieldMap) -> None:
        self._store, self._adapter, self._now, self._field_map = store, adapter, now, field_map
        self._crm = adapter.name

    def pull(self) -> PullResult:
        taken = PullResult()
        self._prepare()
        try:
            for kind in _ORDER:
                if kind in self._adapter.capabilities.kinds:
                    self._describe(kind)
                    taken = taken.with_(self._pull_page(kind))
            if self._adapter.capabilities.activities and not taken.more:
                taken = taken.with_(PullResult(more=self._pull_activities()))
        except (TryLater, LoginNeeded, ConfigError) as error:
            return PullResult(taken.records, taken.removed, problem=self._failed(error))
        with self._store.write() as unit:
            crms.succeeded(unit, self._crm, self._now)
        return taken

    def _prepare(self) -> None:
        """What is new about the CRM itself: how its fields are mapped, what it can do."""
        able, digest = _abilities(self._adapter.capabilities), self._field_map.digest
        with self._store.read() as unit:
            if crms.mapped(unit, self._crm) == digest and abilities.kept(unit, self._crm) == able:
                return
        with self._store.write() as unit:
            if crms.mapped(unit, self._crm) != digest:
                crms.read_anew(unit, self._crm, digest)
            abilities.keep(unit, self._crm, able)

    def _pull_page(self, kind: RecordKind) -> PullResult:
        with self._store.read() as unit:
            place = crms.place(unit, self._crm, kind)
        try:
            page = self._adapter.changes(kind, place.cursor, _PAGE)
        except CursorExpired as error:
            if not place.cursor:
                raise Unreachable("The CRM can't list its records from the beginning.") from error
            return self._begin_anew(kind)
        is_news = page.records or page.removed or page.cursor != place.cursor or place.rescan_seq is not None
        taken = self._store_page(kind, page, place) if is_news else PullResult()
        if page.more or self._adapter.capabilities.deletions:
            return taken
        return taken.with_(self._compare(kind))

    def _begin_anew(self, kind: RecordKind) -> PullResult:
        with self._store.write() as unit:
            crms.set_place(unit, self._crm, kind, CrmPlace("", next_seq(unit)))
        _log.warning("pull_rescan", extra={"crm": self._crm, "kind": kind.value})
        return PullResult(more=True)

    def _store_page(self, kind: RecordKind, page: RecordPage, place: CrmPlace) -> PullResult:
        with self._store.write() as unit:
            if crms.place(unit, self._crm, kind) != place:
                return PullResult(more=True)  # another worker took this page
            taken = take_page(unit, self._crm, kind, page.records, now=self._now, field_map=self._field_map)
            removed = mark_gone(unit, self._crm, kind, page.removed, merged=page.merged, now=self._now)
            rescan_seq = place.rescan_seq
            if rescan_seq is not None and not page.more:
                removed += mark_unseen(unit, self._crm, kind, rescan_seq)
                rescan_seq = None
            crms.set_place(unit, self._crm, kind, CrmPlace(page.cursor, rescan_seq))
        return PullResult(taken, removed, page.more)

    def _compare(self, kind: RecordKind) -> PullResult:
        """Ask about the next of the records that we know; a round begins hours after the last one ended."""
        with self._store.read() as unit:
            held = crms.comparison(unit, self._crm, kind)
            resting = held.ended_at is not None and self._now - held.ended_at < _COMPARE_EVERY
            asked = [] if resting else records.live_after(unit, self._crm, kind, held.after_id, _PAGE)
        if resting:
            return PullResult()
        gone = self._adapter.gone(kind, [remote_id for _, remote_id in asked]) if asked else frozenset[str]()
        is_end = len(asked) < _PAGE
        with self._store.write() as unit:
            removed = mark_gone(unit, self._crm, kind, gone, now=self._now)
            after = Comparison(self._now) if is_end else Comparison(held.ended_at, asked[-1][0])
            crms.set_comparison(unit, self._crm, kind, after)
        return PullResult(removed=removed, more=not is_end)

    def _describe(self, kind: RecordKind) -> None:
        with self._store.read() as unit:
            described_at = crms.described_at(unit, self._crm, kind)
        if described_at is not None and self._now - described_at < _DESCRIBE_EVERY:
            return
        specs = self._adapter.describe(kind)
        owners = self._adapter.owners() if self._adapter.capabilities.owners else ()
        with self._store.write() as unit:
            crms.describe_if_changed(unit, self._crm, kind, specs=specs, owners=owners, now=self._now)

    def _pull_activities(self) -> bool:
        """Whether more records wait for theirs."""
        with self._store.read() as unit:
            wanted = activities.unread_records(unit, self._crm, _ACTIVITY_CALLS)
        for record_id, kind, remote_id in wanted:
            found: tuple[Activity, ...] = ()
            try:
                found = self._adapter.activities(kind, remote_id, _ACTIVITIES)
            except NotFound:
                _log.info("pull_record_gone", extra={"crm": self._crm, "record": record_id})
            with self._store.write() as unit:
                complete = len(found) < _ACTIVITIES
                activities.store_remote(unit, self._crm, record_id, found, self._now, complete=complete)
        return len(wanted) == _ACTIVITY_CALLS

    def _failed(self, error: HitchpostError) -> str:
        login_needed = isinstance(error, LoginNeeded)
        with self._store.write() as unit:
            crms.failed(unit, self._crm, str(error), self._now, login_needed=login_needed)
        _log.warning("pull_stopped", extra={"crm": self._crm, "login_needed": login_needed})
        return str(error)


def _abilities(able: Capabilities) -> Abilities:
    return Abilities(able.kinds, able.activities, able.convert_lead, able.delete)
