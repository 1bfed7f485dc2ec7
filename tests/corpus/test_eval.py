"""The labelled sets of the shared folder: the figures must not fall below what was reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.rehearsal import rehearse

EVAL = Path(__file__).parents[2].parent / "shared" / "eval"
pytestmark = pytest.mark.skipif(not EVAL.is_dir(), reason="the labelled sets (../shared/eval) are not here")


@pytest.fixture(scope="module", params=["judge", "link"])
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    task = request.param
    folder = tmp_path_factory.mktemp("eval")
    lines = rehearse(EVAL / "dev" / task, EVAL / "context.json", EVAL / "crm.json")
    predictions, figures = folder / "predictions.jsonl", folder / "figures.json"
    predictions.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    labels = EVAL / "dev" / task / "labels.jsonl"
    command = [sys.executable, str(EVAL / "score.py"), task, str(labels), str(predictions), "--json", str(figures)]
    subprocess.run(command, check=True, capture_output=True)
    return task, json.loads(figures.read_text(encoding="utf-8"))


def test_figures_hold(scored: tuple[str, dict[str, Any]]) -> None:
    task, figures = scored
    if task == "judge":
        assert figures["precision"] >= 0.97
        assert figures["recall"] >= 0.95
        assert figures["verdict_accuracy"] >= 0.95
        for name in ("first_name", "last_name", "email", "phone_e164", "budget", "website"):
            assert figures["fields"][name]["accuracy_found"] >= 0.9, name
    else:
        assert figures["person"]["precision"] >= 0.98
        assert figures["account"]["precision"] >= 0.98
        assert figures["opportunity"]["precision"] >= 0.95
        assert figures["opportunity"]["recall"] >= 0.85
        assert figures["must_not"] == 0
