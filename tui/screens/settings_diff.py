"""What would be written into the configuration, before it is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from tui.layout.settings import diff_lines
from tui.lines import Line
from tui.screens.working import Overlay
from tui.settings_gateway import Proposal
from tui.widgets.line_view import LineView
from tui.words import say


class DiffPage(LineView):
    """The lines that go and come."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal

    def laid_out(self, width: int) -> list[Line]:
        return diff_lines(self._proposal.diff, width)


class SettingsDiff(Overlay[bool]):
    """Ends with whether it is to be written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "answer(True)", "Write", show=False),
        Binding("escape,n,q", "answer(False)", "Back", show=False),
    ]

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog page"):
            yield Label(say("Write this into the configuration?"), classes="dialog-title")
            yield DiffPage(self._proposal)
            if self._proposal.problem:
                yield Label(f"! {self._proposal.problem}", classes="dialog-error", markup=False)
                yield Label(say("It can't be written like this · Esc goes back"), classes="dialog-hint", markup=False)
            else:
                yield Label(say("Enter writes it · Esc goes back"), classes="dialog-hint", markup=False)

    def action_answer(self, write: bool) -> None:
        self.dismiss(write and not self._proposal.problem)
