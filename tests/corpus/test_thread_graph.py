"""Threads of a real list of 50,000 messages against what Dovecot's THREAD=REFS says of it."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.threads import ThreadFacts, UnionFind, partition

GRAPH = Path(__file__).parents[2].parent / "shared/data/threads"
COUNT = 50_000


def facts_of(line: str) -> ThreadFacts:
    row = json.loads(line)
    chain = [*row["refs"], *row["irt"][:1]]
    return ThreadFacts(
        key=str(row["n"]),
        node=f"{row['id']}" if row["id"] is not None else f"key {row['n']}",
        at=datetime.fromtimestamp(row["date"] or 0, UTC),
        chain=tuple(dict.fromkeys(str(each) for each in chain)),
        subject=str(row["subject"]),
        sender=str(row["from"][:1]),
        parties=frozenset(map(str, [*row["from"], *row["to"]])),
    )


def pairs(counts: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in counts.values())


def test_partition_agrees_with_dovecot() -> None:
    if not GRAPH.exists():
        pytest.skip("the thread graph ../shared/data/threads is not here")
    with gzip.open(GRAPH / "list-90k.jsonl.gz", "rt") as lines:
        facts = [facts_of(line) for line, _ in zip(lines, range(COUNT), strict=False)]
    with gzip.open(GRAPH / "list-50k.refs.tsv.gz", "rt") as lines:
        theirs = {n: thread for n, thread, _ in (line.split("\t") for line in lines if not line.startswith("#"))}
    sets = UnionFind()
    for fact in facts:
        for node in fact.nodes:
            sets.union(fact.node, node)
    families: dict[str, list[ThreadFacts]] = defaultdict(list)
    for fact in facts:
        families[sets.find(fact.node)].append(fact)
    ours = {
        fact.key: number
        for number, thread in enumerate(thread for family in families.values() for thread in partition(family))
        for fact in thread
    }
    together = pairs(Counter((ours[n], theirs[n]) for n in ours))
    precision = together / pairs(Counter(ours.values()))
    recall = together / pairs(Counter(theirs[n] for n in ours))
    assert precision >= 0.998, precision
    assert recall >= 0.98, recall
