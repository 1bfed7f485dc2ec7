"""All keys and marks on one page."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from tui.cells import cut, fit
from tui.commands import LIST_KEYS
from tui.keymap import commands_in_use
from tui.layout.thread_row import MARKS
from tui.lines import BLANK, Line, Span, heading
from tui.screens.working import Overlay
from tui.widgets.line_view import LineView
from tui.words import say

_TWO_COLUMNS = 96
_KEYS = 17


class HelpPage(LineView):
    """The table of commands, in two columns where there is room."""

    def laid_out(self, width: int) -> list[Line]:
        if width < _TWO_COLUMNS:
            return [line for block in _blocks(width) for line in block]
        column = (width - 4) // 2
        blocks = _blocks(column)
        half = len(blocks) // 2
        left = [line for block in blocks[:half] for line in block]
        right = [line for block in blocks[half:] for line in block]
        return [_beside(left, right, number, column) for number in range(max(len(left), len(right)))]


def _blocks(width: int) -> list[list[Line]]:
    groups = list(dict.fromkeys(command.group for command in commands_in_use()))
    blocks = []
    for group in groups:
        rows = [(command.shown, say(command.label)) for command in commands_in_use() if command.group == group]
        rows += [(keys, say(words)) for keys, words in LIST_KEYS] if group == "Move" else []
        blocks.append([heading(say(group), width), *(_row(keys, words, width) for keys, words in rows), BLANK])
    blocks.append([heading(say("Marks"), width), *(_row(sign, say(words), width) for sign, words in MARKS), BLANK])
    return blocks


def _row(keys: str, words: str, width: int) -> Line:
    return Line((Span(fit(keys, _KEYS), "key"), Span(cut(words, width - _KEYS))))


def _beside(left: list[Line], right: list[Line], number: int, column: int) -> Line:
    first = left[number].spans if number < len(left) else ()
    second = right[number].spans if number < len(right) else ()
    gap = column + 4 - sum(cell_len(span.text) for span in first)
    return Line((*first, Span(" " * gap), *second))


class HelpScreen(Overlay[None]):
    """Scrolls like every pane; Escape or ? closes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog page"):
            yield Label(say("Keys and marks"), classes="dialog-title")
            yield HelpPage()
            yield Label(say("j k scroll · Esc closes"), classes="dialog-hint", markup=False)
