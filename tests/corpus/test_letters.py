"""Mail written for the project: what nobody tuned to must not fall far below what somebody did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.corpus.scoring import EVAL, headline, score

LETTERS = Path(__file__).parent / "letters"
pytestmark = pytest.mark.skipif(not EVAL.is_dir(), reason="the scorer (../shared/eval) is not here")

LEAST = {
    "judge": {"precision": 0.93, "recall": 0.88, "verdicts": 0.86, "fields": 0.85},
    "link": {
        "person precision": 0.98,
        "account precision": 0.98,
        "opportunity precision": 0.95,
        "opportunity recall": 0.8,
    },
}


@pytest.mark.parametrize("half", ["known", "unseen"])
@pytest.mark.parametrize("task", ["judge", "link"])
def test_figures_hold(half: str, task: str, tmp_path: Path) -> None:
    figures: dict[str, Any] = score(task, LETTERS / half / task, EVAL / "crm.json", tmp_path)
    reached = headline(task, figures)
    assert {name: reached[name] for name, least in LEAST[task].items() if reached[name] < least} == {}
    if task == "link":
        assert figures["must_not"] == 0
