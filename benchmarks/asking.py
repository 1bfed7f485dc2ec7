"""How often the right deal is the first, or among the first three, that mail with several open deals asks about.

The labelled accounts mostly have one open deal. So each also gets two, then four more, named like deals of others.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent.rehearsal import rehearse
from benchmarks.page import markdown

_SEEDS = (1, 2, 3, 4)
_BOUNDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)
Labels = list[dict[str, Any]]


def asking_tables(folder: Path, evaluation: Path) -> list[str]:
    """What is linked and asked with no, two and four more deals; then how often a deal was meant at which odds."""
    records = json.loads((evaluation / "crm.json").read_text(encoding="utf-8"))
    labels: Labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    rows, said = [], []
    for more in (0, 2, 4):
        counts: Counter[str] = Counter()
        for seed in _SEEDS if more else _SEEDS[:1]:
            lines = _rehearsed(folder, evaluation, crowded(records, more, seed))
            counts += _counted(labels, lines)
            said += [pair for label in labels for pair in _odds(label, lines[label["file"]])]
        rows.append((str(more), *_shares(counts)))
    head = ("more open deals", "cases", "linked to a deal", "right of these", "asked", "right first", "among three")
    return [
        markdown((*head, "asked, none meant"), rows),
        markdown(("odds said", "deals", "meant"), _reliability(said)),
    ]


def crowded(records: Mapping[str, Any], more: int, seed: int) -> dict[str, Any]:
    """The same records, and for each account with an open deal `more` of them, with one of its people in each."""
    chance = random.Random(seed)
    deals = list(records["opportunities"])
    titles = [deal["name"] for deal in deals]
    people: dict[str, list[str]] = {}
    for person in records["contacts"]:
        people.setdefault(str(person.get("account_id")), []).append(person["id"])
    busy = sorted({deal["account_id"] for deal in deals if not deal["stage"].startswith("closed")})
    for place, account in enumerate(account for account in busy for _ in range(more)):
        held = people.get(account, [])
        deals.append(
            {
                "id": f"more{place}",
                "name": chance.choice(titles),
                "account_id": account,
                "contact_ids": chance.sample(held, min(len(held), 1)),
                "stage": "proposal",
            }
        )
    chance.shuffle(deals)
    return {**records, "opportunities": deals}


def _rehearsed(folder: Path, evaluation: Path, records: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "crm.json"
        file.write_text(json.dumps(records), encoding="utf-8")
        return {line["file"]: line for line in rehearse(folder, evaluation / "context.json", file)}


def _meant(label: Mapping[str, Any]) -> set[str]:
    return {label["opportunity"], *label.get("acceptable", ())} - {None}


def _odds(label: Mapping[str, Any], line: Mapping[str, Any]) -> list[tuple[float, bool]]:
    return [(odds, deal in _meant(label)) for deal, odds in line["asked"]]


def _counted(labels: Labels, lines: Mapping[str, Mapping[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter(cases=len(labels))
    for label in labels:
        line, right = lines[label["file"]], [hit for _, hit in _odds(label, lines[label["file"]])]
        counts["linked"] += bool(line["opportunity"])
        counts["right"] += line["opportunity"] in _meant(label)
        counts["asked"] += bool(right)
        counts["first"] += any(right[:1])
        counts["three"] += any(right[:3])
        counts["none"] += bool(right) and not _meant(label)
    return counts


def _shares(counts: Counter[str]) -> tuple[str, ...]:
    linked = f"{100 * counts['right'] / counts['linked']:.1f} %" if counts["linked"] else "none made"
    return (
        *(str(counts[name]) for name in ("cases", "linked")),
        linked,
        *(str(counts[name]) for name in ("asked", "first", "three", "none")),
    )


def _reliability(said: list[tuple[float, bool]]) -> list[tuple[str, str, str]]:
    rows = []
    for low, high in pairwise(_BOUNDS):
        hits = [hit for odds, hit in said if low <= odds < high]
        if hits:
            rows.append((f"{low:.1f} to {high:.1f}", str(len(hits)), f"{100 * sum(hits) / len(hits):.0f} %"))
    return rows
