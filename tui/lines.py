"""A line of styled spans: what the layouts make and the line widgets draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from crm_model.safe_text import safe_line
from tui.cells import cut, fit, wrap

STYLES = ("title", "heading", "label", "dim", "strong", "good", "warn", "bad", "key", "quote", "accent")
"""The style names a span may carry; `line_view.tcss` says how each looks."""


class Span(NamedTuple):
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class FieldTarget:
    """A field of the record in the sidebar."""

    name: str


@dataclass(frozen=True, slots=True)
class RecordTarget:
    record_id: int


@dataclass(frozen=True, slots=True)
class ThreadTarget:
    thread_id: int


@dataclass(frozen=True, slots=True)
class TaskTarget:
    activity_id: int
    done: bool


@dataclass(frozen=True, slots=True)
class ConflictTarget:
    conflict_id: int


@dataclass(frozen=True, slots=True)
class CandidateTarget:
    """The place of a candidate in its suggestion, 0 is the best."""

    index: int


@dataclass(frozen=True, slots=True)
class OfferTarget:
    """A value that a mail offers for an empty field."""

    offer_id: int


@dataclass(frozen=True, slots=True)
class MessageTarget:
    message_id: int


@dataclass(frozen=True, slots=True)
class SectionTarget:
    """A section's head: Enter folds it or opens it."""

    key: str


@dataclass(frozen=True, slots=True)
class PageTarget:
    """The record's page in the CRM."""

    url: str


Target = (
    FieldTarget
    | RecordTarget
    | ThreadTarget
    | TaskTarget
    | ConflictTarget
    | CandidateTarget
    | OfferTarget
    | MessageTarget
    | SectionTarget
    | PageTarget
)


@dataclass(frozen=True, slots=True)
class Line:
    """Spans from left to right; `target` is what Enter on this line is about."""

    spans: tuple[Span, ...] = ()
    target: Target | None = None

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


BLANK = Line()


def line(text: str, style: str = "", target: Target | None = None) -> Line:
    """One line of foreign text made safe."""
    return Line((Span(safe_line(text), style),), target)


def heading(text: str, width: int) -> Line:
    """A section's head: its name, foreign or not, and a rule to the edge."""
    name = cut(safe_line(text), width)
    rule = "─" * max(width - len(name) - 1, 0)
    return Line((Span(name, "heading"), Span(f" {rule}", "dim")))


def pair(label: str, value: str, width: int, *, label_width: int, style: str = "") -> list[Line]:
    """A label and its value in two columns; a long value goes on in its own column."""
    room = max(width - label_width - 1, 4)
    parts = wrap(safe_line(value), room) or [""]
    head = Span(fit(safe_line(label), label_width) + " ", "label")
    indent = Span(" " * (label_width + 1))
    return [Line((head if number == 0 else indent, Span(part, style))) for number, part in enumerate(parts[:6])]


def paragraph(text: str, width: int, style: str = "", indent: int = 0) -> list[Line]:
    """One foreign paragraph over as many lines as it takes."""
    pad = " " * indent
    return [Line((Span(pad + part, style),)) for part in wrap(safe_line(text), width - indent)]


def aimed(lines: Iterable[Line], target: Target) -> list[Line]:
    """The same lines with a target on the first."""
    made = list(lines)
    return [Line(made[0].spans, target), *made[1:]] if made else []
