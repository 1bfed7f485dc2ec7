"""A conversation in the list: one line where there is room, two where there is not."""

from __future__ import annotations

from rich.cells import cell_len

from crm_model.safe_text import safe_line
from tui.cells import cut, fit
from tui.gateway import ThreadRow
from tui.lines import Span
from tui.times import Clock
from tui.words import mark, say

ONE_LINE_WIDTH = 76
MARKED, DUE = "✓", "!"
MARKS = (
    (MARKED, mark("marked: the next key acts on all of these")),
    (DUE, mark("due: its next touch or its task has come")),
    ("●", mark("unread")),
    ("?", mark("waits for your yes or no")),
    ("◆", mark("linked to a record")),
    ("×", mark("noise: newsletters, automatic mail")),
    ("←", mark("our turn: the last word is theirs")),
    ("→", mark("their turn: the last word is ours")),
    ("@", mark("has attachments")),
)
"""The marks of the list, for the help."""

_DATE = 8


def link_mark(row: ThreadRow) -> Span:
    if row.suggested:
        return Span("?", "accent")
    if row.linked:
        return Span("◆", "good")
    return Span("×", "dim") if row.noise else Span(" ")


def turn_mark(row: ThreadRow) -> Span:
    marks = {"us": Span("←", "warn"), "them": Span("→", "dim")}
    return marks.get(row.waiting, Span(" "))


def row_height(width: int) -> int:
    return 1 if width >= ONE_LINE_WIDTH else 2


def thread_spans(row: ThreadRow, width: int, part: int, clock: Clock, *, chosen: bool, sign: str = "") -> list[Span]:
    """The spans of line `part` of a row; `chosen` draws the bar at the left edge, `sign` stands before unread."""
    bar = Span("▌" if chosen else " ", "accent")
    unread = Span(sign, "key") if sign else Span("●", "accent") if row.unread_count else Span(" ")
    attached = Span("@", "dim") if row.attachment_count else Span(" ")
    if row_height(width) == 1:
        return [bar, unread, link_mark(row), turn_mark(row), attached, Span(" "), *_single(row, width - 6, clock)]
    if part == 0:
        return [bar, unread, attached, Span(" "), *_who_and_when(row, width - 4, clock)]
    return [bar, link_mark(row), turn_mark(row), Span(" "), *_subject(row, width - 5)]


def _people(row: ThreadRow, width: int) -> list[Span]:
    count = f" {row.message_count}" if row.message_count > 1 else ""
    names = cut(safe_line(row.people) or say("(nobody)"), width - len(count))
    gap = " " * max(width - cell_len(names) - len(count), 0)
    return [Span(names, "strong" if row.unread_count else ""), Span(count + gap, "dim")]


def _who_and_when(row: ThreadRow, width: int, clock: Clock) -> list[Span]:
    date = clock.short(row.last_at)
    return [*_people(row, width - len(date) - 2), Span(f" {date} ", "dim")]


def _subject(row: ThreadRow, width: int) -> list[Span]:
    subject = cut(safe_line(row.subject) or say("(no subject)"), width)
    room = width - cell_len(subject)
    snippet = safe_line(row.snippet) if room > 8 else ""
    rest = cut(f" – {snippet}", room) if snippet else ""
    return [Span(subject, "strong" if row.unread_count else ""), Span(rest, "dim")]


def _single(row: ThreadRow, width: int, clock: Clock) -> list[Span]:
    people = min(max(width // 4, 20), 32)
    subject = _subject(row, width - people - _DATE - 3)
    used = sum(cell_len(span.text) for span in subject)
    gap = Span(" " * max(width - people - _DATE - 2 - used, 0))
    return [
        *_people(row, people),
        Span(" "),
        *subject,
        gap,
        Span(fit(clock.short(row.last_at).rjust(_DATE), _DATE), "dim"),
    ]
