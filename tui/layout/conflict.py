"""A conflict as lines: what it was, mine, theirs, with who and when."""

from __future__ import annotations

from datetime import datetime

from crm_model.records import FieldSpec, FieldType, FieldValue
from crm_model.safe_text import safe_line
from tui.amounts import shown_amount
from tui.cells import cut
from tui.gateway import ConflictView
from tui.lines import BLANK, Line, heading, paragraph
from tui.times import Clock
from tui.values import shown_value
from tui.words import say


def conflict_lines(conflict: ConflictView, spec: FieldSpec, width: int, clock: Clock) -> list[Line]:
    """Both values, each with its author and time, and the value before both."""
    mine, theirs = _who(conflict.mine_by, conflict.mine_at, clock), _who(conflict.theirs_by, conflict.theirs_at, clock)
    return [
        *_side(f"m  {say('Mine')}{mine}", _shown(spec, conflict.mine, clock), width, "strong"),
        *_side(f"t  {say('Theirs, in the CRM')}{theirs}", _shown(spec, conflict.theirs, clock), width, "strong"),
        *_side(f"   {say('Before both')}", _shown(spec, conflict.base, clock), width, "dim"),
    ]


def conflict_words(conflict: ConflictView, clock: Clock) -> str:
    """Both values on one line, each with its author and time."""
    mine, theirs = (
        f"“{_short(value)}”{_who(by, at, clock)}"
        for value, by, at in (
            (conflict.mine, conflict.mine_by, conflict.mine_at),
            (conflict.theirs, conflict.theirs_by, conflict.theirs_at),
        )
    )
    return say("mine {mine} · theirs {theirs}", mine=mine, theirs=theirs)


def _short(value: FieldValue) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return cut(safe_line(text), 30)


def _side(title: str, value: str, width: int, style: str) -> list[Line]:
    return [heading(title, width), *paragraph(value, width, style, indent=3), BLANK]


def _who(author: str, at: datetime | None, clock: Clock) -> str:
    parts = [part for part in (safe_line(author), clock.full(at)) if part]
    return f" – {', '.join(parts)}" if parts else ""


def _shown(spec: FieldSpec, value: FieldValue, clock: Clock) -> str:
    text = shown_value(spec, value, clock)
    if spec.type is FieldType.MONEY:
        return shown_amount(text)
    return dict(spec.options).get(text, text) or say("(empty)")
