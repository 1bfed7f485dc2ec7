"""Sentences from below the screen in the person's language: refusals, reasons, what can be undone.

They come in English, many from the database, where they were written by the agent. So they are recognised by their
form, which `catalogues/heard/heard.pot` lists; what is not recognised is shown as it came. What people wrote stands in
their places and stays as it is, but for {what}, {when}, {why} and {problem}, which are such sentences again, and {day}.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from tui.times import day_words
from tui.words import catalogue_locale, say, spoken

_FOLDER = Path(__file__).parent / "catalogues" / "heard"
_SENTENCES = frozenset({"what", "when", "why", "problem"})
_SHAPES = {"count": r"\d+", "number": r"\d+", "day": r"\d{4}-\d\d-\d\d", "time": r"\d\d:\d\d", "odds": r"\d+%"}
_LONGEST = 1000
"""No sentence of ours is longer; what is was written elsewhere."""

_MANY = 4096
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=\S)")


@dataclass(frozen=True, slots=True)
class _Form:
    """A sentence with places: how to know it, and how it is said."""

    shape: re.Pattern[str]
    parts: tuple[str, ...]
    said: str

    def match(self, text: str) -> Mapping[str, str] | None:
        """What stands in its places."""
        if not all(part in text for part in self.parts):
            return None
        found = self.shape.fullmatch(text)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a language knows: sentences by their English, and those with places, the most telling first."""

    plain: Mapping[str, str]
    forms: tuple[_Form, ...]


def retold(text: str) -> str:
    """A sentence from below in the language that is spoken, or the text itself."""
    return text if spoken() == "en" or not text or len(text) > _LONGEST else _retold(spoken(), text)


def rule_words(name: str) -> str:
    """A rule's name as it is read: "filing rule" for "filing_rule"."""
    words = name.replace("_", " ")
    told = retold(words)
    return say(words) if words and told == words else told


@lru_cache(maxsize=_MANY)
def _retold(language: str, text: str) -> str:
    rows = ((pieces, between) for pieces, between in _rows(text) if len(pieces) > 1)
    for pieces, between in rows:
        told = [piece for piece in (_known(language, piece) for piece in pieces) if piece is not None]
        if len(told) == len(pieces):
            return between.join(told)
    whole = _known(language, text)
    return _in_parts(language, text) if whole is None else whole


def _rows(text: str) -> tuple[tuple[list[str], str], ...]:
    """A text taken for sentences in a row, for labels in a row, for a list of reasons."""
    return (_SENTENCE_END.split(text), " "), (text.split("; "), "; "), (text.split(", "), ", ")


def _known(language: str, text: str) -> str | None:
    """The whole text as one sentence, None if it is none of ours."""
    heard = _heard(language)
    if text in heard.plain:
        return heard.plain[text]
    for form in heard.forms:
        places = form.match(text)
        if places is not None:
            return form.said.format(**{name: _placed(name, value) for name, value in places.items()})
    return None


def _placed(name: str, value: str) -> str:
    if name in _SENTENCES:
        told = retold(value)
        return say(value) if told == value else told
    if name == "day":
        try:
            return day_words(date.fromisoformat(value))
        except ValueError:
            return value
    return value


def _in_parts(language: str, text: str) -> str:
    """What of a text is ours: some sentences of several, or the one that follows the name of a field."""
    sentences = _SENTENCE_END.split(text)
    if len(sentences) > 1:
        return " ".join(_retold(language, sentence) for sentence in sentences)
    head, colon, rest = text.partition(": ")
    told = _known(language, rest) if colon else None
    return text if told is None else f"{head}: {told}"


@cache
def _heard(language: str) -> _Heard:
    from babel.messages.pofile import read_po

    with (_FOLDER / f"{language}.po").open("rb") as source:
        read = read_po(source, locale=catalogue_locale(language))
    pairs = [(str(message.id), str(message.string)) for message in read if message.id and message.string]
    plain = {english: said for english, said in pairs if "{" not in english}
    return _Heard(plain, tuple(forms_of((english, said) for english, said in pairs if "{" in english)))


def forms_of(pairs: Iterable[tuple[str, str]]) -> list[_Form]:
    """Sentences with places and how they are said, those with the most words of ours first."""
    made = []
    for english, said in pairs:
        shape, parts = "", []
        for literal, name, _, _ in string.Formatter().parse(english):
            parts += [literal] if literal else []
            again = f"(?P<{name}>" in shape
            place = f"(?P={name})" if again else f"(?P<{name}>{_SHAPES.get(name or '', '.+?')})"
            shape += re.escape(literal) + (place if name else "")
        made.append(_Form(re.compile(shape, re.DOTALL), tuple(parts), said))
    return sorted(made, key=lambda form: -sum(map(len, form.parts)))
