"""Running a rehearsal over a labelled folder and the scorer over what it said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from agent.rehearsal import rehearse

EVAL = Path(__file__).parents[2].parent / "shared" / "eval"


def score(task: str, mail: Path, records: Path, folder: Path) -> dict[str, Any]:
    """What the scorer says of a rehearsal over `mail`, whose labels stand beside it."""
    lines = rehearse(mail, EVAL / "context.json", records)
    predictions, figures = folder / "predictions.jsonl", folder / "figures.json"
    predictions.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = [sys.executable, str(EVAL / "score.py"), task, str(mail / "labels.jsonl"), str(predictions)]
    subprocess.run([*command, "--json", str(figures)], check=True, capture_output=True)
    found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return found


def headline(task: str, figures: dict[str, Any]) -> dict[str, float]:
    """The figures that must hold, in parts of one."""
    if task == "link":
        slots = ("person", "account", "opportunity")
        return {f"{slot} {side}": figures[slot][side] for slot in slots for side in ("precision", "recall")}
    fields = [figures["fields"][name] for name in figures["fields"]]
    stated = sum(field["accuracy_found"] for field in fields) / len(fields)
    return {
        "precision": figures["precision"],
        "recall": figures["recall"],
        "verdicts": figures["verdict_accuracy"],
        "fields": stated,
    }
