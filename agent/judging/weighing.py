"""How likely each verdict is, given the signs of a message: weights added up, then shares of one.

A multinomial logistic model: each verdict's points are the sum over the signs of strength times weight, and its
probability is exp(points) over the sum of all. `data/weights.toml` holds the weights; `python -m
benchmarks.judgement_fit` fits them to labelled mail. A sign that supports a verdict is a reason that a person reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

from agent.judging.lexicon import read_numbers
from crm_model.links import VerdictKind

Weights = Mapping[str, Sequence[float]]  # sign -> a weight for each of KINDS
_FAINT = 0.1
KINDS = (
    *(VerdictKind.ENQUIRY, VerdictKind.PITCH, VerdictKind.SPAM, VerdictKind.SUPPORT, VerdictKind.RECRUITING),
    *(VerdictKind.PERSONAL, VerdictKind.INVOICE, VerdictKind.AUTO_REPLY, VerdictKind.NEWSLETTER),
    *(VerdictKind.NOTIFICATION, VerdictKind.OTHER),
)


@cache
def weights() -> Weights:
    """What `weights.toml` says."""
    return {
        sign: tuple(float(row.get(kind.value, 0.0)) for kind in KINDS) for sign, row in read_numbers("weights").items()
    }


def shares(signs: Mapping[str, float], table: Weights) -> dict[VerdictKind, float]:
    """The probability of each verdict; they add up to one."""
    points = [0.0] * len(KINDS)
    for sign, strength in signs.items():
        row = table.get(sign)
        if row is not None:
            points = [value + weight * strength for value, weight in zip(points, row, strict=True)]
    top = max(points)
    raised = [math.exp(value - top) for value in points]
    total = sum(raised)
    return {kind: value / total for kind, value in zip(KINDS, raised, strict=True)}


def supporting(signs: Mapping[str, float], kind: VerdictKind, table: Weights) -> list[str]:
    """The signs that speak for a verdict against the others, the strongest first."""
    place, rest = KINDS.index(kind), len(KINDS) - 1
    gains = []
    for sign, strength in signs.items():
        row = table.get(sign)
        if row is not None:
            gains.append(((row[place] - (sum(row) - row[place]) / rest) * strength, sign))
    return [sign for gain, sign in sorted(gains, reverse=True) if gain > _FAINT]
