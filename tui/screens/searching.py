"""Searching while typing: the list follows each letter, records stand under the line."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from tui.gateway import RecordRow
from tui.lines import RecordTarget
from tui.screens.reading import ReadingScreen
from tui.widgets.found_records import FoundRecords
from tui.widgets.search_input import SearchInput


class SearchingScreen(ReadingScreen):
    """The search narrows the list; what was found stays when the keys go back to it."""

    @dataclass
    class RecordsFound(Message):
        text: str
        rows: tuple[RecordRow, ...]

    def action_search(self) -> None:
        self.add_class("-searching")
        self.query_one(SearchInput).focus()

    @on(SearchInput.Typed)
    def _typed(self, event: SearchInput.Typed) -> None:
        self.query_one(FoundRecords).show_text(event.text)

    @on(SearchInput.Searched)
    def _search_typed(self, event: SearchInput.Searched) -> None:
        self.search_for(event.text)
        self._find_records(event.text)

    @work(thread=True, exclusive=True, group="records", exit_on_error=False)
    def _find_records(self, text: str) -> None:
        self.answer(lambda: self.RecordsFound(text, self.gateway.records_for(text)), stale_too=False)

    @on(RecordsFound)
    def _show_records(self, event: RecordsFound) -> None:
        if event.text == self.query_one(SearchInput).value:
            self.query_one(FoundRecords).show_records(event.rows)

    @on(SearchInput.Left)
    def _search_left(self, event: SearchInput.Left) -> None:
        found = self.query_one(FoundRecords)
        if event.to_records and found.has_records:
            found.focus()
            return
        self.search_for(event.text)
        self.threads.focus()

    @on(FoundRecords.Passed)
    def _passed(self, event: FoundRecords.Passed) -> None:
        if event.back:
            self.query_one(SearchInput).focus()
        else:
            self.threads.focus()

    @on(FoundRecords.Chosen)
    def _record_chosen(self, event: FoundRecords.Chosen) -> None:
        if isinstance(event.target, RecordTarget):
            self.show_record(event.target.record_id)
            self.show_pane(self.sidebar)

    def on_descendant_focus(self) -> None:
        super().on_descendant_focus()
        self.set_class(isinstance(self.focused, SearchInput | FoundRecords), "-typing")

    def search_for(self, text: str) -> None:
        """Narrow the list to this; "" shows all of it again."""
        line = self.query_one(SearchInput)
        self.set_class(bool(text) or line.has_focus, "-searching")
        wanted = text if text.strip() else ""
        if wanted != self.text:
            self.text = wanted
            self.reload(from_top=bool(wanted))  # what was found stays chosen when the search is dropped
        if not text:
            line.value = ""
            self.set_class(line.has_focus, "-searching")
