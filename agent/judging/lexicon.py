"""Phrases in many languages, found in a text in one pass whatever their number.

A phrase is words; `*` at a word's end stands for any ending, `...` between words for up to four other words, `<your>`
for any word that `classes.toml` lists under that name in the phrase's language. Case, accents and typographic quotes
don't count: both sides are folded the same way. A text is cut into words once and each word is looked up in
dictionaries, so the time grows with the text alone, whatever hostile text holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter
from typing import Any, NamedTuple

_WORD = re.compile(r"\w+")
_BLANKS = {code: " " for code in range(128) if not _WORD.fullmatch(chr(code))}
_LETTERS = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ß": "ss", "’": "'", "ı": "i"}
_GAP = 4
_GAP_MARK = "..."
_MEMO_LIMIT = 60_000
_NEXT_LIMIT = 400  # words remembered behind one that begins phrases
_LONGEST_WORD = 40
_FEW = 80  # different letters beyond ASCII, as texts of one language have


class _Folding(dict[int, str]):
    """Each character's folded form, worked out when it is first met: `str.translate` then runs at C speed."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code).casefold()).lower()
        folded = "".join(_LETTERS.get(char, char) for char in plain if not unicodedata.combining(char))
        if len(self) < _MEMO_LIMIT:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case without accents; Cyrillic й and и fall together, in texts and lists alike."""
    lower = text.lower()
    if lower.isascii():
        return lower
    odd = [char for char in set(lower) if char > "\x7f"]
    if len(odd) > _FEW:
        return lower.translate(_FOLDING)
    # `translate` looks up every letter, and most stay as they are. From the first letter on: what the others fold to
    # stands before them, and must not fold twice.
    for char in sorted(odd):
        folded = _FOLDING[ord(char)]
        if folded != char:
            lower = lower.replace(char, folded)
    return lower


class Hit(NamedTuple):  # made by the dozen for each mail: a frozen dataclass takes four times as long
    """A phrase found: theme, words as listed, index of its first and last word in the text, language."""

    theme: str
    phrase: str
    first: int
    last: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Class:
    """Words that stand for one another: whole ones, and beginnings of words."""

    whole: frozenset[str]
    stems: tuple[str, ...]

    def holds(self, word: str) -> bool:
        return word in self.whole or word.startswith(self.stems)


_Token = str | _Class


@dataclass(frozen=True, slots=True)
class _Phrase:
    place: int  # among all phrases
    theme: str
    text: str
    words: tuple[_Token, ...]
    language: str
    settled: int  # how many words the look-up of two words settles: one before a gap


_place_of = attrgetter("place")


class _Begun(dict[str, list[_Phrase]]):
    """The phrases that a word begins, by the word that follows; each next word is weighed once."""

    def __init__(self, phrases: list[_Phrase]) -> None:
        super().__init__()
        self._anyhow: list[_Phrase] = []  # of one word, or with a gap behind it
        self._whole: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        self._classes: dict[_Class, list[_Phrase]] = {}
        for phrase in phrases:
            second = phrase.words[1] if len(phrase.words) > 1 else _GAP_MARK
            if isinstance(second, _Class):
                self._classes.setdefault(second, []).append(phrase)
            elif second == _GAP_MARK:
                self._anyhow.append(phrase)
            elif second.endswith("*"):
                self._stems.setdefault(second[:-1], []).append(phrase)
            else:
                self._whole.setdefault(second, []).append(phrase)
        self._lengths = sorted({len(stem) for stem in self._stems})

    def __missing__(self, following: str) -> list[_Phrase]:
        found = [*self._anyhow, *self._whole.get(following, ())]
        for length in self._lengths if following else ():  # "" is the end of the text
            found += self._stems.get(following[:length], ()) if length <= len(following) else ()
        for words, phrases in self._classes.items():
            if words.holds(following):
                found += phrases
        found.sort(key=_place_of)
        if len(self) < _NEXT_LIMIT and len(following) <= _LONGEST_WORD:
            self[following] = found
        return found


class Words:
    """A text as folded words with their places: cut once, searched often."""

    __slots__ = ("_shown", "folded", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.words: list[str] = _cut(self.folded)
        self._shown: list[str] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where each word stands in `folded`."""
        return [match.span() for match in _WORD.finditer(self.folded)]

    def as_written(self, first: int, last: int) -> str:
        """Words by their places as the text spells them, in lower case; folded where the two don't align."""
        if self._shown is None:
            shown = _WORD.findall(self.text.lower())
            self._shown = shown if len(shown) == len(self.words) else self.words
        return " ".join(self._shown[first : last + 1])


def _cut(folded: str) -> list[str]:
    """The words of a folded text; ASCII, as most is then, without a pattern in a fifth of the time."""
    return folded.translate(_BLANKS).split() if folded.isascii() else _WORD.findall(folded)


@lru_cache(maxsize=16)  # linking asks for the words of what judging has just read
def words_in(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(_cut(fold(text)))


class Lexicon:
    """All phrases of all themes, indexed by their first word."""

    def __init__(self, phrases: Iterable[tuple[str, str, str]]) -> None:
        self._whole: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        for place, (theme, language, text) in enumerate(phrases):
            words = tuple(_token(word, language) for word in _plain(text).split())
            settled = 1 if len(words) == 1 or words[1] == _GAP_MARK else 2
            phrase = _Phrase(place, theme, text, words, language, settled)
            first = words[0]
            if isinstance(first, str):
                first = _Class(*((frozenset(), (first[:-1],)) if first.endswith("*") else (frozenset((first,)), ())))
            for word in first.whole:
                self._whole.setdefault(word, []).append(phrase)
            for stem in first.stems:
                self._stems.setdefault(stem, []).append(phrase)
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._memo: dict[str, _Begun | None] = {}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Every phrase in a row of folded words, in the order of the text."""
        hits: list[Hit] = []
        begun_by = self._begun_by_any(words).get
        for place, begun in enumerate(map(begun_by, words)):
            if begun is None:
                continue
            for phrase in begun[words[place + 1] if place + 1 < len(words) else ""]:
                settled = phrase.settled
                last = place + settled - 1
                if settled < len(phrase.words):
                    last = _match(phrase.words, settled, words, place + settled)
                if last >= 0:
                    hits.append(Hit(phrase.theme, phrase.text, place, last, phrase.language))
        return hits

    def _begun_by_any(self, words: Sequence[str]) -> Mapping[str, _Begun | None]:
        """What each of the words begins, and perhaps others; remembered, for few words make most of all texts."""
        memo = self._memo
        new = {word: self._begun_by(word) for word in set(words).difference(memo)}
        if not new:
            return memo
        known = {word: memo.get(word) for word in words} | new
        if len(memo) + len(new) > _MEMO_LIMIT:
            memo.clear()
        memo.update(each for each in new.items() if len(each[0]) <= _LONGEST_WORD)
        return known

    def _begun_by(self, word: str) -> _Begun | None:
        """Phrases whose first word this may be."""
        found = list(self._whole.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found += self._stems.get(word[:length], ())
        found.sort(key=_place_of)
        return _Begun(found) if found else None


def _is(wanted: _Token, word: str) -> bool:
    if isinstance(wanted, _Class):
        return wanted.holds(word)
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _plain(text: str) -> str:
    return fold(text).replace("'", " ").replace("-", " ")


def _token(word: str, language: str) -> _Token:
    return _class_of(word[1:-1], language) if word[0] == "<" else word


@cache
def _class_of(name: str, language: str) -> _Class:
    """The words of a class in a language (`classes.toml`), those of one word only."""
    words = [_plain(word) for word in read_table("classes")[name][language]]
    single = [word for word in words if " " not in word]
    whole = frozenset(word for word in single if not word.endswith("*"))
    return _Class(whole, tuple(word[:-1] for word in single if word.endswith("*")))


def _match(pattern: tuple[_Token, ...], at: int, words: Sequence[str], place: int) -> int:
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
    return _match(pattern, at + 1, words, place + 1) if _is(wanted, words[place]) else -1


@cache
def load(*names: str) -> Lexicon:
    """The lexicon of data files under `agent/judging/data`: each has a table per theme, a list per language."""
    return Lexicon(
        (theme, language, phrase)
        for name in names
        for theme, languages in read_table(name).items()
        for language, phrases in languages.items()
        for phrase in phrases
    )


@cache
def read_table(name: str) -> dict[str, dict[str, list[str]]]:
    """A data file as it stands: theme -> language -> phrases."""
    table: dict[str, dict[str, list[str]]] = _read(name)
    return table


def read_numbers(name: str) -> dict[str, dict[str, float]]:
    """A data file of numbers as it stands: row -> column -> number."""
    table: dict[str, dict[str, float]] = _read(name)
    return table


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("agent.judging").joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))


def words_of(table: str, theme: str) -> tuple[str, ...]:
    """All entries of a theme, of whatever language."""
    return tuple(entry for entries in read_table(table)[theme].values() for entry in entries)


def any_of(theme: str, *, escape: bool = False) -> str:
    """A theme of `vocabulary` as an alternative of a regular expression, the longest entry first."""
    entries = sorted(words_of("vocabulary", theme), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, entries) if escape else entries) + ")"
