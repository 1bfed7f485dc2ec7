"""How a CRM's fields are ours: names, directions, values, what wins when both sides edit, what the sidebar shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm_model.records import Fields, FieldSpec, RecordKind


class Direction(StrEnum):
    """Which way a field's values go: `in` is only read, `out` only written, `never` neither."""

    BOTH = "both"
    IN = "in"
    OUT = "out"
    NEVER = "never"


class OnConflict(StrEnum):
    """Whose value counts when both sides edited a field: a person says so, or one side always, or the later edit."""

    ASK = "ask"
    MINE = "mine"
    THEIRS = "theirs"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What the configuration says of one field. `theirs` is the CRM's name of it, `values` maps ours to the CRM's."""

    theirs: str = ""
    direction: Direction = Direction.BOTH
    on_conflict: OnConflict = OnConflict.ASK
    pin: bool = False
    label: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


_PLAIN = FieldRule()


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The rules of one CRM by kind and our name; a field without a rule is what its adapter says."""

    rules: Mapping[RecordKind, Mapping[str, FieldRule]] = field(default_factory=dict)

    def of(self, kind: RecordKind) -> Mapping[str, FieldRule]:
        return self.rules.get(kind, {})

    def rule(self, kind: RecordKind, name: str) -> FieldRule:
        return self.of(kind).get(name, _PLAIN)

    @property
    def digest(self) -> str:
        """Changes with every rule that touches what is read; "" without rules."""
        if not any(self.rules.values()):
            return ""
        text = repr(sorted((kind.value, sorted(map(_told, rules.items()))) for kind, rules in self.rules.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _told(item: tuple[str, FieldRule]) -> tuple[object, ...]:
    name, rule = item
    return (name, rule.theirs, rule.direction.value, rule.pin, rule.label, sorted(rule.values.items()))


PLAIN_MAP = FieldMap()
"""No rules: every field as its adapter says."""


def our_names(specs: tuple[FieldSpec, ...], rules: Mapping[str, FieldRule]) -> dict[str, str]:
    """The adapter's names of the fields that we call otherwise, with ours.

    A rule may name a field by the adapter's word or the CRM's own; who had the name before takes the CRM's.
    """
    by_name = {key: spec.name for spec in specs for key in (spec.vendor_name, spec.name) if key}
    given = {by_name[rule.theirs]: name for name, rule in rules.items() if rule.theirs in by_name}
    renamed = {theirs: ours for theirs, ours in given.items() if theirs != ours}
    for spec in specs:
        if spec.name in renamed.values() and spec.name not in given:
            renamed[spec.name] = spec.vendor_name if spec.vendor_name not in ("", spec.name) else f"{spec.name}_"
    return renamed


def with_written(rules: Mapping[str, FieldRule], theirs: Fields, ours: Fields) -> Fields:
    """The CRM's fields, with ours for those that are only written: their values there are not read."""
    kept = {name: ours[name] for name, rule in rules.items() if rule.direction is Direction.OUT and name in ours}
    return {**theirs, **kept} if kept else theirs


def winner(rule: FieldRule, mine_at: datetime | None, theirs_at: datetime | None) -> OnConflict:
    """Whose value counts: mine, theirs, or a person is asked; also where nobody knows which edit is newer."""
    if rule.on_conflict is not OnConflict.NEWEST:
        return rule.on_conflict
    if mine_at is None or theirs_at is None:
        return OnConflict.ASK
    return OnConflict.MINE if mine_at >= theirs_at else OnConflict.THEIRS
