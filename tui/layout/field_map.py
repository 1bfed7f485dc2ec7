"""A CRM's fields as words: which way values go, whose edit wins, what stands behind a field's name."""

from __future__ import annotations

from collections.abc import Mapping

from tui.settings_gateway import Direction, FieldRow, OnConflict, Shown
from tui.words import mark, say

DIRECTION_WORDS = {
    Direction.BOTH: mark("both ways"),
    Direction.IN: mark("only read"),
    Direction.OUT: mark("only written"),
    Direction.NEVER: mark("left alone"),
}
CONFLICT_WORDS = {
    OnConflict.ASK: mark("you are asked"),
    OnConflict.MINE: mark("ours counts"),
    OnConflict.THEIRS: mark("the CRM's counts"),
    OnConflict.NEWEST: mark("the later edit counts"),
}
_SHOWN = {
    Shown.PINNED: mark("pinned"),
    Shown.NO: mark("not shown"),
    Shown.UNKNOWN: mark("! the CRM has no such field"),
}
_SIGNS = {Direction.BOTH: "↔", Direction.IN: "←", Direction.OUT: "→", Direction.NEVER: "×"}


def direction_sign(direction: Direction) -> str:
    """An arrow between our name and the CRM's."""
    return _SIGNS[direction]


def row_details(row: FieldRow) -> str:
    """What is said of a field beside its names; what is as usual is left out."""
    parts = [row.label if row.label != row.ours else ""]
    if row.direction is not Direction.BOTH:
        parts.append(say(DIRECTION_WORDS[row.direction]))
    if row.rule.on_conflict is not OnConflict.ASK:
        parts.append(say(CONFLICT_WORDS[row.rule.on_conflict]))
    if row.shown in _SHOWN:
        parts.append(say(_SHOWN[row.shown]))
    return " · ".join(filter(None, parts))


def values_text(values: Mapping[str, str]) -> str:
    """Our values with the CRM's, as they are typed."""
    return ", ".join(f"{ours}={theirs}" for ours, theirs in values.items())
