"""Phrases in many languages, found in a text in one pass whatever their number.

A phrase is words; `*` at a word's end stands for any ending, `...` between words for up to four other words. Case,
accents and typographic quotes don't count: both sides are folded the same way. A text is cut into words once and
each word is looked up in dictionaries, so the time grows with the text alone, whatever hostile text holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\w+")
_LETTERS = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ß": "ss", "’": "'", "ı": "i"}
_GAP = 4
_GAP_MARK = "..."
_MEMO_LIMIT = 60_000


class _Folding(dict[int, str]):
    """Each character's folded form, worked out when it is first met: `str.translate` then runs at C speed."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code).casefold())
        folded = "".join(_LETTERS.get(char, char) for char in plain if not unicodedata.combining(char))
        if len(self) < _MEMO_LIMIT:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case without accents; Cyrillic й and и fall together, in texts and lists alike."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its theme, its words as listed, the index of its first and last word in the text."""

    theme: str
    phrase: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    theme: str
    text: str
    words: tuple[str, ...]


class Words:
    """A text as folded words with their places: cut once, searched often."""

    __slots__ = ("folded", "spans", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.spans = [match.span() for match in _WORD.finditer(self.folded)]
        self.words = [self.folded[start:end] for start, end in self.spans]

    def as_written(self, first: int, last: int) -> str:
        """Words by their places as the text spells them, in lower case; folded where the two don't align."""
        shown = _WORD.findall(self.text.lower())
        words = shown if len(shown) == len(self.words) else self.words
        return " ".join(words[first : last + 1])


class Lexicon:
    """All phrases of all themes, indexed by their first word."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        for theme, text in phrases:
            words = tuple(fold(text).replace("'", " ").replace("-", " ").split())
            index = self._stems if words[0].endswith("*") else self._whole
            index.setdefault(words[0].rstrip("*"), []).append(_Phrase(theme, text, words))
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._memo: dict[str, tuple[_Phrase, ...]] = {}

    def find(self, words: list[str]) -> list[Hit]:
        """Every phrase in a list of folded words, in the order of the text."""
        memo = self._memo
        hits: list[Hit] = []
        for place, word in enumerate(words):
            phrases = memo.get(word)
            if phrases is None:
                phrases = self._beginning_with(word)
            for phrase in phrases:
                last = place if len(phrase.words) == 1 else _match(phrase.words, 1, words, place + 1)
                if last >= 0:
                    hits.append(Hit(phrase.theme, phrase.text, place, last))
        return hits

    def _beginning_with(self, word: str) -> tuple[_Phrase, ...]:
        """Phrases whose first word this may be; remembered, for few words make most of all texts."""
        found = list(self._whole.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found += self._stems.get(word[:length], ())
        phrases = tuple(found)
        if len(self._memo) < _MEMO_LIMIT and len(word) <= 40:
            self._memo[word] = phrases
        return phrases


def _match(pattern: tuple[str, ...], at: int, words: list[str], place: int) -> int:
    """The place of the last word if the rest of a phrase stands at `place`, -1 if it does not."""
    if at == len(pattern):
        return place - 1
    wanted = pattern[at]
    if wanted == _GAP_MARK:
        for skipped in range(_GAP + 1):
            end = _match(pattern, at + 1, words, place + skipped)
            if end >= 0:
                return end
        return -1
    if place >= len(words):
        return -1
    word = words[place]
    same = word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted
    return _match(pattern, at + 1, words, place + 1) if same else -1


@cache
def load(*names: str) -> Lexicon:
    """The lexicon of data files under `agent/judging/data`: each has a table per theme, a list per language."""
    return Lexicon(
        (theme, phrase)
        for name in names
        for theme, languages in read_table(name).items()
        for phrases in languages.values()
        for phrase in phrases
    )


@cache
def read_table(name: str) -> dict[str, dict[str, list[str]]]:
    """A data file as it stands: theme -> language -> phrases."""
    data = files("agent.judging").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, list[str]]] = tomllib.loads(data)
    return table


def words_of(table: str, theme: str) -> tuple[str, ...]:
    """All entries of a theme, of whatever language."""
    return tuple(entry for entries in read_table(table)[theme].values() for entry in entries)


def any_of(theme: str, *, escape: bool = False) -> str:
    """A theme of `vocabulary` as an alternative of a regular expression, the longest entry first."""
    entries = sorted(words_of("vocabulary", theme), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, entries) if escape else entries) + ")"
