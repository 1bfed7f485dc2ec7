"""A scrolling pane of ready-made lines, drawn with Textual's line API: cost is what is in sight, not what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from crm_model.safe_text import safe_text
from tui.lines import STYLES, Line, Span


class StyledLines(ScrollView):
    """What every line-drawn widget shares: span styles by component class, so that themes and CSS decide."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"span--{name}" for name in STYLES} | {"line--cursor"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._base = self._at_cursor = Style()

    def render_lines(self, crop: Region) -> list[Strip]:
        # A widget's own style is found by walking its ancestors: once per drawing, not once per line.
        self._base = self.rich_style
        cursor = self._blended("line--cursor")
        self._at_cursor = self._base + Style(bgcolor=cursor.bgcolor, reverse=cursor.reverse)
        return super().render_lines(crop)

    def measure(self, lines: int) -> None:
        """Tell the scrollbar how many lines there are.

        Setting `virtual_size` the usual way lays the whole screen out anew, a tenth of a second for nothing: the
        bar always has its column (`overflow-y: scroll`).
        """
        size = Size(self.text_width, lines)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = lines
            self.scroll_to(y=min(self.scroll_y, self.max_scroll_y), animate=False, force=True)

    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.text_width, self._base)

    def strip(self, spans: Sequence[Span], width: int, *, at_cursor: bool = False) -> Strip:
        """One drawn line, exactly `width` cells."""
        base = self._at_cursor if at_cursor else self._base
        # Layouts clean what is foreign; this is the last door before the terminal.
        segments = [Segment(safe_text(span.text), self._styled(base, span.style)) for span in spans]
        return Strip(segments).adjust_cell_length(width, base)

    def _styled(self, base: Style, name: str) -> Style:
        if not name:
            return base
        style = self._blended(f"span--{name}")
        return base + Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)

    def _blended(self, name: str) -> Style:
        """A component's style with its half-transparent colours laid over the widget's background."""
        return self.get_component_rich_style(name)

    @property
    def text_width(self) -> int:
        """Cells for text: without scrollbar and padding."""
        return int(self.scrollable_content_region.width)


class LineView(StyledLines, can_focus=True):
    """Lines to read and scroll through with vim or arrow keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Line down", show=False),
        Binding("k,up", "scroll_up", "Line up", show=False),
        Binding("space,pagedown,ctrl+d", "page_down", "Page down", show=False),
        Binding("backspace,pageup,ctrl+u", "page_up", "Page up", show=False),
        Binding("g,home", "scroll_home", "Top", show=False),
        Binding("G,end", "scroll_end", "End", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.lines: list[Line] = []
        self._laid_width = 0

    def laid_out(self, width: int) -> list[Line]:
        """The lines at this width; a subclass makes them from what it shows."""
        raise NotImplementedError

    def lay_out(self) -> None:
        """Make the lines anew; the scroll position stays."""
        width = self.text_width
        if width <= 0:
            return
        self._laid_width = width
        self.lines = self.laid_out(width)
        self.measure(len(self.lines))
        self.refresh()

    def on_resize(self) -> None:
        if self.text_width != self._laid_width:
            self.lay_out()

    def is_cursor(self, number: int) -> bool:
        """Whether this line is drawn as the chosen one."""
        return False

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        width = self.text_width
        if not 0 <= number < len(self.lines):
            return self.blank()
        return self.strip(self.lines[number].spans, width, at_cursor=self.is_cursor(number))

    def jump(self, y: float) -> None:
        """Scroll without animation, which only costs time."""
        self.scroll_to(y=y, animate=False, force=True)

    def action_scroll_down(self) -> None:
        self.jump(self.scroll_y + 1)

    def action_scroll_up(self) -> None:
        self.jump(self.scroll_y - 1)

    def action_page_down(self) -> None:
        self.jump(self.scroll_y + max(self.size.height - 2, 1))

    def action_page_up(self) -> None:
        self.jump(self.scroll_y - max(self.size.height - 2, 1))

    def action_scroll_home(self) -> None:
        self.jump(0)

    def action_scroll_end(self) -> None:
        self.jump(self.max_scroll_y)
