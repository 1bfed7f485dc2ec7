"""Under the search line while it is typed: what of it was not understood or could come next, and records."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from tui.gateway import RecordRow, search_completions, search_remarks
from tui.layout.found import found_lines
from tui.lines import Line
from tui.times import Clock
from tui.widgets.target_view import TargetView


class FoundRecords(TargetView):
    """Always of one height: a pane that grew with every letter would lay the whole screen out anew."""

    class Passed(Message):
        """The cursor went beyond the last record (or before the first: `back`)."""

        def __init__(self, *, back: bool) -> None:
            super().__init__()
            self.back = back

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self._text = ""
        self._rows: Sequence[RecordRow] = ()

    @property
    def has_records(self) -> bool:
        return bool(self._rows)

    def show_text(self, text: str) -> None:
        """What is being typed."""
        if text != self._text:
            self._text = text
            self.lay_out()

    def show_records(self, rows: Sequence[RecordRow]) -> None:
        self._rows, self._target = rows, None
        self.lay_out()
        self.jump(0)

    def laid_out(self, width: int) -> list[Line]:
        remarks = search_remarks(self._text, self._clock)
        return found_lines(remarks, search_completions(self._text), self._rows, width)

    def beyond(self, by: int) -> None:
        self.post_message(self.Passed(back=by < 0))
