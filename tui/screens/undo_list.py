"""What can be undone, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from tui.retelling import retold
from tui.screens.picker import Choice, Picker
from tui.words import mark


class UndoList(Picker[int]):
    """Ends with the id of the action to take back, or None."""

    TITLE_WORDS = mark("Undo which action?")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("Nothing can be undone.")

    def find(self, text: str) -> Sequence[Choice[int]]:
        clock, words = self.gateway.clock, text.casefold().split()
        labels = [(action, retold(action.label)) for action in self.gateway.undoable() if not action.undone]
        return [
            Choice(action.id, label, action.author, clock.short(action.at))
            for action, label in labels
            if all(word in label.casefold() for word in words)
        ]
