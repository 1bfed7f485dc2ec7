"""The words of a deal's name in a mail: whole, as a stem, inside a compound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from agent.judging.lexicon import any_of, fold, words_in, words_of
from crm_model.records import KnownRecord

_STOP = frozenset(map(fold, words_of("vocabulary", "deal_stop_words"))) | {str(year) for year in range(2015, 2041)}
_COMMON = re.compile(rf"^{any_of('deal_common_pattern')}$")
_SHORTEST = 3


class Telling(NamedTuple):
    """The words of a text that can tell one deal from another, and all of them as one string to look into."""

    words: frozenset[str]
    joined: str


def telling(words: Sequence[str]) -> Telling:
    """What of a text counts."""
    told = frozenset(word for word in words if len(word) >= _SHORTEST and word not in _STOP)
    return Telling(told, " ".join(told))


def overlap(deal: KnownRecord, told: Telling) -> float:
    """Points for the different words of a deal's name that a text holds, whole, as a stem or inside a compound."""
    total = 0.0
    for word in title_words(deal.title):
        share = 1.0 if word in told.words else _likest(word, told)
        total += share * (0.5 if _COMMON.match(word) else 1.0)
    return total


def _likest(word: str, told: Telling) -> float:
    """The likeness of the likest word; what is alike shares four letters in a row, which is quick to tell."""
    if not any(word[at : at + 4] in told.joined for at in range(len(word) - 3)):
        return 0.0
    return max((likeness(word, other) for other in told.words), default=0.0)


@lru_cache(maxsize=4096)  # the deals in question are the same for many mails
def title_words(title: str) -> tuple[str, ...]:
    """The different words of a deal's name that say something."""
    return tuple(word for word in dict.fromkeys(words_in(title)) if len(word) >= _SHORTEST and word not in _STOP)


@lru_cache(maxsize=65_536)  # few words make most of all mail, and few deals are open
def likeness(word: str, other: str) -> float:
    """1 for the same word or stem, less for a part of a compound, 0 for strangers."""
    short, long = sorted((word, other), key=len)
    if word == other or len(short) < 4:
        return 1.0 if word == other else 0.0
    shared = next((at for at, char in enumerate(short) if long[at] != char), len(short))
    if shared >= 5 and shared * 2 > len(long):
        return 1.0
    inside = len(short) >= 5 and short in long
    if inside or (shared >= 4 and shared >= len(short) - 2):
        return 0.8
    stem = short[:-1] if len(short) >= 5 else short
    return 0.6 if shared >= 5 or stem in long else 0.0
