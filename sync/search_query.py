"""What a person types into the search line, taken apart: words, phrases, operators, `-` for what is not wanted.

Any text is a search. What is no operator is searched as words; what an operator does not understand is left out and
said in `remarks`. An operator without a value yet narrows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from unicodedata import normalize

from crm_model.past_dates import read_past_date
from crm_model.safe_text import safe_line

MOST_TERMS = 16
_MOST_WORDS = 8
_LONGEST_WORD = 40
_LONGEST_TEXT = 2_000
_WORD = re.compile(r"[^\W_]+")
_SPACED_DATE = re.compile(  # before:3 Nov 2026
    r"\b(before|after):(\d{1,2}\.?)\s+((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\b(?:\s+(\d{4})\b)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r'(?P<no>-(?=[^\s-]))?(?:(?P<operator>[A-Za-z]{2,12}):(?!//))?(?P<value>"[^"]*"?|\S*)')


class Place(StrEnum):
    """Where in a mail words are looked for."""

    ANYWHERE = ""
    FROM = "from"
    TO = "to"
    SUBJECT = "subject"


class State(StrEnum):
    """How a conversation is; `is:` names them, ATTACHMENT is `has:attachment`."""

    UNREAD = "unread"
    LINKED = "linked"
    UNLINKED = "unlinked"
    SUGGESTED = "suggested"
    WAITING = "waiting"
    THEIRS = "theirs"
    ARCHIVED = "archived"
    NOISE = "noise"
    ATTACHMENT = "attachment"


class Facet(StrEnum):
    """What of a linked record an operator asks for."""

    COMPANY = "company"
    STAGE = "stage"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Words that one message must hold, next to each other in a `phrase`; the last one may go on if `unfinished`."""

    words: tuple[str, ...]
    place: Place = Place.ANYWHERE
    phrase: bool = False
    negated: bool = False
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class RecordTerm:
    """Words that begin a company's, a stage's or an owner's name."""

    facet: Facet
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class StateTerm:
    state: State
    negated: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search. Everything in it must hold; dates are those of a conversation's last mail, `before` is left out."""

    texts: tuple[TextTerm, ...] = ()
    records: tuple[RecordTerm, ...] = ()
    states: tuple[StateTerm, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    remarks: tuple[str, ...] = ()
    finds_nothing: bool = False

    @property
    def has_operators(self) -> bool:
        """Whether it asks for more than words."""
        return bool(self.records or self.states or self.after or self.before)

    @property
    def names(self) -> str:
        """The words that could name a record, in one text."""
        texts = [" ".join(term.words) for term in self.texts if not (term.negated or term.place is Place.SUBJECT)]
        companies = [term.text for term in self.records if term.facet is Facet.COMPANY and not term.negated]
        return " ".join((*texts, *companies))

    @property
    def looks_everywhere(self) -> bool:
        """Whether it names what the view leaves out: then the view does not narrow it."""
        hidden = (State.ARCHIVED, State.NOISE)
        return any(term.state in hidden and not term.negated for term in self.states)


@dataclass(slots=True)
class _Reading:
    """What was understood so far."""

    now: datetime
    zone: tzinfo | None
    texts: list[TextTerm] = field(default_factory=list)
    records: list[RecordTerm] = field(default_factory=list)
    states: list[StateTerm] = field(default_factory=list)
    after: list[datetime] = field(default_factory=list)
    before: list[datetime] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    waits: bool = False  # an operator whose value is not typed yet


OPERATORS = (*(place.value for place in Place if place), *Facet, "is", "has", "before", "after")
_STATES = tuple(state.value for state in State if state is not State.ATTACHMENT)
_FILES = ("attachment", "attachments", "file", "files")


def words_of(text: str) -> tuple[str, ...]:
    """The words that a search asks for, without anything that a query language could read."""
    found = _WORD.findall(normalize("NFC", safe_line(text)).lower())
    return tuple(word[:_LONGEST_WORD] for word in found)[:_MOST_WORDS]


def read_query(text: str, now: datetime, zone: tzinfo | None = None) -> SearchQuery:
    """The search that a text asks for; `zone` None is the machine's own. Never raises."""
    reading = _Reading(now, zone)
    tokens = list(_tokens(text))
    for token in tokens[:MOST_TERMS]:
        _take(reading, token)
    if len(tokens) > MOST_TERMS:
        reading.remarks.append(f"Only the first {MOST_TERMS} terms count.")
    if reading.texts and not (text[-1:].isspace() or text.endswith('"')) and len(tokens) <= MOST_TERMS:
        _leave_open(reading, tokens[-1])
    understood = reading.texts or reading.records or reading.states or reading.after or reading.before
    return SearchQuery(
        texts=tuple(reading.texts),
        records=tuple(reading.records),
        states=tuple(reading.states),
        after=max(reading.after, default=None),
        before=min(reading.before, default=None),
        remarks=tuple(dict.fromkeys(reading.remarks)),
        finds_nothing=bool(text.strip()) and not (understood or reading.waits or reading.remarks),
    )


def _tokens(text: str) -> Iterator[re.Match[str]]:
    for found in _TOKEN.finditer(_SPACED_DATE.sub(r"\1:\2\3\4", text[:_LONGEST_TEXT])):
        if found[0]:
            yield found


def _take(reading: _Reading, token: re.Match[str]) -> None:
    operator, value, negated = (token["operator"] or "").lower(), token["value"].strip('"').strip(), bool(token["no"])
    if operator and operator not in OPERATORS:
        reading.remarks.append(f"“{operator}:” is no operator; it is searched as words.")
        operator, value = "", f"{operator} {value}"
    if operator and not words_of(value):
        reading.waits = True
    elif operator in ("before", "after"):
        _take_date(reading, operator, value, negated=negated)
    elif operator in ("is", "has"):
        _take_state(reading, operator, value.lower(), negated=negated)
    elif operator in tuple(Facet):
        reading.records.append(RecordTerm(Facet(operator), safe_line(value), negated))
    elif words := words_of(value):
        phrase = token["value"].startswith('"') and len(words) > 1
        reading.texts.append(TextTerm(words, Place(operator), phrase, negated))


def _take_date(reading: _Reading, operator: str, value: str, *, negated: bool) -> None:
    try:
        day = read_past_date(value, reading.now.astimezone(reading.zone).date())
    except ValueError as error:
        reading.remarks.append(str(error))
        return
    naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the person's own zone, next line
    try:
        begins = (naive.replace(tzinfo=reading.zone) if reading.zone else naive.astimezone()).astimezone(UTC)
    except (ValueError, OverflowError):
        reading.remarks.append(f"“{value}” is too far away.")
        return
    (reading.before if (operator == "before") is not negated else reading.after).append(begins)


def _take_state(reading: _Reading, operator: str, value: str, *, negated: bool) -> None:
    if operator == "has" and any(word.startswith(value) for word in _FILES):
        reading.states.append(StateTerm(State.ATTACHMENT, negated))
    elif operator == "is" and value == "read":
        reading.states.append(StateTerm(State.UNREAD, not negated))
    elif operator == "is" and value in _STATES:
        reading.states.append(StateTerm(State(value), negated))
    elif operator == "is" and any(state.startswith(value) for state in (*_STATES, "read")):
        reading.waits = True
    else:
        known = "attachment" if operator == "has" else ", ".join((*_STATES, "read"))
        reading.remarks.append(f"“{operator}:{safe_line(value)}” means nothing here; {operator}: knows {known}.")


def _leave_open(reading: _Reading, last: re.Match[str]) -> None:
    """Let the last word go on, if it is what the text ends with."""
    term = reading.texts[-1]
    operator = (last["operator"] or "").lower()
    if operator in OPERATORS and operator not in tuple(Place):
        return
    if not last["value"].endswith('"') and words_of(last["value"])[-1:] == term.words[-1:]:
        reading.texts[-1] = TextTerm(term.words, term.place, term.phrase, term.negated, unfinished=True)


def completions(text: str) -> tuple[str, ...]:
    """What the last word of a text could become: operators, or the values of one. () where nothing is known."""
    last = re.split(r"\s", text)[-1].lower()
    bare = last.removeprefix("-")
    operator, colon, value = bare.partition(":")
    if not colon:
        return tuple(f"{name}:" for name in OPERATORS if name.startswith(bare)) if bare or not text.strip() else ()
    values = {"is": (*_STATES, "read"), "has": ("attachment",), "before": _DATES, "after": _DATES}.get(operator, ())
    return tuple(f"{operator}:{each}" for each in values if each.startswith(value) and each != value)


_DATES = ("today", "yesterday", "fri", "2w", "3m", "oct", "2026-11-22")
