"""What a person's yes and no to suggested leads teach: how each word of a mail moves the odds."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sync.filing import folded_words

ENOUGH = 5
"""Fewer decisions of either kind teach nothing."""

_STRONGEST = 12
_DAMPING = 0.5  # words of one mail are not independent
_MOST_MOVED = 2.0  # in log odds: lessons move a verdict, they don't make one
_TOLD = 3
_LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Lessons:
    """In how many mails that became leads, and that were refused, each word stood; `yes` and `no` mails in all."""

    yes: int = 0
    no: int = 0
    words: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """A probability after the lessons, and the words that moved it most."""

    probability: float
    words: tuple[str, ...]
    up: bool


def lesson_words(email: str, subject: str, text: str) -> frozenset[str]:
    """What of a mail can teach: its words, and the sender's domain as one."""
    told = {word for word in folded_words(f"{subject}\n{text[:_LONGEST]}") if len(word) > 2 and not word.isdigit()}
    return frozenset(told | {"@" + email.rpartition("@")[2]})


def move(lessons: Lessons, probability: float, words: Collection[str]) -> Moved | None:
    """The probability moved by what these words were in before (naive Bayes); None if nothing was learnt of them."""
    if min(lessons.yes, lessons.no) < ENOUGH:
        return None
    weights = {word: _weight(lessons, *lessons.words[word]) for word in words if word in lessons.words}
    strongest = sorted(weights, key=lambda word: (-abs(weights[word]), word))[:_STRONGEST]
    by = max(-_MOST_MOVED, min(_MOST_MOVED, _DAMPING * sum(weights[word] for word in strongest)))
    if abs(by) < 0.1:
        return None
    told = tuple(word for word in strongest if (weights[word] > 0) is (by > 0))[:_TOLD]
    sure = min(max(probability, 0.001), 0.999)
    odds = math.log(sure / (1 - sure)) + by
    return Moved(1 / (1 + math.exp(-odds)), told, by > 0)


def _weight(lessons: Lessons, yes: int, no: int) -> float:
    """The log odds that a word speaks for a lead; half a mail is added to each count."""
    return math.log((yes + 0.5) / (lessons.yes + 1)) - math.log((no + 0.5) / (lessons.no + 1))
