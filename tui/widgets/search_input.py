"""The search line over the list: searches while typing, Enter keeps the result, Escape drops it."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input

from tui.gateway import search_completions
from tui.words import say

_PAUSE_SECONDS = 0.08
_FAST_SECONDS = 0.15


class SearchInput(Input):
    """Posts `Searched` with each key, of a fast typist a moment after the last one: that costs one query."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave('')", "Drop the search", show=False),
        Binding("down", "leave(None, True)", "To the records, else to the list", show=False),
        Binding("tab", "complete", "Take what is offered, else to the list", show=False),
    ]

    @dataclass
    class Typed(Message):
        """A letter more or less; the search follows a moment later."""

        text: str

    @dataclass
    class Searched(Message):
        text: str

    @dataclass
    class Left(Message):
        """Out of the line, with this text searched: to the list, or to the records that were found."""

        text: str
        to_records: bool = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(
            id=id, placeholder=say("Words, from:kari, is:unlinked, before:oct"), compact=True, suggester=_Suggester()
        )
        self._timer: Timer | None = None
        self._typed_at = 0.0

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer:
            self._timer.stop()
        self.post_message(self.Typed(self.value))
        now = monotonic()
        fast, self._typed_at = now - self._typed_at < _FAST_SECONDS, now
        if fast:
            self._timer = self.set_timer(_PAUSE_SECONDS, lambda: self.post_message(self.Searched(self.value)))
        else:
            self.post_message(self.Searched(self.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()

    def action_complete(self) -> None:
        """Take the completion that stands dim behind the cursor; without one go to the list."""
        if self._suggestion and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.action_leave()

    def action_leave(self, text: str | None = None, to_records: bool = False) -> None:
        if self._timer:
            self._timer.stop()
        if text is not None:
            with self.prevent(Input.Changed):
                self.value = text
        self.post_message(self.Left(self.value, to_records))


class _Suggester(Suggester):
    """The whole text with its last word completed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        last = value.rsplit(maxsplit=1)[-1] if value[-1:].strip() else ""
        offers = search_completions(value) if len(last.removeprefix("-")) > 1 else ()
        return value + offers[0][len(last.removeprefix("-")) :] if offers else None
