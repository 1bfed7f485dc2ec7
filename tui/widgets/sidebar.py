"""The sidebar: the record of the conversation, or the agent's open question about it."""

from __future__ import annotations

from collections.abc import Mapping

from tui.gateway import LinkRow, Opened, RecordView, SuggestionView
from tui.layout.record import record_lines
from tui.layout.suggestion import suggestion_lines
from tui.lines import Line, line
from tui.times import Clock
from tui.widgets.target_view import TargetView


class Sidebar(TargetView):
    """A conversation's record with all that hangs on it, or the question; what can be acted on carries a target."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self.opened: Opened | None = None
        self.labels: Mapping[str, str] = {}

    @property
    def record(self) -> RecordView | None:
        """The record shown, None while a question is shown instead."""
        return self.opened.record if self.opened and not self.suggestion else None

    @property
    def suggestion(self) -> SuggestionView | None:
        return self.opened.conversation.suggestion if self.opened else None

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
