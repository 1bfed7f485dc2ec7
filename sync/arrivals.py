"""A record arrives from its CRM: merged with what the person edited here, conflicts kept for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm_model.changes import FieldConflict
from crm_model.field_values import clean_text, same_value
from crm_model.records import FieldValue, Record, RecordKind
from sync.merge import merge_fields
from sync.store import Unit, conflicts, own_changes, records


def take_record(unit: Unit, crm: str, record: Record, now: datetime) -> None:
    """Make what the CRM has now the base of our copy."""
    take_page(unit, crm, record.kind, [record], now)


def take_page(unit: Unit, crm: str, kind: RecordKind, found: Sequence[Record], now: datetime) -> int:
    """The same for many of a kind; how many held something new."""
    latest = {clean_text(record.id): record for record in found}
    held = records.by_remotes(unit, crm, kind, latest)
    fresh = [record for remote_id, record in latest.items() if remote_id not in held]
    records.insert_remote(unit, crm, fresh)
    known = [(held[remote_id], record) for remote_id, record in latest.items() if remote_id in held]
    changed = [(stored, record) for stored, record in known if _is_news(stored, record)]
    records.mark_seen(unit, [stored.id for stored, record in known if not _is_news(stored, record)])
    waiting = own_changes.unsettled_records(unit, [stored.id for stored, _ in changed])
    plain = [pair for pair in changed if pair[0].is_unedited and pair[0].id not in waiting]
    records.store_answers(unit, [(stored, record, record.fields) for stored, record in plain])
    for stored, record in changed:
        if not (stored.is_unedited and stored.id not in waiting):
            _merge(unit, stored, record, now)
    return len(fresh) + len(changed)


def _is_news(stored: records.StoredRecord, record: Record) -> bool:
    return stored.revision != record.revision or stored.state == "deleted"


def _merge(unit: Unit, stored: records.StoredRecord, record: Record, now: datetime) -> None:
    base: dict[str, FieldValue] = dict(stored.base)
    for name, sent in own_changes.maybe_sent(unit, stored.id).items():
        # Our own edit whose answer was lost: it is no edit of theirs.
        if any(same_value(value, record.fields.get(name)) for value in sent):
            base[name] = record.fields.get(name)
    merged = merge_fields(base, stored.fields, record.fields)
    records.store_answers(unit, [(stored, record, merged.fields)])
    for conflict in merged.conflicts:
        keep_conflict(unit, stored.id, conflict, theirs_by=record.modified_by, theirs_at=record.modified_at, now=now)
    held = conflicts.of_record(unit, stored.id)
    conflicts.close_agreeing(unit, stored.id, held, mine=merged.fields, theirs=record.fields, now=now)


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
