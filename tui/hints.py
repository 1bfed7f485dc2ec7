"""Which keys the bottom line names: those that matter for what is shown and where the focus is."""

from __future__ import annotations

from textual.widget import Widget

from crm_model.records import ActivityKind, RecordKind
from tui.gateway import Opened
from tui.keymap import key_shown
from tui.words import mark, say

Hints = tuple[tuple[str, str], ...]

_ALWAYS: Hints = (("?", mark("help")), ("/", mark("search")), ("f", mark("views")), ("u", mark("undo")))

_MARKED: Hints = (
    ("x", mark("reject")),
    ("l", mark("link")),
    ("a", mark("archive")),
    ("h", mark("later")),
    ("*", mark("no marks")),
)


def hints_for(opened: Opened | None, focused: Widget | None, *, marked: int = 0) -> Hints:
    """Keys with a word each, the most useful first; with conversations marked, those that act on them."""
    return tuple((key_shown(key), say(word)) for key, word in _hints(opened, focused, marked))


def _hints(opened: Opened | None, focused: Widget | None, marked: int) -> Hints:
    if marked:
        return (*_MARKED, *_ALWAYS)
    if opened is None:
        return (*_ALWAYS, ("q", mark("quit")))
    suggestion = opened.conversation.suggestion
    if suggestion and suggestion.candidates:
        return (("x", mark("none")), ("l", mark("other")), ("w", mark("why")), ("a", mark("archive")), *_ALWAYS)
    if suggestion:
        return (("c", mark("change first")), ("x", mark("no")), ("w", mark("why")), ("a", mark("archive")), *_ALWAYS)
    if opened.record is None:
        return (
            ("o", mark("open")),
            ("r", mark("reply")),
            ("l", mark("link")),
            ("c", mark("lead")),
            ("a", mark("archive")),
            *_ALWAYS,
        )
    first: Hints = (
        (("Enter", mark("edit")),) if focused is not None and focused.id == "sidebar" else (("e", mark("edit")),)
    )
    trouble: Hints = (("v", mark("resolve")),) if opened.record.conflicts else ()
    able, is_lead = opened.record.abilities, opened.record.kind is RecordKind.LEAD
    lead: Hints = (("C", mark("convert")),) if is_lead and able.convert_lead else ()
    kinds = (("n", mark("note"), ActivityKind.NOTE), ("t", mark("task"), ActivityKind.TASK))
    written = tuple((key, words) for key, words, kind in kinds if kind in able.activities)
    return (
        *trouble,
        ("r", mark("reply")),
        *first,
        ("s", mark("stage")),
        *lead,
        *written,
        ("a", mark("archive")),
        *_ALWAYS,
    )
