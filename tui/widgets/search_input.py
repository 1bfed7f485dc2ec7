"""The search line over the list: searches while typing, Enter keeps the result, Escape drops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

_PAUSE_SECONDS = 0.08


class SearchInput(Input):
    """Posts `Searched` a moment after the last key, so that a fast typist costs one query."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave('')", "Drop the search", show=False),
        Binding("down,tab", "leave", "To the list", show=False),
    ]

    @dataclass
    class Searched(Message):
        text: str

    @dataclass
    class Left(Message):
        """Back to the list, with this text searched."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, placeholder="Search subjects, people, texts", compact=True)
        self._timer: Timer | None = None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_SECONDS, lambda: self.post_message(self.Searched(self.value)))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()

    def action_leave(self, text: str | None = None) -> None:
        if self._timer:
            self._timer.stop()
        if text is not None:
            with self.prevent(Input.Changed):
                self.value = text
        self.post_message(self.Left(self.value))
