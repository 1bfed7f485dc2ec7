"""Everything that waits for a person, of all records: conflicts with both values, changes that were refused."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import TroubleRow
from tui.layout.conflict import conflict_words
from tui.layout.record import kind_words
from tui.retelling import retold
from tui.screens.picker import Choice, Picker
from tui.words import mark, say


class TroubleList(Picker[TroubleRow]):
    """Ends with the one to look at, or None."""

    TITLE_WORDS = mark("Conflicts and refused changes")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("No conflicts, and nothing was refused.")

    def find(self, text: str) -> Sequence[Choice[TroubleRow]]:
        words = text.casefold().split()
        found = [self._choice(row) for row in self.gateway.troubles()]
        return [each for each in found if all(word in f"{each.title} {each.detail}".casefold() for word in words)]

    def _choice(self, row: TroubleRow) -> Choice[TroubleRow]:
        name = row.title or kind_words(row.kind)
        if row.conflict is None:
            return Choice(row, name, retold(row.error), say("! refused"))
        return Choice(row, f"{name}: {row.label}", conflict_words(row.conflict, self.gateway.clock), say("⚡ conflict"))
