"""A record arrives from its CRM: merged with what the person edited here, conflicts kept for them."""

from __future__ import annotations

from datetime import datetime

from crm_model.changes import FieldConflict
from crm_model.field_values import same_value
from crm_model.records import FieldValue, Record
from sync.merge import merge_fields
from sync.store import Unit, conflicts, outbox, records


def take_record(unit: Unit, crm: str, record: Record, now: datetime) -> bool:
    """Make what the CRM has now the base of our copy; whether anything was new in it."""
    stored = records.by_remote(unit, crm, record.kind, record.id)
    if stored is None:
        records.store_remote(unit, crm, record)
        return True
    if stored.revision == record.revision and stored.state != "deleted":
        records.mark_seen(unit, stored.id)
        return False
    base: dict[str, FieldValue] = dict(stored.base)
    for name, sent in outbox.maybe_sent(unit, stored.id).items():
        # Our own edit whose answer was lost: it is no edit of theirs.
        if any(same_value(value, record.fields.get(name)) for value in sent):
            base[name] = record.fields.get(name)
    merged = merge_fields(base, stored.fields, record.fields)
    records.store_answer(unit, stored, record, merged.fields)
    for conflict in merged.conflicts:
        keep_conflict(unit, stored.id, conflict, theirs_by=record.modified_by, theirs_at=record.modified_at, now=now)
    conflicts.close_agreeing(unit, stored.id, merged.fields, record.fields, now)
    return True


def keep_conflict(
    unit: Unit, record_id: int, conflict: FieldConflict, *, theirs_by: str, theirs_at: datetime | None, now: datetime
) -> None:
    """Keep both values for the person to choose."""
    mine_by, mine_at = outbox.last_edit(unit, record_id, conflict.name)
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
