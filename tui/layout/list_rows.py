"""Lines of the lists that are no conversations: leads, opportunities with their stages, sent mail, problems."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rich.cells import cell_len

from crm_model.field_values import money_words
from crm_model.records import RecordKind
from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.gateway import DealRow, ProblemKind, ProblemRow, Row, SentRow, StageRow, Sum, ThreadRow
from tui.layout.delivery import delivery_style, delivery_words, state_words
from tui.layout.thread_row import thread_spans
from tui.layout.tracking import summary_of
from tui.lines import Span
from tui.retelling import retold
from tui.times import Clock, day_words
from tui.words import mark, say

_PROBLEMS = {
    ProblemKind.CONFLICT: mark("⚡ conflict"),
    ProblemKind.REFUSED: mark("! refused"),
    ProblemKind.NOT_SENT: mark("! not sent"),
    ProblemKind.SIGN_IN: mark("! sign in"),
    ProblemKind.TROUBLE: mark("! trouble"),
}


def row_spans(row: Row, width: int, part: int, clock: Clock, *, chosen: bool, sign: str = "") -> list[Span]:
    """The spans of line `part` of a row; `chosen` draws the bar at the left edge."""
    if isinstance(row, ThreadRow):
        return thread_spans(row, width, part, clock, chosen=chosen, sign=sign)
    bar = Span("▌" if chosen else " ", "accent")
    room = width - 2
    match row:
        case StageRow():
            return _stage(row, width, part)
        case DealRow():
            lines = _deal(row, room, clock)
        case SentRow():
            lines = _sent(row, room, clock)
        case ProblemRow():
            head = [Span(say(_PROBLEMS[row.kind]), "bad"), Span(f" {safe_line(row.title)}")]
            lines = (head, [Span(safe_line(retold(row.words)), "dim")])
    return [bar, Span(" "), *_within(lines[part], room)]


def _within(spans: Iterable[Span], room: int) -> list[Span]:
    kept = []
    for span in spans:
        text = cut(span.text, room) if room > 0 else ""
        room -= cell_len(text)
        kept.append(Span(text, span.style))
    return kept


def _stage(row: StageRow, width: int, part: int) -> list[Span]:
    label = safe_line(row.label) or say("All open opportunities")
    if row.goes_on:
        return _within([Span(f"  {_sum_words(row.sums[part])}" if part < len(row.sums) else "", "strong")], width - 1)
    if part == 0:
        head = f" {label} ({row.count}) "
        return [Span(cut(head, width), "heading"), Span("─" * max(width - cell_len(head) - 1, 0), "dim")]
    words = _sum_words(row.sums[0]) if row.sums else say("no amounts")
    return _within([Span(f"  {words}", "strong")], width - 1)


def _sum_words(total: Sum) -> str:
    """ "480 000 NOK, weighted 144 000"."""
    amount = f"{_whole(total.amount)} {safe_line(total.currency)}".rstrip()
    return say("{amount}, weighted {weighted}", amount=amount, weighted=_whole(total.weighted))


def _whole(hundredths: int) -> str:
    """Rounded to whole units: nobody adds up a pipeline in cents."""
    return money_words(str(round(hundredths / 100)))


def _deal(row: DealRow, room: int, clock: Clock) -> tuple[list[Span], list[Span]]:
    title, when = safe_line(row.title) or say("(no name)"), _day(row.on)
    late = bool(when) and row.on < clock.local(clock.now()).date().isoformat()
    name = cut(title, max(room - len(when) - 2, 8))
    gap = " " * max(room - cell_len(name) - len(when) - 1, 1)
    first = [Span(name, "strong"), Span(gap), Span(f"{'!' if late else ''}{when}", "warn" if late else "dim")]
    money = f"{_whole(row.amount)} {safe_line(row.currency)}".strip() if row.amount is not None else ""
    odds = f"{row.probability} %" if row.probability is not None else ""
    stage = "" if row.kind is RecordKind.OPPORTUNITY else safe_line(row.stage)  # it stands in the heading
    facts = (money, odds, stage, safe_line(row.company))
    return first, [Span(" · ".join(part for part in facts if part), "dim")]


def _day(text: str) -> str:
    try:
        return day_words(date.fromisoformat(text)) if text else ""
    except ValueError:
        return ""


def _sent(row: SentRow, room: int, clock: Clock) -> tuple[list[Span], list[Span]]:
    mail = row.delivery
    when = clock.short(mail.sent_at or mail.due_at or mail.created_at)
    to = cut(safe_line(mail.to) or say("(nobody)"), max(room - len(when) - 2, 8))
    gap = " " * max(room - cell_len(to) - len(when) - 1, 1)
    state = Span(delivery_words(mail, clock) if mail.error else state_words(mail.state), delivery_style(mail))
    read = f" · {safe_line(summary_of(row.tracking, clock))}" if row.tracking and row.tracking.hits else ""
    return (
        [Span(to, "strong"), Span(gap), Span(when, "dim")],
        [state, Span(read, "good"), Span(f" · {safe_line(mail.subject) or say('(no subject)')}", "dim")],
    )
