"""Choosing between one's own value and the CRM's."""

from __future__ import annotations

from typing import Literal

from crm_model.changes import ChangeKind
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import pack_value, same_value, unpack_value
from crm_model.records import FieldValue
from sync.edits.checking import check_fields
from sync.edits.edit import Edit, edit, named
from sync.edits.records import refuse_if_moved
from sync.store import compensation, conflicts, records
from sync.store.database import Store

Choice = Literal["mine", "theirs", "edited"]


def resolve_conflict(store: Store, conflict_id: int, choice: Choice, value: FieldValue, author: str) -> int:
    """Settle a conflict: `value` counts for "edited" only. What is not theirs goes to the CRM, over theirs."""
    with edit(store, "resolve", author) as making:
        found = conflicts.get(making.unit, conflict_id)
        if found is None:
            raise NotFound("This conflict is no longer here.")
        if found.state != "open":
            raise Rejected("Somebody has settled this conflict already.")
        clash, record = found.view, making.record(found.record_id)
        chosen = {"mine": clash.mine, "theirs": clash.theirs}.get(choice, value)
        if choice == "edited":
            chosen = check_fields(making.unit, record.crm, record.kind, {clash.field: value}, complete=False)[
                clash.field
            ]
        before = record.fields.get(clash.field)
        conflicts.settle(making.unit, conflict_id, choice, making.now)
        records.set_fields(making.unit, record.id, {clash.field: chosen}, making.author)
        change = None
        if not same_value(chosen, clash.theirs):
            fields, base = {clash.field: chosen}, {clash.field: clash.theirs}
            change = making.enqueue(record, ChangeKind.UPDATE, fields=fields, base=base)
        making.remember("settled", conflict_id, pack_value(before), pack_value(chosen), change)
        making.label = f"conflict of {named(record)} settled"
    return making.action_id


def undo_settled(making: Edit, conflict_id: int, before: object, after: object, change: int | None) -> None:
    """The conflict opens again; but if the CRM has the chosen value already, it gets its own one back instead."""
    found = conflicts.get(making.unit, conflict_id)
    if found is None:
        raise NotFound("This conflict is no longer here.")
    clash, record = found.view, making.record(found.record_id)
    chosen = {clash.field: unpack_value(after)}
    refuse_if_moved(making, record, chosen, change or 0)
    if change is None or compensation.take_back(making.unit, change, making.now):
        records.set_fields(making.unit, record.id, {clash.field: unpack_value(before)}, making.author)
        conflicts.settle(making.unit, conflict_id, "open", None)
        return
    theirs = {clash.field: clash.theirs}
    records.set_fields(making.unit, record.id, theirs, making.author)
    conflicts.settle(making.unit, conflict_id, "theirs", making.now)
    making.enqueue(record, ChangeKind.UPDATE, fields=theirs, base=chosen)
