"""When a mail is to leave: a day and a time as people type them."""

from __future__ import annotations

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label

from crm_model.safe_text import safe_line
from tui.retelling import retold
from tui.screens.working import Dialog
from tui.values import BadValue, typed_time
from tui.words import say


class WhenEntry(Dialog[datetime | None]):
    """Ends with a time to come, or None."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog when"):
            yield Label(say("Send when?"), classes="dialog-title")
            yield Input(placeholder=say("tomorrow 8"), compact=True)
            yield Label("", id="meant", markup=False)
            yield Label("", classes="dialog-error", markup=False)
            yield Label(
                say("fri 9, +2h, 22 Nov 14:30, neste tirsdag · Enter takes · Esc leaves"), classes="dialog-hint"
            )

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """What it means, while it is typed."""
        event.stop()
        try:
            at = typed_time(event.value, self.gateway.clock) if event.value.strip() else None
        except BadValue:
            at = None
        self.query_one("#meant", Label).update(self.gateway.clock.full(at))
        self._complain("")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        clock = self.gateway.clock
        try:
            at = typed_time(event.value, clock)
        except BadValue as error:
            self._complain(f"! {retold(str(error))}")
            return
        if at <= clock.now():
            self._complain(f"! {say('{when} is over.', when=clock.full(at))}")
        else:
            self.dismiss(at)

    def _complain(self, words: str) -> None:
        self.query_one(".dialog-error", Label).update(safe_line(words))
