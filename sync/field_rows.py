"""A CRM's fields as a list for a person: ours beside theirs, which way values go, whose edit wins, what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm_model.records import FieldSpec, RecordKind
from sync.field_map import Direction, FieldMap, FieldRule


class Shown(StrEnum):
    """Where a field is seen; `UNKNOWN`: a rule names it, and the CRM has no such field."""

    PINNED = "pinned"
    YES = "yes"
    NO = "no"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field. `theirs` is the CRM's own name of it, "" where a rule gives none; `rule` is what the file says."""

    kind: RecordKind
    ours: str
    theirs: str
    label: str
    type: str
    direction: Direction
    shown: Shown
    rule: FieldRule


def field_rows(kind: RecordKind, specs: Sequence[FieldSpec], field_map: FieldMap) -> tuple[FieldRow, ...]:
    """The fields as the CRM describes them, then those that only a rule names.

    `specs` may have been read with other rules than `field_map`: a rule's name counts before the one that was read.
    """
    rules = field_map.of(kind)
    named = {rule.theirs: name for name, rule in rules.items() if rule.theirs}
    found = [_described(kind, spec, rules, named) for spec in specs]
    known = {row.ours for row in found}
    return (*found, *(_named_only(kind, name, rule) for name, rule in rules.items() if name not in known))


def _described(kind: RecordKind, spec: FieldSpec, rules: Mapping[str, FieldRule], named: Mapping[str, str]) -> FieldRow:
    theirs = spec.vendor_name or spec.name
    ours = named.get(theirs) or named.get(spec.name) or spec.name
    if ours == spec.name and rules.get(ours, FieldRule()).theirs not in ("", theirs, spec.name):
        ours = theirs  # our name went to another field
    rule = rules.get(ours, FieldRule())
    direction = Direction.IN if spec.read_only and rule.direction is Direction.BOTH else rule.direction
    shown = Shown.PINNED if rule.pin or spec.pinned else Shown.NO if spec.extra else Shown.YES
    if rule.direction is Direction.NEVER:
        shown = Shown.NEVER
    return FieldRow(kind, ours, theirs, rule.label or spec.label, spec.type.value, direction, shown, rule)


def _named_only(kind: RecordKind, name: str, rule: FieldRule) -> FieldRow:
    shown = Shown.NEVER if rule.direction is Direction.NEVER else Shown.UNKNOWN
    return FieldRow(kind, name, rule.theirs, rule.label, "", rule.direction, shown, rule)
