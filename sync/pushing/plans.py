"""What claimed changes come down to now: the write or call that is left of each, merged with what the CRM has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crm_model.changes import Change, ChangeKind, FieldConflict
from crm_model.errors import HitchpostError, NotFound, NotSupported, Rejected
from crm_model.field_values import is_empty
from crm_model.records import Conversion, Fields, FieldValue, RecordKind
from sync.arrivals import decide, keep_conflict
from sync.field_map import PLAIN_MAP, FieldMap, OnConflict
from sync.merge import merge_fields
from sync.references import NotPushedYet, known_references, resolve, resolve_fields
from sync.store import Unit, conflicts, outbox, own_changes, records
from sync.store.records import StoredRecord
from sync.views import ConflictView


@dataclass(frozen=True, slots=True)
class Plan:
    """A change with what is left to be sent of it.

    `asked` are the fields that the person asked for and that are not in conflict, `to_send` what the CRM lacks of
    them; `key` makes a creation unique. `held_back`: the rest waits for the person. `round` counts the merges.
    """

    change: Change
    record: StoredRecord | None = None
    asked: Fields = field(default_factory=dict)
    to_send: Fields = field(default_factory=dict)
    key: str = ""
    conversion: Conversion | None = None
    held_back: bool = False
    is_sent: bool = False
    round: int = 0

    @property
    def is_deletion(self) -> bool:
        """Whether the record itself goes."""
        return self.change.kind is ChangeKind.DELETE and self.change.activity_id is None


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A change that can't be sent now, and why; `soon`: what it waits for is in the same batch."""

    change: Change
    error: HitchpostError
    soon: bool = False


def plan_changes(
    unit: Unit, changes: Sequence[Change], now: datetime, field_map: FieldMap = PLAIN_MAP
) -> list[Plan | Unplanned]:
    """A plan for each change, or why there is none. Undecided conflicts are kept on the way."""
    record_ids = {change.record_id for change in changes}
    planner = _Planner(
        unit=unit,
        now=now,
        field_map=field_map,
        records=records.get_many(unit, record_ids),
        undecided=conflicts.of_records(unit, record_ids),
        creating={change.record_id for change in changes if change.kind is ChangeKind.CREATE},
    )
    return [planner.plan(change) for change in changes]


def plan_again(unit: Unit, plan: Plan, now: datetime, field_map: FieldMap) -> Plan | Unplanned:
    """The same change anew, after its record moved on: what the person decided meanwhile counts, too."""
    fresh = outbox.get(unit, plan.change.id)
    (again,) = plan_changes(unit, [fresh or plan.change], now, field_map)
    return replace(again, round=plan.round + 1) if isinstance(again, Plan) else again


@dataclass(frozen=True, slots=True)
class _Planner:
    """What the plans of one batch share."""

    unit: Unit
    now: datetime
    field_map: FieldMap
    records: Mapping[int, StoredRecord]
    undecided: Mapping[int, tuple[ConflictView, ...]]
    creating: Collection[int]

    def plan(self, change: Change) -> Plan | Unplanned:
        try:
            return self._planned(change)
        except NotPushedYet as error:
            return Unplanned(change, error, soon=error.record_id in self.creating)
        except (Rejected, NotFound, NotSupported) as error:
            return Unplanned(change, error)

    def _planned(self, change: Change) -> Plan:
        if change.activity_id is not None:
            return _plan_activity(change)
        record = self.records.get(change.record_id)
        if record is None:
            raise Rejected("The record of this change is gone.")
        if change.file is not None:
            return self._plan_file(change, record)
        if change.kind is ChangeKind.CREATE:
            fields = resolve_fields(self.unit, change.fields)
            return Plan(change, record, fields, fields, change.key, is_sent=not record.remote_id)
        if change.kind is ChangeKind.DELETE:
            return Plan(change, record, is_sent=bool(record.remote_id))
        if change.kind is ChangeKind.CONVERT:
            return self._plan_conversion(change, record)
        return self._plan_update(change, record) if record.remote_id else self._plan_mend(change, record)

    def _plan_conversion(self, change: Change, record: StoredRecord) -> Plan:
        if not record.remote_id:
            raise Rejected("The CRM does not have this lead; mend the lead first, then convert it.")
        asked = change.conversion or Conversion()
        conversion = replace(
            asked,
            account=resolve_fields(self.unit, asked.account),
            contact=resolve_fields(self.unit, asked.contact),
            opportunity=resolve_fields(self.unit, asked.opportunity),
            account_id=resolve(self.unit, "account_id", asked.account_id),
        )
        return Plan(change, record, key=change.key, conversion=conversion, is_sent=True)

    def _plan_file(self, change: Change, record: StoredRecord) -> Plan:
        """On the contact that a lead became meanwhile: there people look, and a converted lead may be locked."""
        became = str(record.fields.get("converted_contact_id") or "") if record.state == "converted" else ""
        contact = records.by_remote(self.unit, change.crm, RecordKind.CONTACT, became) if became else None
        target = contact or record
        if not target.remote_id:
            raise Rejected("The CRM does not have the record that this file belongs to.")
        return Plan(change, target, key=change.key, is_sent=True)

    def _plan_mend(self, change: Change, record: StoredRecord) -> Plan:
        """Its creation was refused and this edit mends it: the whole record goes."""
        whole = resolve_fields(self.unit, record.fields)
        filled = {name: value for name, value in whole.items() if not is_empty(value)}
        key = own_changes.creation_key(self.unit, record.id) or change.key
        return Plan(change, record, whole, filled, key, is_sent=True)

    def _plan_update(self, change: Change, record: StoredRecord) -> Plan:
        unit, fields = self.unit, resolve_fields(self.unit, change.fields)
        open_ones = self.undecided.get(record.id, ())
        if open_ones:
            conflicts.close_agreeing(unit, record.id, open_ones, mine=record.fields, theirs=record.base, now=self.now)
            open_ones = conflicts.of_record(unit, record.id)
        undecided = {held.field: held for held in open_ones}
        seen = known_references(unit, change.base)
        asked: dict[str, FieldValue] = {}
        to_send: dict[str, FieldValue] = {}
        held_back = False
        for name, value in fields.items():
            theirs = record.base.get(name)
            merged = merge_fields({name: seen.get(name, theirs)}, {name: value}, {name: theirs})
            clash = merged.conflicts and not own_changes.was_refused(unit, change, name)
            chosen = self._decide(record, name) if clash else OnConflict.ASK
            if chosen is OnConflict.THEIRS:
                records.set_fields(unit, record.id, {name: theirs})
                continue
            if (clash and chosen is OnConflict.ASK) or name in undecided:
                was = undecided[name].base if name in undecided else seen.get(name, theirs)
                self._hold_back(record, FieldConflict(name, was, value, theirs))
                held_back = True
                continue
            asked[name] = value
            if merged.conflicts or merged.to_push:
                to_send[name] = merged.fields[name]
        return Plan(change, record, asked, to_send, held_back=held_back, is_sent=bool(to_send))

    def _decide(self, record: StoredRecord, name: str) -> OnConflict:
        rule = self.field_map.of(record.kind).get(name)
        return decide(self.unit, record.id, name, rule, record.modified_at)

    def _hold_back(self, record: StoredRecord, conflict: FieldConflict) -> None:
        """The value stays here, beside theirs, until the person chooses."""
        by, at = record.modified_by, record.modified_at
        keep_conflict(self.unit, record.id, conflict, theirs_by=by, theirs_at=at, now=self.now)


def _plan_activity(change: Change) -> Plan:
    if change.activity is None:
        raise Rejected("The activity is gone.")
    known = bool(change.activity.id)
    if change.kind is ChangeKind.UPDATE and not known:
        raise Rejected("The CRM does not have this activity.")
    return Plan(change, key=change.key, is_sent=known is not (change.kind is ChangeKind.LOG))
