"""The evidence behind a conversation's verdicts, links and question."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from tui.gateway import ConversationView
from tui.layout.evidence import evidence_lines
from tui.lines import Line
from tui.screens.working import Overlay
from tui.times import Clock
from tui.widgets.line_view import LineView
from tui.words import say


class EvidencePage(LineView):
    """Scrolls like every pane."""

    def __init__(self, conversation: ConversationView, clock: Clock) -> None:
        super().__init__()
        self._conversation, self._clock = conversation, clock

    def laid_out(self, width: int) -> list[Line]:
        return evidence_lines(self._conversation, width, self._clock)


class EvidenceScreen(Overlay[None]):
    """Escape or w closes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,w,q", "dismiss", "Close", show=False)]

    def __init__(self, conversation: ConversationView, clock: Clock) -> None:
        super().__init__()
        self._page = EvidencePage(conversation, clock)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog page"):
            yield Label(say("Why"), classes="dialog-title")
            yield self._page
            yield Label(say("j k scroll · Esc closes"), classes="dialog-hint", markup=False)
