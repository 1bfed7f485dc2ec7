"""The line of what is best done next, over the bottom line: what Enter, 2 and 3 do, and why."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tui.gateway import ManyStep, Step
from tui.layout.next_steps import many_lines, step_lines
from tui.widgets.line_view import StyledLines


class NextLine(StyledLines, can_focus=False):
    """Follows the chosen conversation, or the marks while there are any; never takes the focus."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._steps: Sequence[Step] = ()
        self._remark = ""
        self._many: Sequence[ManyStep] = ()
        self._marked = 0

    def show(self, steps: Sequence[Step], remark: str = "") -> None:
        """The steps; a remark stands where there are none."""
        self._steps, self._remark = steps, remark
        self.refresh()

    def show_many(self, steps: Sequence[ManyStep], marked: int) -> None:
        """What fits the marked conversations; nothing marked goes back to the chosen one."""
        self._many, self._marked = steps, marked
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.text_width, self.size.height
        if self._marked:
            lines = many_lines(self._many, self._marked, width, height)
        else:
            lines = step_lines(self._steps, width, height, self._remark)
        return self.strip(lines[y].spans, width) if y < len(lines) else self.blank()
