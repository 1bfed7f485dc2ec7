"""Three-way merge of records: what both sides made of the same base, field by field. Pure.

mine == theirs          that value
only theirs changed     theirs
only mine changed       mine, to be pushed
both, a list            what either side added or removed
both, anything else     a conflict: mine stays in sight, theirs beside it
"""

from __future__ import annotations

from crm_model.changes import FieldConflict, Merged
from crm_model.field_values import same_value
from crm_model.records import Fields, FieldValue


def merge_fields(base: Fields, mine: Fields, theirs: Fields) -> Merged:
    """The fields as they are now, what the CRM lacks of them, and what a person must decide.

    A missing field is an empty one. A conflicting field holds mine and is not to be pushed.
    """
    fields: dict[str, FieldValue] = {}
    to_push: dict[str, FieldValue] = {}
    conflicts: list[FieldConflict] = []
    for name in dict.fromkeys((*theirs, *mine, *base)):
        was, ours, other = base.get(name), mine.get(name), theirs.get(name)
        merged = _merged(was, ours, other)
        if merged is None:
            conflicts.append(FieldConflict(name, was, ours, other))
            fields[name] = ours
            continue
        fields[name] = merged[0]
        if not same_value(merged[0], other):
            to_push[name] = merged[0]
    return Merged(fields, to_push, tuple(conflicts))


def settle_fields(base: Fields, mine: Fields, asked: Fields, theirs: Fields) -> dict[str, FieldValue]:
    """The person's fields after the CRM applied `asked` and answered with `theirs`.

    The CRM's spelling of what was asked wins, and so does what it computed; edits made since stay.
    """
    fields: dict[str, FieldValue] = {}
    for name in dict.fromkeys((*theirs, *mine, *base)):
        untouched = same_value(mine.get(name), asked[name] if name in asked else base.get(name))
        fields[name] = theirs.get(name) if untouched else mine.get(name)
    return fields


def _merged(was: FieldValue, ours: FieldValue, other: FieldValue) -> tuple[FieldValue] | None:
    if same_value(ours, other) or same_value(ours, was):
        return (other,)
    if same_value(other, was):
        return (ours,)
    lists = [_parts(value) for value in (was, ours, other)]
    if lists[0] is None or lists[1] is None or lists[2] is None:
        return None
    return (_merged_parts(lists[0], lists[1], lists[2]),)


def _parts(value: FieldValue) -> tuple[str, ...] | None:
    if value is None or value == "":
        return ()
    return value if isinstance(value, tuple) else None


def _merged_parts(was: tuple[str, ...], ours: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    kept = [part for part in other if part in ours or part not in was]
    added = [part for part in ours if part not in was and part not in other]
    return tuple(dict.fromkeys(kept + added))
