"""Changing and creating records."""

from __future__ import annotations

from collections.abc import Iterable

from crm_model.changes import ChangeKind
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import pack_fields, same_value, unpack_fields
from crm_model.records import Fields, RecordKind
from crm_model.safe_text import safe_line
from sync.edits.checking import check_fields
from sync.edits.edit import Edit, edit, named
from sync.store import compensation, conflicts, field_specs, links, record_views, records
from sync.store.database import Store
from sync.store.records import StoredRecord


def change_record(store: Store, record_id: int, fields: Fields, base: Fields, author: str) -> int:
    """Set these fields. `base` are their values as the person saw them: what the merge with the CRM's compares."""
    with edit(store, "change", author) as making:
        record = making.record(record_id)
        changed = {name: value for name, value in fields.items() if not same_value(value, record.fields.get(name))}
        values = check_fields(making.unit, record.crm, record.kind, changed, complete=False)
        if values:
            seen = {name: base.get(name, record.fields.get(name)) for name in values}
            overlay(making, record, values, seen)
            making.label = f"{labels_of(making, record, values)} of {named(record)} changed"
    return making.action_id


def create_record(store: Store, crm: str, kind: RecordKind, fields: Fields, author: str) -> int:
    """Make a record of any kind; the record's id."""
    with edit(store, "create", author) as making:
        record = create(making, crm, kind, fields)
        making.label = f"made the {kind.value} {named(record)}"
    return record.id


def create(making: Edit, crm: str, kind: RecordKind, fields: Fields) -> StoredRecord:
    """The parts of creating that every edit shares."""
    if not field_specs.is_known(making.unit, crm):
        raise NotFound(f"There is no CRM called “{safe_line(crm)}”.")
    values = check_fields(making.unit, crm, kind, fields, complete=True)
    record_id = records.insert_local(making.unit, crm, kind, values)
    record = making.record(record_id)
    change = making.enqueue(record, ChangeKind.CREATE, fields=values)
    making.remember("created", record_id, change)
    return record


def overlay(making: Edit, record: StoredRecord, values: Fields, seen: Fields) -> None:
    """Lay values over a record's own and send them, against the values that the person saw."""
    records.set_fields(making.unit, record.id, values, making.author)
    before = {name: record.fields.get(name) for name in values}
    change = making.enqueue(record, ChangeKind.UPDATE, fields=values, base=seen)
    making.remember("changed", record.id, pack_fields(before), pack_fields(values), change)


def labels_of(making: Edit, record: StoredRecord, names: Iterable[str]) -> str:
    labels = {spec.name: spec.label for spec in field_specs.fields_of(making.unit, record.crm, record.kind)}
    return ", ".join(labels.get(name, name) for name in names)


def undo_changed(
    making: Edit, record_id: int, before: dict[str, object], after: dict[str, object], change: int
) -> None:
    record = making.record(record_id)
    old, new = unpack_fields(before), unpack_fields(after)
    refuse_if_moved(making, record, new, change)
    later = compensation.later_change(making.unit, record_id, change, list(new))
    records.set_fields(making.unit, record_id, old, making.author)
    if later is not None or not compensation.take_back(making.unit, change, making.now):
        making.enqueue(record, ChangeKind.UPDATE, fields=old, base=new)


def refuse_if_moved(making: Edit, record: StoredRecord, expected: Fields, change: int) -> None:
    """Undo must not throw away what somebody else wrote since. Errors: Rejected, naming who and when."""
    clashing = {clash.field for clash in conflicts.of_record(making.unit, record.id)} & set(expected)
    if clashing:
        raise Rejected(
            f"{labels_of(making, record, sorted(clashing))} is in conflict; choose between the values first."
        )
    moved = [name for name, value in expected.items() if not same_value(record.fields.get(name), value)]
    if not moved:
        return
    later = compensation.later_change(making.unit, record.id, change, moved)
    who = later.author if later else record.modified_by
    at = later.at if later else record.modified_at
    by = f" by {safe_line(who)}" if who else ""
    when = f" on {at:%Y-%m-%d at %H:%M} UTC" if at else ""
    values = ", ".join(f"“{safe_line(record_views.words(record.fields.get(name)))}”" for name in moved)
    raise Rejected(
        f"{labels_of(making, record, moved)} of {named(record)} has been changed since{by}{when} and is now {values}; "
        "undoing would overwrite that."
    )


def undo_created(making: Edit, record_id: int, change: int) -> None:
    record = making.record(record_id)
    making.threads.update(links.drop_record(making.unit, record_id, making.now))
    # A refused creation may have been mended since by an edit: then the CRM has the record after all.
    never_sent = compensation.take_back(making.unit, change, making.now) and not record.remote_id
    if never_sent:
        compensation.drop_waiting(making.unit, record_id, making.now)
    if not never_sent or compensation.is_under_way(making.unit, record_id):
        making.enqueue(record, ChangeKind.DELETE)
    records.mark_deleted_here(making.unit, record_id)
