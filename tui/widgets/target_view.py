"""Lines of which some can be acted on: a cursor that steps from one of these to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.lines import Target
from tui.widgets.line_view import LineView


class TargetView(LineView):
    """Lines with targets; j and k move between these, Enter acts on the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", "Next line", show=False),
        Binding("k,up", "step(-1)", "Previous line", show=False),
        Binding("enter", "choose", "Act on this line", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """Enter on a line."""

        target: Target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._target: Target | None = None

    @property
    def target(self) -> Target | None:
        """What the chosen line is about, None unless one was chosen."""
        return self._target

    def is_cursor(self, number: int) -> bool:
        return self.has_focus and self._target is not None and self.lines[number].target == self._target

    def _on_focus(self, event: events.Focus) -> None:
        super()._on_focus(event)
        if self._target is None:
            self._target = next((line.target for line in self.lines if line.target), None)
        self.refresh()

    def action_step(self, by: int) -> None:
        """Move between lines that can be acted on; scroll where there is none."""
        places = [number for number, line in enumerate(self.lines) if line.target]
        here = next((at for at, number in enumerate(places) if self.lines[number].target == self._target), None)
        if here is None or not 0 <= here + by < len(places):
            self.beyond(by)
            return
        place = places[here + by]
        self._target = self.lines[place].target
        if not self.scroll_y + 1 <= place < self.scroll_y + self.size.height - 1:
            self.jump(place - 2 if by < 0 else place - self.size.height + 2)
        self.refresh()

    def beyond(self, by: int) -> None:
        """There is no line with a target any further."""
        self.jump(self.scroll_y + by)

    def action_choose(self) -> None:
        if self._target is not None:
            self.post_message(self.Chosen(self._target))

    async def _on_click(self, event: events.Click) -> None:
        place = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if place < len(self.lines) and (target := self.lines[place].target):
            self._target = target
            self.refresh()
