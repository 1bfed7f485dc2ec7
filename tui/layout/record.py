"""The linked record as lines for the sidebar, in sections; whatever can be acted on carries a target."""

from __future__ import annotations

from collections.abc import Iterable

from crm_model.bounces import Standing
from crm_model.records import FieldType, RecordKind
from crm_model.safe_text import safe_line
from tui.amounts import shown_amount
from tui.cells import cut, fit
from tui.gateway import ActivityRow, FieldView, LinkRow, RecordRow, RecordView, ThreadRow
from tui.layout.tracking import person_lines
from tui.lines import (
    BLANK,
    ConflictTarget,
    FieldTarget,
    Line,
    OfferTarget,
    PageTarget,
    RecordTarget,
    Span,
    Target,
    TaskTarget,
    ThreadTarget,
    aimed,
    heading,
    line,
    pair,
    paragraph,
)
from tui.times import Clock

KIND_WORDS = {
    RecordKind.LEAD: "Lead",
    RecordKind.CONTACT: "Contact",
    RecordKind.ACCOUNT: "Account",
    RecordKind.OPPORTUNITY: "Opportunity",
}
_ACTIVITIES, _OTHERS = 6, 5
_FIRST = ("stage", "status", "probability", "amount", "currency", "closes_on", "close_date", "next_contact_on")


def record_lines(
    record: RecordView, links: Iterable[LinkRow], width: int, clock: Clock, *, thread_id: int | None
) -> list[Line]:
    """The whole sidebar of a record: what it is, trouble, why it is here, its fields, what hangs on it."""
    sections = (
        _head(record, width),
        _trouble(record, width),
        _why(record, tuple(links), width, clock),
        _offers(record, width),
        _fields(record, width, clock),
        _rows("Open opportunities", record.opportunities, width),
        person_lines(record.reading, width, clock),
        _activities(record.activities, width, clock),
        _rows("Account", (record.account,) if record.account else (), width),
        _rows("People", record.people[:_OTHERS], width),
        _threads([row for row in record.threads if row.id != thread_id][:_OTHERS], width, clock),
        _origin(record, width, clock),
    )
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += [*([BLANK] if lines else []), *section]
    return lines


def _head(record: RecordView, width: int) -> list[Line]:
    title = paragraph(record.title or "(no name)", width, "title")
    state = "" if record.state in ("", "live") else f" · {record.state}"
    where = f" · not in {safe_line(record.crm)} yet" if not record.remote_id else f" · {safe_line(record.crm)}"
    owner = f" · {safe_line(record.owner)}" if record.owner else ""
    return [*title, line(cut(f"{KIND_WORDS[record.kind]}{state}{owner}{where}", width), "dim")]


def _trouble(record: RecordView, width: int) -> list[Line]:
    """What waits, what was refused, what conflicts: first, since it needs a person."""
    lines: list[Line] = []
    for conflict in record.conflicts:
        label = _label(record, conflict.field)
        words = f"⚡ conflict: {label} (v resolves)"
        lines += aimed(paragraph(words, width, "bad"), ConflictTarget(conflict.id))
    for refusal in record.refused:
        lines += paragraph(f"! refused: {refusal}", width, "bad")
    for state in record.addresses:
        lines += paragraph(f"! {state.doubt}", width, "bad" if state.standing is Standing.HARD else "warn")
    if record.pending:
        changes = "1 change waits" if record.pending == 1 else f"{record.pending} changes wait"
        lines.append(line(f"… {changes} for {record.crm}", "warn"))
        if not record.confirmed:
            words = f"nothing is written to {record.crm} before you confirm it: hitchpost crm confirm {record.crm}"
            lines += paragraph(words, width, "warn", indent=2)
    return lines


def _offers(record: RecordView, width: int) -> list[Line]:
    """What mail states and the record lacks: a yes or no each, with the sidebar in focus."""
    if not record.offers:
        return []
    lines = [heading("Their mail says (Enter adds, x not)", width)]
    for offer in record.offers:
        words = f"+ {_label(record, offer.field)}: {safe_line(offer.value)}  ({safe_line(offer.source)})"
        lines += aimed(paragraph(words, width, "accent"), OfferTarget(offer.id))
    return lines


def _label(record: RecordView, name: str) -> str:
    return next((field.spec.label for field in record.fields if field.spec.name == name), name)


def _why(record: RecordView, links: tuple[LinkRow, ...], width: int, clock: Clock) -> list[Line]:
    if not links:
        return []
    lines = [heading("Why it is linked" if len(links) == 1 else f"Linked records ({len(links)}, > next)", width)]
    for link in links:
        here = link.record_id == record.id
        if len(links) > 1:
            name = f"{'▸' if here else ' '} {KIND_WORDS[link.kind]}: {safe_line(link.title)}"
            lines.append(line(cut(name, width), "strong" if here else "", RecordTarget(link.record_id)))
        if here or link.broken:
            lines += _evidence(link, width, clock)
    return lines


def _evidence(link: LinkRow, width: int, clock: Clock) -> list[Line]:
    words, by = link.evidence or link.rule.replace("_", " "), link.author
    if by == "agent":
        by = f"agent, {link.odds:.0%}"
    parts = (by if by not in words else "", clock.short(link.created_at))
    words = f"{words} ({', '.join(part for part in parts if part)})"
    return [*_broken(link, width), *paragraph(words, width, "dim")]


def _broken(link: LinkRow, width: int) -> list[Line]:
    if link.merged:
        return paragraph("the CRM merged this record into another one, which is linked too", width, "warn")
    gone = "! the record is gone from the CRM: link another (l) or unlink (L)"
    return [line(gone, "bad")] if link.broken else []


def _fields(record: RecordView, width: int, clock: Clock) -> list[Line]:
    rank = {name: place for place, name in enumerate(_FIRST)}
    ordered = sorted(record.fields, key=lambda field: (rank.get(field.spec.name, len(rank)), not field.spec.pinned))
    shown = [field for field in ordered if _is_shown(field)]
    label_width = min(max((len(field.spec.label) for field in shown), default=8), max(width // 3, 8), 18)
    lines = [heading("Fields", width)]
    for field in shown:
        lines += field_lines(field, width, clock, label_width)
    hidden = [field for field in ordered if field not in shown]
    filled = sum(1 for field in hidden if field.display)
    words = [f"{len(hidden) - filled} empty"] * (len(hidden) > filled) + [f"{filled} of the CRM's own"] * (filled > 0)
    if hidden:
        lines.append(line(f"{' and '.join(words)} {'field' if len(hidden) == 1 else 'fields'} (e edits any)", "dim"))
    return lines


def _is_shown(field: FieldView) -> bool:
    """What is filled or asks for attention; of fields that only this CRM knows, what is pinned."""
    if field.error or field.conflict or field.pending or field.altered or field.spec.pinned:
        return True
    return field.spec.name in _FIRST[:2] or bool(field.display and not field.spec.extra)


def field_lines(field: FieldView, width: int, clock: Clock, label_width: int) -> list[Line]:
    """A field; what is going on with it stands under it in words."""
    value = field.display.replace("\n", " · ") or "–"
    if field.spec.type is FieldType.MONEY:
        value = shown_amount(field.display)
    elif field.spec.type is FieldType.PERCENT and field.display:
        value = f"{field.display} %"
    mark, style = _state(field)
    lines = aimed(
        pair(field.spec.label, value + mark, width, label_width=label_width, style=style), FieldTarget(field.spec.name)
    )
    if field.error:
        lines += paragraph(f"! {field.error}", width, "bad", indent=min(label_width + 1, 4))
    if field.altered:
        lines += paragraph(field.altered, width, "warn", indent=min(label_width + 1, 4))
    return lines


def _state(field: FieldView) -> tuple[str, str]:
    if field.conflict:
        return "  ⚡ conflict", "bad"
    if field.error:
        return "  ! refused", "bad"
    return ("  … pending", "warn") if field.pending else ("", "")


def _rows(title: str, rows: Iterable[RecordRow], width: int) -> list[Line]:
    lines = [_record_row(row, width) for row in rows]
    return [heading(title, width), *lines] if lines else []


def _record_row(row: RecordRow, width: int) -> Line:
    subtitle = safe_line(row.subtitle)
    title = cut(safe_line(row.title), max(width - min(len(subtitle), width // 2) - 1, 8))
    return Line((Span(title), Span(cut(f"  {subtitle}", max(width - len(title), 0)), "dim")), RecordTarget(row.id))


def _activities(rows: tuple[ActivityRow, ...], width: int, clock: Clock) -> list[Line]:
    lines = [_activity(row, width, clock) for row in rows[:_ACTIVITIES]]
    if len(rows) > _ACTIVITIES:
        lines.append(line(f"and {len(rows) - _ACTIVITIES} more", "dim"))
    return [heading("Activities", width), *lines] if lines else []


def _activity(row: ActivityRow, width: int, clock: Clock) -> Line:
    is_task = row.kind == "task"
    mark = ("☑ " if row.done else "☐ ") if is_task else ""
    words = safe_line(row.subject or row.body)
    tail = clock.due(row.due_at) if is_task and not row.done else ""
    waits = ("… pending" if width >= 46 else "…") if row.pending else ""
    if row.error:
        waits = "! refused" if width >= 46 else "!"
    tail = "  ".join(part for part in (tail, waits) if part)
    room = max(width - 17 - (len(tail) + 2 if tail else 0), 6)
    spans = (
        Span(fit(clock.short(row.at), 9), "dim"),
        Span(fit(row.kind, 8), "label"),
        Span(mark + fit(words, room - len(mark)) if tail else mark + cut(words, room - len(mark))),
        Span(f"  {tail}" if tail else "", "warn"),
    )
    target: Target | None = TaskTarget(row.id, row.done) if is_task else None
    return Line(spans, target)


def _threads(rows: list[ThreadRow], width: int, clock: Clock) -> list[Line]:
    lines = [
        Line(
            (Span(fit(clock.short(row.last_at), 9), "dim"), Span(cut(safe_line(row.subject), width - 9))),
            ThreadTarget(row.id),
        )
        for row in rows
    ]
    return [heading("Other conversations", width), *lines] if lines else []


def _origin(record: RecordView, width: int, clock: Clock) -> list[Line]:
    lines: list[Line] = []
    if is_web_page(record.url):
        lines.append(line(cut(f"b opens it in {safe_line(record.crm)}", width), "label", PageTarget(record.url)))
    if record.modified_at:
        by = f" by {safe_line(record.modified_by)}" if record.modified_by else ""
        lines += paragraph(f"changed {clock.short(record.modified_at)}{by}", width, "dim")
    return lines


def is_web_page(url: str) -> bool:
    """Whether this is an address to open: a CRM may say anything."""
    return url.startswith(("https://", "http://")) and safe_line(url) == url and " " not in url
