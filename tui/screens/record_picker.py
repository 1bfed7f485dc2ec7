"""Choosing a record by typing its name, company or address."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.records import RecordKind
from tui.gateway import Gateway, RecordRow
from tui.layout.record import kind_words
from tui.screens.picker import Choice, Picker
from tui.words import mark, say


class RecordPicker(Picker[RecordRow]):
    """Ends with the record, or None. `kinds` narrows what is found; `text` is searched at once."""

    PLACEHOLDER = mark("Name, company or address")
    NOTHING = mark("No record found. Esc, then {key[lead.create]} makes a lead.")

    def __init__(
        self, gateway: Gateway, *, title: str, text: str = "", kinds: frozenset[RecordKind] | None = None
    ) -> None:
        super().__init__(gateway, text)
        self._title = title
        self._kinds = kinds

    @property
    def title_words(self) -> str:
        return self._title

    def nothing_words(self, text: str) -> str:
        """Nobody is missing before a name was typed."""
        return super().nothing_words(text) if text.strip() else say(self.PLACEHOLDER)

    def find(self, text: str) -> Sequence[Choice[RecordRow]]:
        return [
            Choice(row, row.title, row.subtitle, kind_words(row.kind))
            for row in self.gateway.search_records(text, self._kinds)
        ]
