"""The linked record as lines for the sidebar, in sections; whatever can be acted on carries a target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from crm_model.bounces import Standing
from crm_model.records import FieldType, RecordKind
from crm_model.safe_text import safe_line
from tui.amounts import shown_amount
from tui.cells import cut
from tui.gateway import FieldChange, FieldView, LinkRow, RecordView
from tui.keymap import KEYS
from tui.layout.around import activity_rows, file_rows, record_rows, thread_rows
from tui.layout.conflict import conflict_words
from tui.layout.tracking import person_lines
from tui.lines import (
    BLANK,
    ConflictTarget,
    FieldTarget,
    Line,
    OfferTarget,
    PageTarget,
    RecordTarget,
    SectionTarget,
    aimed,
    heading,
    line,
    pair,
    paragraph,
)
from tui.retelling import retold, rule_words
from tui.times import Clock
from tui.words import mark, say, say_many

_KIND_WORDS = {
    RecordKind.LEAD: mark("Lead"),
    RecordKind.CONTACT: mark("Contact"),
    RecordKind.ACCOUNT: mark("Account"),
    RecordKind.OPPORTUNITY: mark("Opportunity"),
}
_STATE_WORDS = (mark("converted"), mark("gone"))
_OTHERS = 5
_FIRST = ("stage", "status", "probability", "amount", "currency", "closes_on", "close_date", "next_contact_on")


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks at the sidebar: sections folded away, and the field whose history is open."""

    folded: frozenset[str] = frozenset()
    history_of: str = ""
    history: tuple[FieldChange, ...] = ()


PLAIN_LOOK = Look()


class Section(NamedTuple):
    """A head, "" for none, and what stands under it; `key` is what is remembered of its folding."""

    key: str
    title: str
    lines: list[Line]


def kind_words(kind: RecordKind) -> str:
    """ "Lead", "Opportunity"."""
    return say(_KIND_WORDS[kind])


def record_lines(
    record: RecordView,
    links: Iterable[LinkRow],
    width: int,
    clock: Clock,
    *,
    thread_id: int | None,
    look: Look = PLAIN_LOOK,
) -> list[Line]:
    """The whole sidebar of a record: what it is, trouble, why it is here, its fields, what hangs on it."""
    around, links = record.around, tuple(links)
    others = [row for row in record.threads if row.id != thread_id]
    company = [row for row in around.company_threads if row.id != thread_id]
    account = (record.account,) if record.account else ()
    sections = (
        Section("", "", _head(record, width)),
        Section("", "", _trouble(record, width)),
        Section("why", _why_title(links), _why(record, links, width, clock)),
        Section("offers", say("Their mail says (Enter adds, {key[reject]} not)", key=KEYS), _offers(record, width)),
        Section("fields", say("Fields"), _fields(record, width, clock, look)),
        Section("open", say("Open opportunities"), record_rows(record.opportunities, width)),
        Section("past", say("Past opportunities"), record_rows(around.past[:_OTHERS], width)),
        Section("tracking", say("Tracking"), person_lines(record.reading, width, clock)),
        Section("activities", say("Activities"), activity_rows(record.activities, width, clock)),
        Section("account", say("Account"), record_rows(account, width)),
        Section("people", say("People"), record_rows(record.people[:_OTHERS], width)),
        Section("threads", say("Other conversations"), thread_rows(others, width, clock)),
        Section("company", say("Conversations with the company"), thread_rows(company, width, clock)),
        Section("files", say("Files"), file_rows(around.files, width, clock)),
        Section("", "", _origin(record, width, clock)),
    )
    lines: list[Line] = []
    for section in sections:
        if section.lines:
            lines += [*([BLANK] if lines else []), *_laid(section, width, look.folded)]
    return lines


def _laid(section: Section, width: int, folded: frozenset[str]) -> list[Line]:
    if not section.title:
        return section.lines
    target = SectionTarget(section.key)
    if section.key in folded:
        return aimed([heading(f"▸ {section.title} ({len(section.lines)})", width)], target)
    return [*aimed([heading(section.title, width)], target), *section.lines]


def _head(record: RecordView, width: int) -> list[Line]:
    title = paragraph(record.title or say("(no name)"), width, "title")
    state = "" if record.state in ("", "live") else f" · {say(record.state)}"
    where = (
        " · " + say("not in {crm} yet", crm=safe_line(record.crm))
        if not record.remote_id
        else f" · {safe_line(record.crm)}"
    )
    owner = f" · {safe_line(record.owner)}" if record.owner else ""
    return [*title, line(cut(f"{kind_words(record.kind)}{state}{owner}{where}", width), "dim")]


def _trouble(record: RecordView, width: int) -> list[Line]:
    """What waits, what was refused, what conflicts: first, since it needs a person."""
    lines: list[Line] = []
    for conflict in record.conflicts:
        label = _label(record, conflict.field)
        words = say("⚡ conflict: {field} ({key[resolve]} resolves)", key=KEYS, field=label)
        lines += aimed(paragraph(words, width, "bad"), ConflictTarget(conflict.id))
    for refusal in record.refused:
        lines += paragraph(say("! refused: {reason}", reason=refusal), width, "bad")
    for state in record.addresses:
        lines += paragraph(f"! {state.doubt}", width, "bad" if state.standing is Standing.HARD else "warn")
    if record.pending:
        words = say_many(
            "… {count} change waits for {crm}", "… {count} changes wait for {crm}", record.pending, crm=record.crm
        )
        lines.append(line(words, "warn"))
        if not record.confirmed:
            words = say(
                "nothing is written to {crm} before you confirm it: hitchpost crm confirm {crm}", crm=record.crm
            )
            lines += paragraph(words, width, "warn", indent=2)
    return lines


def _offers(record: RecordView, width: int) -> list[Line]:
    """What mail states and the record lacks: a yes or no each, with the sidebar in focus."""
    lines: list[Line] = []
    for offer in record.offers:
        words = f"+ {_label(record, offer.field)}: {safe_line(offer.value)}  ({safe_line(offer.source)})"
        lines += aimed(paragraph(words, width, "accent"), OfferTarget(offer.id))
    return lines


def _label(record: RecordView, name: str) -> str:
    return next((field.spec.label for field in record.fields if field.spec.name == name), name)


def _why_title(links: tuple[LinkRow, ...]) -> str:
    count = len(links)
    return (
        say("Why it is linked")
        if count == 1
        else say("Linked records ({count}, {key[record.next]} next)", key=KEYS, count=count)
    )


def _why(record: RecordView, links: tuple[LinkRow, ...], width: int, clock: Clock) -> list[Line]:
    lines: list[Line] = []
    for link in links:
        here = link.record_id == record.id
        if len(links) > 1:
            name = f"{'▸' if here else ' '} {kind_words(link.kind)}: {safe_line(link.title)}"
            lines.append(line(cut(name, width), "strong" if here else "", RecordTarget(link.record_id)))
        if here or link.broken:
            lines += _evidence(link, width, clock)
    return lines


def _evidence(link: LinkRow, width: int, clock: Clock) -> list[Line]:
    words, by = retold(link.evidence) or rule_words(link.rule), link.author
    if by == "agent":
        by = say("agent, {odds}", odds=f"{link.odds:.0%}")
    parts = (by if by not in words else "", clock.short(link.created_at))
    words = f"{words} ({', '.join(part for part in parts if part)})"
    return [*_broken(link, width), *paragraph(words, width, "dim")]


def _broken(link: LinkRow, width: int) -> list[Line]:
    if link.merged:
        return paragraph(say("the CRM merged this record into another one, which is linked too"), width, "warn")
    gone = say("! the record is gone from the CRM: link another ({key[link]}) or unlink ({key[unlink]})", key=KEYS)
    return [line(gone, "bad")] if link.broken else []


def _fields(record: RecordView, width: int, clock: Clock, look: Look) -> list[Line]:
    rank = {name: place for place, name in enumerate(_FIRST)}
    ordered = sorted(record.fields, key=lambda field: (rank.get(field.spec.name, len(rank)), not field.spec.pinned))
    shown = [field for field in ordered if _is_shown(field)]
    label_width = min(max((len(field.spec.label) for field in shown), default=8), max(width // 3, 8), 18)
    lines: list[Line] = []
    for field in shown:
        lines += field_lines(field, width, clock, label_width)
        if field.spec.name == look.history_of:
            lines += history_lines(look.history, width, clock)
    hidden = [field for field in ordered if field not in shown]
    filled = sum(1 for field in hidden if field.display)
    if hidden:
        lines.append(line(_hidden_words(len(hidden) - filled, filled), "dim"))
    return lines


def _hidden_words(empty: int, own: int) -> str:
    if not own:
        return say_many(
            "{count} empty field ({key[edit]} edits any)",
            "{count} empty fields ({key[edit]} edits any)",
            empty,
            key=KEYS,
        )
    if not empty:
        return say_many(
            "{count} of the CRM's own field ({key[edit]} edits any)",
            "{count} of the CRM's own fields ({key[edit]} edits any)",
            own,
            key=KEYS,
        )
    return say(
        "{empty} empty and {own} of the CRM's own fields ({key[edit]} edits any)", key=KEYS, empty=empty, own=own
    )


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
    sign, style = _state(field)
    lines = aimed(
        pair(field.spec.label, value + sign, width, label_width=label_width, style=style), FieldTarget(field.spec.name)
    )
    if field.conflict:
        lines += paragraph(conflict_words(field.conflict, clock), width, "bad", indent=2)
        lines.append(line(f"  {say('m keeps mine · t takes theirs · e another value')}", "dim"))
    if field.error:
        lines += paragraph(f"! {retold(field.error)}", width, "bad", indent=min(label_width + 1, 4))
    if field.altered:
        lines += paragraph(retold(field.altered), width, "warn", indent=min(label_width + 1, 4))
    return lines


def _state(field: FieldView) -> tuple[str, str]:
    if field.conflict:
        return f"  {say('⚡ conflict')}", "bad"
    if field.error:
        return f"  {say('! refused')}", "bad"
    return (f"  {say('… pending')}", "warn") if field.pending else ("", "")


def history_lines(changes: Iterable[FieldChange], width: int, clock: Clock) -> list[Line]:
    """A field's history under it: when, who, from what to what."""
    lines: list[Line] = []
    for change in changes:
        who = safe_line(change.author) or (say("the CRM") if change.in_crm else say("somebody"))
        values = " → ".join(cut(safe_line(value) or "–", 40) for value in (change.before, change.after))
        where = f", {say('in the CRM')}" if change.in_crm and change.author else ""
        lines += paragraph(f"{clock.full(change.at)} {who}{where}: {values}", width, "dim", indent=2)
    return lines or [line(f"  {say('no change of it is known yet')}", "dim")]


def _origin(record: RecordView, width: int, clock: Clock) -> list[Line]:
    lines: list[Line] = []
    if is_web_page(record.url):
        lines.append(
            line(
                cut(say("{key[page]} opens it in {crm}", key=KEYS, crm=safe_line(record.crm)), width),
                "label",
                PageTarget(record.url),
            )
        )
    if record.modified_at:
        when, who = clock.short(record.modified_at), safe_line(record.modified_by)
        words = say("changed {when} by {who}", when=when, who=who) if who else say("changed {when}", when=when)
        lines += paragraph(words, width, "dim")
    return lines


def is_web_page(url: str) -> bool:
    """Whether this is an address to open: a CRM may say anything."""
    return url.startswith(("https://", "http://")) and safe_line(url) == url and " " not in url
