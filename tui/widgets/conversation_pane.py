"""The conversation in the middle: messages under each other, quoted text folded."""

from __future__ import annotations

from tui.gateway import ConversationView
from tui.layout.conversation import conversation_lines
from tui.lines import Line, MessageTarget
from tui.times import Clock
from tui.widgets.line_view import LineView


def _first_message(conversation: ConversationView | None) -> int | None:
    if conversation is None or not conversation.messages:
        return None
    messages = conversation.messages
    return next((message for message in messages if message.unread), messages[-1]).id


class ConversationPane(LineView):
    """Shows one conversation, opened at its first unread message, else at its last.

    `message_id` is the chosen message: the one that splitting is about.
    """

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self.conversation: ConversationView | None = None
        self.unfolded = False
        self.message_id: int | None = None

    def show(self, conversation: ConversationView | None) -> None:
        """Show a conversation; the same one again keeps its scroll position and folding."""
        same = conversation and self.conversation and conversation.thread.id == self.conversation.thread.id
        if conversation == self.conversation:
            return
        self.conversation = conversation
        if not same:
            self.unfolded, self.message_id = False, _first_message(conversation)
        self.lay_out()
        if not same:
            self.jump(self._place())

    def laid_out(self, width: int) -> list[Line]:
        if self.conversation is None:
            return []
        return conversation_lines(self.conversation, width, self._clock, unfolded=self.unfolded)

    def toggle_fold(self) -> None:
        """Fold or unfold every quote; the chosen message stays where it is on the screen."""
        before = self._place()
        self.unfolded = not self.unfolded
        self.lay_out()
        self.jump(self.scroll_y + self._place() - before)

    def step_message(self, by: int) -> None:
        """Choose the next or previous message and bring its head to the top."""
        ids = list(self._heads())
        if self.message_id in ids:
            place = max(0, min(ids.index(self.message_id) + by, len(ids) - 1))
            self.message_id = ids[place]
            self.refresh()
            self.jump(self._place())

    def is_cursor(self, number: int) -> bool:
        target = self.lines[number].target
        return isinstance(target, MessageTarget) and target.message_id == self.message_id

    def _heads(self) -> dict[int, int]:
        return {
            line.target.message_id: number
            for number, line in enumerate(self.lines)
            if isinstance(line.target, MessageTarget)
        }

    def _place(self) -> int:
        return self._heads().get(self.message_id or 0, 0)
