"""Which keys the bottom line names: those that matter for what is shown and where the focus is."""

from __future__ import annotations

from textual.widget import Widget

from crm_model.records import ActivityKind, RecordKind
from tui.gateway import Opened

Hints = tuple[tuple[str, str], ...]

_ALWAYS: Hints = (("?", "help"), ("/", "search"), ("f", "views"), ("u", "undo"))


def hints_for(opened: Opened | None, focused: Widget | None, *, marked: int = 0) -> Hints:
    """Keys with a word each, the most useful first; with conversations marked, those that act on them."""
    if marked:
        return (("x", "reject"), ("a", "archive"), ("*", "no marks"), *_ALWAYS)
    if opened is None:
        return (*_ALWAYS, ("q", "quit"))
    suggestion = opened.conversation.suggestion
    if suggestion and suggestion.candidates:
        return (("x", "none"), ("l", "other"), ("w", "why"), ("a", "archive"), *_ALWAYS)
    if suggestion:
        return (("c", "change first"), ("x", "no"), ("w", "why"), ("a", "archive"), *_ALWAYS)
    if opened.record is None:
        return (("o", "open"), ("r", "reply"), ("l", "link"), ("c", "lead"), ("a", "archive"), *_ALWAYS)
    first: Hints = (("Enter", "edit"),) if focused is not None and focused.id == "sidebar" else (("e", "edit"),)
    trouble: Hints = (("v", "resolve"),) if opened.record.conflicts else ()
    able, is_lead = opened.record.abilities, opened.record.kind is RecordKind.LEAD
    lead: Hints = (("C", "convert"),) if is_lead and able.convert_lead else ()
    kinds = (("n", "note", ActivityKind.NOTE), ("t", "task", ActivityKind.TASK))
    written = tuple((key, words) for key, words, kind in kinds if kind in able.activities)
    return (*trouble, ("r", "reply"), *first, ("s", "stage"), *lead, *written, ("a", "archive"), *_ALWAYS)
