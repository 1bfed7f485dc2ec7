"""The fault rig in small: cut, refused, forgotten, renumbered, renamed, moved, labelled and killed; nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.fault_rig import Rig

MESSAGES = int(os.environ.get("HITCHPOST_RIG_MESSAGES", "400"))


@pytest.mark.timeout(max(300, MESSAGES))
@pytest.mark.parametrize(("profile", "seed"), [("qresync", 1), ("condstore", 2), ("plain", 3)])
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path, profile: str, seed: int) -> None:
    rig = Rig(tmp_path, profile, seed)
    outcome = rig.run(MESSAGES, chunk=max(80, MESSAGES // 100), kill_rate=0.15, fault_rate=0.08)
    assert outcome.is_clean, outcome
    assert outcome.wishes > 0
    assert sum(outcome.faults.values()) > 0
    assert outcome.held > MESSAGES // 2
