"""The list on the left: any number of conversations, records or mails, drawn from the rows in sight."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.gateway import Row, ThreadRow
from tui.layout.list_rows import row_spans
from tui.layout.thread_row import DUE, MARKED, row_height
from tui.lines import Span
from tui.times import Clock
from tui.widgets.line_view import StyledLines
from tui.window import RowWindow

_NONE: Mapping[int, Row] = {}


class ThreadList(StyledLines, can_focus=True):
    """One chosen line among many, never a heading. Its place on the screen stays when the list changes around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", "Next", show=False),
        Binding("k,up", "step(-1)", "Previous", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("g,home", "go(0)", "First", show=False),
        Binding("G,end", "go(-1)", "Last", show=False),
    ]

    @dataclass
    class RowsWanted(Message):
        """These rows are in sight and not here."""

        ids: list[int]
        stamp: int

    @dataclass
    class Highlighted(Message):
        """Another line is chosen, or None."""

        key: int | None

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.window = RowWindow()
        self.cursor = 0
        self.marked: set[int] = set()
        self.due: frozenset[int] = frozenset()
        self.holds_threads = True
        self._clock = clock
        self._empty = ""

    @property
    def key(self) -> int | None:
        """What the chosen line is about: a conversation's id, or what its list has."""
        key = self.window.ids[self.cursor] if self.cursor < len(self.window) else -1
        return key if key >= 0 else None

    @property
    def thread_id(self) -> int | None:
        """The chosen conversation, None in other lists."""
        return self.key if self.holds_threads else None

    @property
    def row(self) -> ThreadRow | None:
        """The chosen conversation's row, None while it is fetched and in other lists."""
        row = self.window.row(self.cursor)
        return row if isinstance(row, ThreadRow) else None

    # --- what is in it -------------------------------------------------------------------------------------

    def show(
        self,
        ids: array[int],
        *,
        from_top: bool,
        empty: str = "",
        headings: Mapping[int, Row] = _NONE,
        anew: bool = False,
    ) -> None:
        """Show these keys; unless `from_top`, the chosen one stays chosen and where it is on the screen.

        `anew`: the keys are of another kind than before.
        """
        if anew:
            self.window.forget()
            self.marked.clear()
        before, offset = self.key, self.cursor * self._height - round(self.scroll_y)
        self.window.show(ids, headings)
        self._empty = empty
        place = None if from_top else self.window.place(before)
        self.cursor = min(self.cursor, max(len(ids) - 1, 0)) if place is None else place
        if from_top:
            self.cursor = offset = 0
        self.cursor = self._passed(self.cursor, 1)
        self._measure()
        top = 0 if from_top else self.cursor * self._height - offset
        self.scroll_to(y=top, animate=False, force=True)
        self._settled(None if anew else before)

    def _passed(self, place: int, by: int) -> int:
        """The place itself, or the next one that is no heading."""
        count, here = len(self.window), place
        while 0 <= here < count and self.window.ids[here] < 0:
            here += by
        if not 0 <= here < count and by < 0:
            return self._passed(place, 1)
        return min(here, max(count - 1, 0))

    def put(self, rows: dict[int, Row], stamp: int) -> None:
        self.window.put(rows, stamp)
        self.refresh()

    def outdate(self, ids: Iterable[int]) -> None:
        self.window.outdate(ids)
        self._ask()

    def drop(self, thread_id: int) -> None:
        """Take one out at once; the next one is chosen."""
        before = self.key
        self.window.drop(thread_id)
        self.cursor = min(self.cursor, max(len(self.window) - 1, 0))
        self._measure()
        self._settled(before)

    def _settled(self, before: int | None) -> None:
        self.refresh()
        self._ask()
        if self.key != before or before is None:
            self.post_message(self.Highlighted(self.key))

    # --- marks ---------------------------------------------------------------------------------------------

    def toggle_mark(self) -> None:
        """Mark the chosen conversation, or take the mark off, and go on to the next."""
        if self.thread_id is not None:
            self.marked ^= {self.thread_id}
            self.refresh()
            self.action_step(1)

    def mark(self, thread_ids: Iterable[int]) -> int:
        """Mark those of these that are in the list; how many."""
        found = set(self.window.ids) & set(thread_ids)
        self.marked |= found
        self.refresh()
        return len(found)

    def unmark(self) -> None:
        self.marked.clear()
        self.refresh()

    # --- moving --------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        self.choose(self.cursor + by)

    def action_page(self, pages: int) -> None:
        self.choose(self.cursor + pages * max(self.size.height // self._height - 1, 1))

    def action_go(self, place: int) -> None:
        self.choose(place if place >= 0 else len(self.window) - 1)

    def choose(self, place: int) -> None:
        """Move to a place in the list, as far as there is one."""
        place = max(0, min(place, len(self.window) - 1))
        place = self._passed(place, 1 if place >= self.cursor else -1)
        if place == self.cursor or not len(self.window):
            return
        old, self.cursor = self.cursor, place
        for moved in (old, place):
            self.refresh_lines(moved * self._height, self._height)
        self._reveal()
        self.post_message(self.Highlighted(self.key))

    def _reveal(self) -> None:
        above = 0
        while self.cursor - above > 0 and self.window.ids[self.cursor - above - 1] < 0:
            above += 1  # a heading stays with its first line
        top, height = (self.cursor - above) * self._height, self.size.height
        if top < self.scroll_y:
            self.scroll_to(y=top, animate=False, force=True)
        elif (bottom := (self.cursor + 1) * self._height) > self.scroll_y + height:
            self.scroll_to(y=bottom - height, animate=False, force=True)

    async def _on_click(self, event: events.Click) -> None:
        self.choose((self.scroll_offset.y + event.get_content_offset_capture(self).y) // self._height)

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return row_height(self.text_width)

    def _measure(self) -> None:
        self.measure(len(self.window) * self._height)

    def _ask(self) -> None:
        first = round(self.scroll_y) // self._height
        ids = self.window.wanted(first, first + self.size.height // self._height + 2)
        if ids:
            self.post_message(self.RowsWanted(ids, self.window.stamp))

    def on_resize(self) -> None:
        self._measure()
        self._reveal()
        self._ask()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def render_line(self, y: int) -> Strip:
        width = self.text_width
        place, part = divmod(self.scroll_offset.y + y, self._height)
        if not len(self.window):
            return self.strip([Span(f"  {self._empty}" if y == 1 else "", "dim")], width)
        if place >= len(self.window):
            return self.blank()
        row, chosen = self.window.row(place), place == self.cursor
        thread_id = self.window.ids[place]
        sign = DUE if thread_id in self.due else ""
        sign = MARKED if thread_id in self.marked else sign
        if row is None:
            return self.strip([Span("▌" if chosen else " ", "accent"), Span("   …", "dim")], width, at_cursor=chosen)
        spans = row_spans(row, width, part, self._clock, chosen=chosen, sign=sign)
        return self.strip(spans, width, at_cursor=chosen)
