"""What can be undone, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens.picker import Choice, Picker
from tui.words import mark


class UndoList(Picker[int]):
    """Ends with the id of the action to take back, or None."""

    TITLE_WORDS = mark("Undo which action?")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("Nothing can be undone.")

    def find(self, text: str) -> Sequence[Choice[int]]:
        clock, words = self.gateway.clock, text.casefold().split()
        return [
            Choice(action.id, action.label, action.author, clock.short(action.at))
            for action in self.gateway.undoable()
            if not action.undone and all(word in action.label.casefold() for word in words)
        ]
