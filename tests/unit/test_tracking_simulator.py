"""Judging beside the rules of other products, on simulated mail, with fixed dice; the benchmark throws others."""

from __future__ import annotations

import pytest

from benchmarks.tracking import Judging, score, ten_seconds, two_of_three, worlds
from benchmarks.tracking_simulator import simulate

MAILS = 1_500
SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("world", ["as known", "shares varied", "held out"])
def test_people_and_machines_are_told_apart_better_than_others_do(world: str, seed: int) -> None:
    mails = list(simulate(MAILS, seed, worlds(seed)[world]))
    ours = score(mails, Judging())
    assert min(ours.f1("human"), ours.f1("machine")) >= 0.95, seed
    assert ours.lost_share <= 0.03, seed
    assert ours.triggers / ours.mails <= (0.025 if world == "held out" else 0.003), seed
    for other in (score(mails, ten_seconds), score(mails, two_of_three)):
        assert ours.f1("human") > other.f1("human"), seed
        assert ours.triggers < other.triggers, seed


def test_the_dice_decide_everything() -> None:
    weather = worlds(3)["as known"]
    first, second = (list(simulate(50, 3, weather)) for _ in range(2))
    assert [mail.hits for mail in first] == [mail.hits for mail in second]
