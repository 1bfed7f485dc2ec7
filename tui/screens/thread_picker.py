"""Choosing another conversation by typing words of it, to join it with this one."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import Gateway
from tui.screens.picker import Choice, Picker
from tui.words import mark, say


class ThreadPicker(Picker[int]):
    """Ends with a conversation's id, or None. The conversation `not_this` is never offered."""

    TITLE_WORDS = mark("Join with which conversation?")
    PLACEHOLDER = mark("Subject, person or words of it")

    def __init__(self, gateway: Gateway, *, not_this: int, text: str = "") -> None:
        super().__init__(gateway, text)
        self._not_this = not_this

    def find(self, text: str) -> Sequence[Choice[int]]:
        return [
            Choice(row.id, row.subject or say("(no subject)"), row.people, self.gateway.clock.short(row.last_at))
            for row in self.gateway.search_threads(text)
            if row.id != self._not_this
        ]
