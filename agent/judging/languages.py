"""Which languages a text may be in, by its small words: enough to tell whose phrases count in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from agent.judging.lexicon import fold, read_table

_WORDS = 160  # of a text's beginning
_CLOSE = 0.6  # a language with this share of the best one's words stays: Norwegian and Danish are told apart by little
_LEAST = 2


@cache
def _small_words() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in read_table("languages")["language"].items():
        for word in words:
            found.setdefault(fold(word), []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def languages_of(words: Sequence[str]) -> frozenset[str]:
    """The languages that folded words may be in; none if they tell too little."""
    counts: dict[str, int] = {}
    small = _small_words()
    for word in words[:_WORDS]:
        for language in small.get(word, ()):
            counts[language] = counts.get(language, 0) + 1
    best = max(counts.values(), default=0)
    if best < _LEAST:
        return frozenset()
    return frozenset(language for language, count in counts.items() if count >= best * _CLOSE)
