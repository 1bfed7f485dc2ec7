"""The sidebar: the record of the conversation, or the agent's open question about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.gateway import LinkRow, Opened, RecordView, SuggestionView
from tui.layout.record import record_lines
from tui.layout.suggestion import suggestion_lines
from tui.lines import Line, Target, line
from tui.times import Clock
from tui.widgets.line_view import LineView


class Sidebar(LineView):
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

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self.opened: Opened | None = None
        self.labels: Mapping[str, str] = {}
        self._target: Target | None = None

    @property
    def record(self) -> RecordView | None:
        """The record shown, None while a question is shown instead."""
        return self.opened.record if self.opened and not self.suggestion else None

    @property
    def suggestion(self) -> SuggestionView | None:
        return self.opened.conversation.suggestion if self.opened else None

    @property
    def target(self) -> Target | None:
        """What the chosen line is about, None unless one was chosen."""
        return self._target

    def show(self, opened: Opened | None, labels: Mapping[str, str]) -> None:
        """Show a conversation's record or question; the same one again keeps scroll position and chosen line."""
        same = _identity(opened) == _identity(self.opened)
        if opened == self.opened and labels == self.labels:
            return
        self.opened, self.labels = opened, labels
        if not same:
            self._target = None
        self.lay_out()
        if not same:
            self.jump(0)

    def laid_out(self, width: int) -> list[Line]:
        if self.opened is None:
            return []
        if self.suggestion:
            return suggestion_lines(self.suggestion, width, self.labels)
        conversation = self.opened.conversation
        if self.record is None:
            return _nothing(conversation.links)
        return record_lines(self.record, conversation.links, width, self._clock, thread_id=conversation.thread.id)

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
            self.jump(self.scroll_y + by)
            return
        place = places[here + by]
        self._target = self.lines[place].target
        if not self.scroll_y + 1 <= place < self.scroll_y + self.size.height - 1:
            self.jump(place - 2 if by < 0 else place - self.size.height + 2)
        self.refresh()

    def action_choose(self) -> None:
        if self._target is not None:
            self.post_message(self.Chosen(self._target))

    async def _on_click(self, event: events.Click) -> None:
        place = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if place < len(self.lines) and (target := self.lines[place].target):
            self._target = target
            self.refresh()


def _identity(opened: Opened | None) -> tuple[int, int] | None:
    if opened is None:
        return None
    return (opened.conversation.thread.id, opened.record.id if opened.record else 0)


def _nothing(links: tuple[LinkRow, ...]) -> list[Line]:
    if links:
        gone = [line(f"{link.title} is gone from {link.crm}.", "bad") for link in links]
        return [line("Not linked any more", "title"), *gone, line("l links another record, L unlinks.", "dim")]
    return [
        line("Not linked", "title"),
        line("No record belongs to this yet.", "dim"),
        Line(),
        line("l  link to a record", "label"),
        line("c  create a lead", "label"),
        line("a  archive", "label"),
    ]
