"""The sidebar in one line, for terminals too narrow to show it beside the conversation."""

from __future__ import annotations

from rich.cells import cell_len

from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.gateway import Opened, SuggestionView
from tui.keymap import key_shown
from tui.layout.record import kind_words
from tui.lines import Line, Span
from tui.words import say


def summary_line(opened: Opened, width: int) -> Line:
    """Which record this is on, or what is asked, and how to see more."""
    suggestion = opened.conversation.suggestion
    room = width - 2 - cell_len(_hint())
    if suggestion:
        words = cut(_question(suggestion), room)
        return _line("?", "accent", words, width)
    if opened.record is None:
        return _line("·", "dim", say("not linked"), width)
    record = opened.record
    trouble = f"{say('⚡ conflict')} · " if record.conflicts else f"{say('! refused')} · " if record.refused else ""
    stage = next((field.display for field in record.fields if field.spec.name in ("stage", "status")), "")
    words = " · ".join(part for part in (safe_line(record.title), kind_words(record.kind), safe_line(stage)) if part)
    return _line("◆", "good", cut(trouble + words, room), width)


def _question(suggestion: SuggestionView) -> str:
    if suggestion.candidates:
        best = suggestion.candidates[0]
        return say(
            "{title}? {odds} – or 1 of {count}",
            title=safe_line(best.title),
            odds=f"{best.odds:.0%}",
            count=len(suggestion.candidates),
        )
    names = (suggestion.fields.get(name) for name in ("first_name", "last_name", "company"))
    who = " ".join(safe_line(str(name)) for name in names if name) or safe_line(str(suggestion.fields.get("email", "")))
    return say("New lead {who}? {odds}", who=who, odds=f"{suggestion.odds:.0%}")


def _line(mark: str, style: str, words: str, width: int) -> Line:
    hint = _hint()
    gap = " " * max(width - 2 - cell_len(words) - cell_len(hint), 0)
    return Line((Span(f"{mark} ", style), Span(words, "strong"), Span(gap + hint, "dim")))


def _hint() -> str:
    return "  ({key} {key})".format(key=key_shown("Tab"))
