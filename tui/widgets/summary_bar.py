"""One line about the record or the question, for terminals too narrow to show the sidebar all the time."""

from __future__ import annotations

from textual.strip import Strip

from tui.gateway import Opened
from tui.layout.summary import summary_line
from tui.widgets.line_view import StyledLines


class SummaryBar(StyledLines, can_focus=False):
    """Follows the chosen conversation; never takes the focus."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._opened: Opened | None = None

    def show(self, opened: Opened | None) -> None:
        self._opened = opened
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.text_width
        if self._opened is None:
            return self.blank()
        return self.strip(summary_line(self._opened, width).spans, width)
