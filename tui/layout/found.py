"""What stands under the search line: remarks, else what could be typed next, and records."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.gateway import RecordRow
from tui.layout.record import kind_words
from tui.lines import Line, RecordTarget, Span, line
from tui.retelling import retold
from tui.words import say


def found_lines(
    remarks: Sequence[str], completions: Sequence[str], rows: Sequence[RecordRow], width: int
) -> list[Line]:
    """One line of help, then a line for each record."""
    return [_help(remarks, completions, width), *(_record(row, width) for row in rows)]


def _help(remarks: Sequence[str], completions: Sequence[str], width: int) -> Line:
    if remarks:
        return line(cut(f"! {safe_line(' '.join(map(retold, remarks)))}", width), "warn")
    if completions:
        return Line((Span("→ ", "key"), Span(cut("  ".join(completions), width - 2), "label")))
    return line(
        cut(say('"a phrase"  -not this  from: company: is:unlinked before:oct  ↓ records  Enter keeps'), width), "dim"
    )


def _record(row: RecordRow, width: int) -> Line:
    kind = f"{kind_words(row.kind)}: "
    title = cut(safe_line(row.title) or say("(no name)"), max(width - len(kind), 8))
    rest = max(width - len(kind) - len(title) - 2, 0)
    subtitle = f"  {cut(safe_line(row.subtitle), rest)}" if rest > 6 and row.subtitle else ""
    return Line((Span(kind, "dim"), Span(title), Span(subtitle, "dim")), RecordTarget(row.id))
