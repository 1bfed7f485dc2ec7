"""What hangs on a record as lines: rows of other records, activities, conversations, files, what others tell."""

from __future__ import annotations

from collections.abc import Iterable

from crm_model.safe_text import safe_line
from tui.cells import cut, fit
from tui.gateway import ActivityRow, FileRow, Hanging, RecordRow, ThreadRow
from tui.lines import Line, RecordTarget, Span, Target, TaskTarget, ThreadTarget, line
from tui.times import Clock
from tui.words import mark, say

_KINDS = (mark("email"), mark("call"), mark("meeting"), mark("note"), mark("task"))
_ACTIVITIES, _OTHERS = 8, 5
_DATE = 9
_HANGING = {
    Hanging.NO: ("", ""),
    Hanging.WAITING: (" …", "warn"),
    Hanging.DONE: (" ✓", "dim"),
    Hanging.REFUSED: (" !", "bad"),
}


def record_rows(rows: Iterable[RecordRow], width: int) -> list[Line]:
    """Each with what tells it from its namesakes."""
    return [_record_row(row, width) for row in rows]


def _record_row(row: RecordRow, width: int) -> Line:
    subtitle = safe_line(row.subtitle)
    title = cut(safe_line(row.title), max(width - min(len(subtitle), width // 2) - 1, 8))
    return Line((Span(title), Span(cut(f"  {subtitle}", max(width - len(title), 0)), "dim")), RecordTarget(row.id))


def activity_rows(rows: tuple[ActivityRow, ...], width: int, clock: Clock) -> list[Line]:
    """The last ones of every kind; a task can be ticked off."""
    lines = [_activity(row, width, clock) for row in rows[:_ACTIVITIES]]
    if len(rows) > _ACTIVITIES:
        lines.append(line(say("and {count} more", count=len(rows) - _ACTIVITIES), "dim"))
    return lines


def _activity(row: ActivityRow, width: int, clock: Clock) -> Line:
    is_task = row.kind == "task"
    box = ("☑ " if row.done else "☐ ") if is_task else ""
    words = safe_line(row.subject or row.body)
    tail = clock.due(row.due_at) if is_task and not row.done else ""
    waits = (say("… pending") if width >= 46 else "…") if row.pending else ""
    if row.error:
        waits = say("! refused") if width >= 46 else "!"
    tail = "  ".join(part for part in (tail, waits) if part)
    room = max(width - 17 - (len(tail) + 2 if tail else 0), 6)
    spans = (
        Span(fit(clock.short(row.at), _DATE), "dim"),
        Span(fit(say(row.kind), 8), "label"),
        Span(box + fit(words, room - len(box)) if tail else box + cut(words, room - len(box))),
        Span(f"  {tail}" if tail else "", "warn"),
    )
    target: Target | None = TaskTarget(row.id, row.done) if is_task else None
    return Line(spans, target)


def thread_rows(rows: Iterable[ThreadRow], width: int, clock: Clock) -> list[Line]:
    """The newest conversations; Enter goes to one."""
    return [
        Line(
            (Span(fit(clock.short(row.last_at), _DATE), "dim"), Span(cut(safe_line(row.subject), width - _DATE))),
            ThreadTarget(row.id),
        )
        for row in list(rows)[:_OTHERS]
    ]


def file_rows(rows: Iterable[FileRow], width: int, clock: Clock) -> list[Line]:
    """Files with their size, marked if they go to the CRM; Enter goes to the conversation that brought one."""
    return [_file(row, width, clock) for row in list(rows)[:_OTHERS]]


def _file(row: FileRow, width: int, clock: Clock) -> Line:
    size = f"{max(row.size_bytes // 1000, 1)} kB"
    sign, style = _HANGING[row.hanging]
    name = cut(safe_line(row.name) or say("(no name)"), max(width - _DATE - len(size) - len(sign) - 2, 6))
    spans = (Span(fit(clock.short(row.at), _DATE), "dim"), Span(name), Span(f"  {size}", "dim"), Span(sign, style))
    return Line(spans, ThreadTarget(row.thread_id))
