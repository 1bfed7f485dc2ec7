"""The sidebar: the record of the conversation, or the agent's open question about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.gateway import ConflictView, LinkRow, Opened, RecordView, SuggestionView
from tui.keymap import KEYS
from tui.layout.record import Look, record_lines
from tui.layout.suggestion import suggestion_lines
from tui.lines import BLANK, ConflictTarget, FieldTarget, Line, line
from tui.times import Clock
from tui.widgets.target_view import TargetView
from tui.words import say


class Sidebar(TargetView):
    """A conversation's record with all that hangs on it, or the question; what can be acted on carries a target."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "settle('mine')", "Keep mine", show=False),
        Binding("t", "settle('theirs')", "Take theirs", show=False),
    ]

    @dataclass
    class Settled(Message):
        """One value of the chosen field's conflict was chosen."""

        conflict_id: int
        choice: Literal["mine", "theirs"]

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self.opened: Opened | None = None
        self.labels: Mapping[str, str] = {}
        self.look = Look()

    @property
    def record(self) -> RecordView | None:
        """The record shown, None while a question is shown instead; which deal it is is asked above the record."""
        if self.opened is None or (self.suggestion and not self.suggestion.about_deal):
            return None
        return self.opened.record

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
            self.look = Look(self.look.folded)
        self.lay_out()
        if not same:
            self.jump(0)

    def look_at(self, look: Look) -> None:
        """Fold sections, or open a field's history."""
        self.look = look
        self.lay_out()

    def place_of(self, name: str) -> int | None:
        """The line on the screen where a field's value stands, None while it is out of sight."""
        found = (number for number, line in enumerate(self.lines) if line.target == FieldTarget(name))
        place = next(found, None)
        if place is None or not 0 <= place - self.scroll_offset.y < self.size.height:
            return None
        return place - self.scroll_offset.y

    def label_width(self, name: str) -> int:
        """The cells before a field's value."""
        found = (line.spans[0].text for line in self.lines if line.target == FieldTarget(name))
        return cell_len(next(found, ""))

    @property
    def conflict(self) -> ConflictView | None:
        """The conflict that the chosen line is about."""
        record, target = self.record, self.target
        if record is None or not isinstance(target, FieldTarget | ConflictTarget):
            return None
        return next(
            (each for each in record.conflicts if target in (FieldTarget(each.field), ConflictTarget(each.id))), None
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a conflict mean what they mean elsewhere unless one is chosen."""
        return self.conflict is not None if action == "settle" else super().check_action(action, parameters)

    def action_settle(self, choice: Literal["mine", "theirs"]) -> None:
        if self.conflict is not None:
            self.post_message(self.Settled(self.conflict.id, choice))

    def laid_out(self, width: int) -> list[Line]:
        if self.opened is None:
            return []
        asked = suggestion_lines(self.suggestion, width, self.labels) if self.suggestion else []
        if self.suggestion and self.record is None:
            return asked
        conversation = self.opened.conversation
        if self.record is None:
            return _nothing(conversation.links)
        shown = record_lines(
            self.record,
            conversation.links,
            width,
            self._clock,
            thread_id=conversation.thread.id,
            look=self.look,
        )
        return [*asked, *([BLANK] if asked else []), *shown]


def _identity(opened: Opened | None) -> tuple[int, int] | None:
    if opened is None:
        return None
    return (opened.conversation.thread.id, opened.record.id if opened.record else 0)


def _nothing(links: tuple[LinkRow, ...]) -> list[Line]:
    if links:
        gone = [line(say("{title} is gone from {crm}.", title=link.title, crm=link.crm), "bad") for link in links]
        return [
            line(say("Not linked any more"), "title"),
            *gone,
            line(say("{key[link]} links another record, {key[unlink]} unlinks.", key=KEYS), "dim"),
        ]
    return [
        line(say("Not linked"), "title"),
        line(say("No record belongs to this yet."), "dim"),
        Line(),
        line(say("{key[link]}  link to a record", key=KEYS), "label"),
        line(say("{key[lead.create]}  create a lead", key=KEYS), "label"),
        line(say("{key[archive]}  archive", key=KEYS), "label"),
    ]
