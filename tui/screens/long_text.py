"""A text of several lines, typed or changed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, TextArea

from crm_model.safe_text import safe_line
from tui.gateway import Gateway
from tui.screens.working import Dialog, once_typed
from tui.words import say


class LongText(Dialog[str | None]):
    """Ends with the text, or None where it stays as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "take", "Take", show=False, priority=True)]

    def __init__(self, gateway: Gateway, title: str, text: str) -> None:
        super().__init__(gateway)
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog entry"):
            yield Label(Content(safe_line(self._title)), classes="dialog-title")
            yield TextArea(self._text, compact=True, tab_behavior="focus", id="text")
            yield Label(say("^s takes it · Esc leaves it as it was"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        area = self.query_one("#text", TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    @once_typed
    def action_take(self) -> None:
        self.dismiss(self.query_one("#text", TextArea).text)
