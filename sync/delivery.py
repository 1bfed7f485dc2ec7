"""One change on its way: read what to send, call the CRM outside any transaction, store its answer with the outcome.

A kill between the call and the answer leaves the change claimed; when it is claimed again the CRM recognises a
creation by its key, and an edit by its revision: what it holds already is not sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from crm_adapters.contract import Adapter
from crm_model.changes import Change, ChangeKind, ChangeState, FieldConflict
from crm_model.errors import Busy, Rejected, StaleRevision
from crm_model.field_values import is_empty
from crm_model.records import Conversion, Converted, FieldValue, Record
from sync.arrivals import keep_conflict, take_record
from sync.merge import merge_fields, settle_fields
from sync.references import known_references, resolve, resolve_fields
from sync.store import Store, Unit, activities, conflicts, links, outbox, own_changes, records
from sync.store.thread_summary import refresh_threads

_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an edit comes down to now: `asked` by the person and not in conflict, `to_send` what the CRM lacks of it."""

    record: records.StoredRecord
    asked: dict[str, FieldValue]
    to_send: dict[str, FieldValue]
    held_back: bool


def deliver(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    """Push one claimed change and settle it: done or conflict. Errors: the adapter's; then nothing is settled."""
    if change.activity is not None:
        return _deliver_activity(store, adapter, change, now)
    return _DELIVERIES[change.kind](store, adapter, change, now)


def _create(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    with store.read() as unit:
        record = _record_of(unit, change)
        fields = resolve_fields(unit, change.fields)
    answer = None if record.remote_id else adapter.create(record.kind, fields, change.key)
    with store.write() as unit:
        if answer is not None:
            _keep_answer(unit, change, _Plan(record, fields, fields, held_back=False), answer, now)
        return _settled(unit, change, ChangeState.DONE, now)


def _update(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    for _ in range(_MOST_ROUNDS):
        with store.write() as unit:
            plan = _plan(unit, change, now)
            outcome = ChangeState.CONFLICT if plan.held_back else ChangeState.DONE
            if plan.record.remote_id and not plan.to_send:
                return _settled(unit, change, outcome, now)
            key = own_changes.creation_key(unit, plan.record.id) or change.key
        try:
            if plan.record.remote_id:
                answer = adapter.update(plan.record.kind, plan.record.remote_id, plan.to_send, plan.record.revision)
            else:
                answer = adapter.create(plan.record.kind, plan.to_send, key)
        except StaleRevision:
            theirs = adapter.get(plan.record.kind, plan.record.remote_id)
            with store.write() as unit:
                take_record(unit, change.crm, theirs, now)
            continue
        with store.write() as unit:
            _keep_answer(unit, change, plan, answer, now)
            return _settled(unit, change, outcome, now)
    raise Busy("The record changes faster in the CRM than it can be merged; it will be tried again.")


def _delete(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    with store.read() as unit:
        record = _record_of(unit, change)
    if record.remote_id:
        adapter.delete(record.kind, record.remote_id)
    with store.write() as unit:
        records.mark_deleted_here(unit, record.id)
        return _settled(unit, change, ChangeState.DONE, now)


def _convert(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    with store.read() as unit:
        record = _record_of(unit, change)
        conversion = _resolved(unit, change.conversion or Conversion())
    if not record.remote_id:
        raise Rejected("The CRM does not have this lead; mend the lead first, then convert it.")
    answer = adapter.convert_lead(record.remote_id, conversion, change.key)
    with store.write() as unit:
        _keep_converted(unit, change.crm, record.id, answer, now)
        return _settled(unit, change, ChangeState.DONE, now)


def _keep_converted(unit: Unit, crm: str, lead_id: int, answer: Converted, now: datetime) -> None:
    for made in (answer.account, answer.contact, answer.opportunity, answer.lead):
        if made is not None:
            take_record(unit, crm, made, now)
    ids = [
        made and records.by_remote(unit, crm, made.kind, made.id)
        for made in (answer.contact, answer.account, answer.opportunity)
    ]
    contact, account, opportunity = (each.id if each else None for each in ids)
    if contact is not None:
        records.mark_converted(unit, lead_id, contact)
    refresh_threads(unit, links.follow_conversion(unit, lead_id, contact, account, opportunity, now=now))


def _deliver_activity(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    activity = change.activity
    with store.read() as unit:
        row = outbox.activity_of(unit, change.id)
    if activity is None or row is None:
        raise Rejected("The activity is gone.")
    remote_id = activity.id
    if change.kind is ChangeKind.LOG and not remote_id:
        remote_id = adapter.log_activity(activity, change.key)
    elif change.kind is ChangeKind.UPDATE and remote_id:
        adapter.update_activity(remote_id, done=activity.done)
    elif change.kind is ChangeKind.DELETE and remote_id:
        adapter.delete_activity(remote_id)
    elif change.kind is ChangeKind.UPDATE:
        raise Rejected("The CRM does not have this activity.")
    with store.write() as unit:
        if change.kind is ChangeKind.DELETE:
            activities.forget_remote(unit, row)  # so that it can be logged again
        elif remote_id:
            activities.set_remote(unit, row, remote_id)
        return _settled(unit, change, ChangeState.DONE, now)


def _log_nothing(store: Store, adapter: Adapter, change: Change, now: datetime) -> ChangeState:
    raise Rejected("The activity is gone.")


_DELIVERIES: dict[ChangeKind, Callable[[Store, Adapter, Change, datetime], ChangeState]] = {
    ChangeKind.CREATE: _create,
    ChangeKind.UPDATE: _update,
    ChangeKind.DELETE: _delete,
    ChangeKind.CONVERT: _convert,
    ChangeKind.LOG: _log_nothing,
}


def _plan(unit: Unit, change: Change, now: datetime) -> _Plan:
    fresh = outbox.get(unit, change.id) or change
    record = _record_of(unit, fresh)
    fields = resolve_fields(unit, fresh.fields)
    if not record.remote_id:
        # Its creation was refused and this edit mends it: the whole record goes.
        whole = resolve_fields(unit, record.fields)
        return _Plan(record, whole, {name: value for name, value in whole.items() if not is_empty(value)}, False)
    conflicts.close_agreeing(unit, record.id, record.fields, record.base, now)
    undecided = {held.field: held for held in conflicts.of_record(unit, record.id)}
    seen = known_references(unit, fresh.base)
    asked: dict[str, FieldValue] = {}
    to_send: dict[str, FieldValue] = {}
    for name, value in fields.items():
        theirs = record.base.get(name)
        merged = merge_fields({name: seen.get(name, theirs)}, {name: value}, {name: theirs})
        clash = merged.conflicts and not own_changes.was_refused(unit, fresh, name)
        if clash or name in undecided:
            was = undecided[name].base if name in undecided else seen.get(name, theirs)
            _hold_back(unit, record, FieldConflict(name, was, value, theirs), now)
            continue
        asked[name] = value
        if merged.conflicts or merged.to_push:
            to_send[name] = merged.fields[name]
    return _Plan(record, asked, to_send, held_back=len(asked) < len(fields))


def _hold_back(unit: Unit, record: records.StoredRecord, conflict: FieldConflict, now: datetime) -> None:
    """The value stays here, beside theirs, until the person chooses."""
    keep_conflict(unit, record.id, conflict, theirs_by=record.modified_by, theirs_at=record.modified_at, now=now)


def _keep_answer(unit: Unit, change: Change, plan: _Plan, answer: Record, now: datetime) -> None:
    """Store what the CRM made of it, unless a pull moved the record on meanwhile: then the next pull brings it."""
    own_changes.supersede_refused(unit, change, now)
    record = records.get(unit, plan.record.id)
    if record is None or (record.remote_id and record.revision != plan.record.revision):
        return
    is_new = not record.remote_id
    twin = records.by_remote(unit, change.crm, record.kind, answer.id) if is_new else None
    if twin is not None:
        records.absorb(unit, record.id, twin.id)
    mine = known_references(unit, record.fields)
    records.store_answer(unit, record, answer, settle_fields(record.base, mine, plan.asked, answer.fields))
    own_changes.rebase(unit, record.id, change.fields, answer.fields)
    if is_new:
        records.replace_reference(unit, change.crm, record.id, answer.id)


def _settled(unit: Unit, change: Change, state: ChangeState, now: datetime) -> ChangeState:
    outbox.settle(unit, change.id, state, now=now)
    return state


def _record_of(unit: Unit, change: Change) -> records.StoredRecord:
    record = records.get(unit, change.record_id)
    if record is None:
        raise Rejected("The record of this change is gone.")
    return record


def _resolved(unit: Unit, conversion: Conversion) -> Conversion:
    return replace(
        conversion,
        account=resolve_fields(unit, conversion.account),
        contact=resolve_fields(unit, conversion.contact),
        opportunity=resolve_fields(unit, conversion.opportunity),
        account_id=resolve(unit, "account_id", conversion.account_id),
    )
