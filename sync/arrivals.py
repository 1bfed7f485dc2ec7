"""A record arrives from its CRM: merged with what the person edited here, conflicts kept for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crm_model.changes import FieldConflict
from crm_model.field_values import clean_text, same_value
from crm_model.records import FieldValue, Record, RecordKind
from sync.field_map import PLAIN_MAP, FieldMap, FieldRule, OnConflict, winner, with_written
from sync.merge import merge_fields
from sync.store import Unit, conflicts, links, own_changes, records
from sync.store.thread_summary import refresh_threads


def take_record(unit: Unit, crm: str, record: Record, now: datetime, field_map: FieldMap = PLAIN_MAP) -> None:
    """Make what the CRM has now the base of our copy."""
    take_page(unit, crm, record.kind, [record], now=now, field_map=field_map)


def take_page(
    unit: Unit,
    crm: str,
    kind: RecordKind,
    found: Sequence[Record],
    *,
    now: datetime,
    field_map: FieldMap = PLAIN_MAP,
) -> int:
    """The same for many of a kind; how many held something new."""
    latest = {clean_text(record.id): record for record in found}
    held = records.by_remotes(unit, crm, kind, latest)
    fresh = [record for remote_id, record in latest.items() if remote_id not in held]
    records.insert_remote(unit, crm, fresh)
    rules = field_map.of(kind)
    known = [
        (held[remote_id], _read(rules, held[remote_id], record))
        for remote_id, record in latest.items()
        if remote_id in held
    ]
    changed = [(stored, record) for stored, record in known if _is_news(stored, record)]
    records.mark_seen(unit, [stored.id for stored, record in known if not _is_news(stored, record)])
    waiting = own_changes.unsettled_records(unit, [stored.id for stored, _ in changed])
    plain = [pair for pair in changed if pair[0].is_unedited and pair[0].id not in waiting]
    records.store_answers(unit, [(stored, record, record.fields) for stored, record in plain])
    for stored, record in changed:
        if not (stored.is_unedited and stored.id not in waiting):
            _merge(unit, stored, record, rules, now)
    back = [stored.id for stored, _ in changed if stored.state == "deleted"]
    refresh_threads(unit, links.threads_of(unit, back))
    return len(fresh) + len(changed)


def _is_news(stored: records.StoredRecord, record: Record) -> bool:
    return stored.revision != record.revision or stored.state == "deleted"


def _read(rules: Mapping[str, FieldRule], stored: records.StoredRecord, record: Record) -> Record:
    return replace(record, fields=with_written(rules, record.fields, stored.base)) if rules else record


def _merge(
    unit: Unit, stored: records.StoredRecord, record: Record, rules: Mapping[str, FieldRule], now: datetime
) -> None:
    base: dict[str, FieldValue] = dict(stored.base)
    for name, sent in own_changes.maybe_sent(unit, stored.id).items():
        # Our own edit whose answer was lost: it is no edit of theirs.
        if any(same_value(value, record.fields.get(name)) for value in sent):
            base[name] = record.fields.get(name)
    merged = merge_fields(base, stored.fields, record.fields)
    fields, undecided = dict(merged.fields), list[FieldConflict]()
    for conflict in merged.conflicts:
        chosen = decide(unit, stored.id, conflict.name, rules.get(conflict.name), record.modified_at)
        if chosen is OnConflict.THEIRS:
            fields[conflict.name] = conflict.theirs
            conflicts.drop_waiting(unit, stored.id, conflict.name, now)
        elif chosen is OnConflict.ASK:
            undecided.append(conflict)
    records.store_answers(unit, [(stored, record, fields)])
    for conflict in undecided:
        keep_conflict(unit, stored.id, conflict, theirs_by=record.modified_by, theirs_at=record.modified_at, now=now)
    held = conflicts.of_record(unit, stored.id)
    conflicts.close_agreeing(unit, stored.id, held, mine=fields, theirs=record.fields, now=now)


def decide(unit: Unit, record_id: int, name: str, rule: FieldRule | None, theirs_at: datetime | None) -> OnConflict:
    """What the configuration says of a conflict: whose value counts, or that a person is asked."""
    if rule is None or rule.on_conflict is OnConflict.ASK:
        return OnConflict.ASK
    _, mine_at = own_changes.last_edit(unit, record_id, name)
    return winner(rule, mine_at, theirs_at)


def keep_conflict(
    unit: Unit, record_id: int, conflict: FieldConflict, *, theirs_by: str, theirs_at: datetime | None, now: datetime
) -> None:
    """Keep both values for the person to choose."""
    mine_by, mine_at = own_changes.last_edit(unit, record_id, conflict.name)
    conflicts.add(
        unit,
        record_id,
        conflict.name,
        base=conflict.base,
        mine=conflict.mine,
        theirs=conflict.theirs,
        mine_by=mine_by,
        mine_at=mine_at,
        theirs_by=theirs_by,
        theirs_at=theirs_at,
        now=now,
    )
