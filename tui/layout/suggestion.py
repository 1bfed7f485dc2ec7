"""An open question as lines: the lead that could be made, or the records to choose from, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from crm_model.links import Reason
from crm_model.records import FieldValue
from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.gateway import CandidateRow, SuggestionView
from tui.keymap import key_shown
from tui.layout.record import kind_words
from tui.lines import BLANK, CandidateTarget, Line, Span, heading, line, pair, paragraph
from tui.retelling import retold, rule_words
from tui.words import say

_MOST = 9


def suggestion_lines(suggestion: SuggestionView, width: int, labels: Mapping[str, str]) -> list[Line]:
    """The whole question. `labels` names the lead's fields as the CRM does.

    A question about the deal alone stands above the record, so it is short: each candidate has its reason.
    """
    if suggestion.about_deal:
        why = say("Linked already; nothing says which deal it is about.")
        return _candidates(suggestion, width, say("Which deal?"), why)
    lines = _which_record(suggestion, width) if suggestion.candidates else _lead(suggestion, width, labels)
    return [*lines, BLANK, *_reasons(suggestion.reasons, width)]


def _lead(suggestion: SuggestionView, width: int, labels: Mapping[str, str]) -> list[Line]:
    lines = [
        line(say("New lead?"), "title"),
        line(say("The agent is {odds} sure.", odds=f"{suggestion.odds:.0%}"), "dim"),
        BLANK,
    ]
    asked = (
        (key_shown("Enter"), say("create it")),
        (key_shown("c"), say("change first")),
        (key_shown("x"), say("no")),
        (key_shown("l"), say("link to a record")),
    )
    lines += [*_keys(width, *asked), BLANK]
    lines.append(heading(say("Proposed lead"), width))
    shown = {labels.get(name, name_words(name)): _words(value) for name, value in suggestion.fields.items() if value}
    label_width = min(max((len(label) for label in shown), default=8), max(width // 3, 8))
    for label, value in shown.items():
        lines += pair(label, value, width, label_width=label_width)
    return lines


def _which_record(suggestion: SuggestionView, width: int) -> list[Line]:
    return _candidates(suggestion, width, say("Which record?"), say("Nobody is sure enough to link by itself."))


def _candidates(suggestion: SuggestionView, width: int, question: str, why: str) -> list[Line]:
    lines = [line(question, "title"), *paragraph(why, width, "dim"), BLANK]
    many = len(suggestion.candidates)
    others = ((" ".join(map(key_shown, ("2", "3")[: many - 1])), say("that one")),) if many > 1 else ()
    first = say("the first") if others else say("this one")
    asked = (
        (key_shown("Enter"), first),
        *others,
        (key_shown("x"), say("none")),
        (key_shown("l"), say("another")),
    )
    lines += [*_keys(width, *asked), BLANK]
    for place, candidate in enumerate(suggestion.candidates[:_MOST]):
        lines += _candidate(place, candidate, width)
    return lines


def _candidate(place: int, candidate: CandidateRow, width: int) -> list[Line]:
    odds = f"{candidate.odds:.0%}"
    title = cut(f"{kind_words(candidate.kind)}: {safe_line(candidate.title)}", width - 3 - len(odds) - 1)
    head = Line(
        (Span(f"{place + 1}  ", "key"), Span(title, "strong"), Span(f" {odds}", "label")), CandidateTarget(place)
    )
    return [
        head,
        *paragraph(retold(candidate.reason.evidence) or rule_words(candidate.reason.rule), width, "dim", indent=3),
    ]


def _keys(width: int, *pairs: tuple[str, str]) -> list[Line]:
    """Keys with what they do, as many on a line as fit whole."""
    rows: list[list[Span]] = [[]]
    room = width
    for key, words in pairs:
        taken = len(key) + 1 + len(words)
        if taken > room and rows[-1]:
            rows.append([])
            room = width
        rows[-1] += [Span(key, "key"), Span(f" {words}   ")]
        room -= taken + 3
    return [Line(tuple(spans)) for spans in rows]


def _reasons(reasons: tuple[Reason, ...], width: int) -> list[Line]:
    if not reasons:
        return []
    lines = [heading(say("Why"), width)]
    for reason in reasons:
        lines += paragraph(f"· {retold(reason.evidence) or rule_words(reason.rule)}", width, "dim")
    return lines


def name_words(name: str) -> str:
    """ "First name" for "first_name"."""
    return safe_line(name).replace("_", " ").capitalize()


def _words(value: FieldValue) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return ", ".join(value) if isinstance(value, tuple) else str(value)
