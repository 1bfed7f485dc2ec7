"""Families of messages: union-find over every id seen or referenced, kept in `thread_nodes`.

A family's id is the id of the first message that made it. When a message ties families together, the smallest
id wins and the others' rows follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from sync.store.batches import batches, insert_missing
from sync.store.database import Unit
from sync.store.tables import messages, thread_nodes, threads
from sync.threads import ThreadFacts, UnionFind


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message about to be stored: its id to be and what threading knows of it."""

    id: int
    facts: ThreadFacts


def unite(unit: Unit, nodes: Iterable[str]) -> int:
    """Put these nodes into one family (a person joins two threads); its id."""
    wanted = list(nodes)
    rows = unit.execute(sa.select(thread_nodes.c.family_id).where(thread_nodes.c.node.in_(wanted)))
    found = sorted(set(rows.scalars()))
    if not found:
        raise ValueError("no family holds these nodes")
    _merge_families(unit, dict.fromkeys(found[1:], found[0]))
    return int(found[0])


def also_known(unit: Unit, node: str, other: str) -> None:
    """Another node of the same message: what names either belongs to one family."""
    family = unit.execute(sa.select(thread_nodes.c.family_id).where(thread_nodes.c.node == node)).scalar_one()
    insert_missing(unit, thread_nodes, [{"node": other, "family_id": family}])
    unite(unit, [node, other])


def unite_families(unit: Unit, arriving: Sequence[NewMessage]) -> dict[int, int]:
    """The family of each arriving message; nodes and merges are written."""
    known: dict[str, int] = {}
    for some in batches([node for message in arriving for node in message.facts.nodes]):
        rows = unit.execute(
            sa.select(thread_nodes.c.node, thread_nodes.c.family_id).where(thread_nodes.c.node.in_(some))
        )
        known.update((node, family_id) for node, family_id in rows)
    bonds = _subject_families(unit, arriving)
    sets = UnionFind()
    for message in arriving:
        for node in message.facts.nodes:
            sets.union(message.facts.node, node)
            if node in known:
                sets.union(node, f"family {known[node]}")
        for family_id in bonds.get(message.facts.subject_key, ()):
            sets.union(message.facts.node, f"family {family_id}")
    _bond_orphans(sets, arriving)
    members: dict[str, set[int]] = defaultdict(set)
    for family_id in {*known.values(), *(each for some in bonds.values() for each in some)}:
        members[sets.find(f"family {family_id}")].add(family_id)
    family_of: dict[str, int] = {}
    for message in arriving:
        root = sets.find(message.facts.node)
        family_of.setdefault(root, min(members[root]) if members[root] else message.id)
    _merge_families(
        unit, {loser: family_of[root] for root, ids in members.items() for loser in ids if loser != family_of[root]}
    )
    fresh = {node: family_of[sets.find(node)] for m in arriving for node in m.facts.nodes if node not in known}
    insert_missing(unit, thread_nodes, [{"node": node, "family_id": family} for node, family in fresh.items()])
    return {message.id: family_of[sets.find(message.facts.node)] for message in arriving}


def _subject_families(unit: Unit, arriving: Sequence[NewMessage]) -> dict[str, set[int]]:
    """By subject key, the stored families that a reply without ids ties an arriving message to."""
    orphans = {m.facts.subject_key for m in arriving if m.facts.orphan_reply and m.facts.subject_key}
    keys = {m.facts.subject_key for m in arriving if m.facts.subject_key}
    found: dict[str, set[int]] = defaultdict(set)
    for some in batches(keys):
        rows = unit.execute(
            sa.select(messages.c.subject_key, threads.c.family_id)
            .join(threads, threads.c.id == messages.c.thread_id)
            .where(messages.c.subject_key.in_(some))
            .where(sa.or_(messages.c.orphan_reply, messages.c.subject_key.in_([key for key in some if key in orphans])))
        )
        for key, family_id in rows:
            found[key].add(family_id)
    return found


def _bond_orphans(sets: UnionFind, arriving: Sequence[NewMessage]) -> None:
    """The same among the arriving messages themselves."""
    by_key: dict[str, list[ThreadFacts]] = defaultdict(list)
    for message in arriving:
        if message.facts.subject_key:
            by_key[message.facts.subject_key].append(message.facts)
    for alike in by_key.values():
        if any(fact.orphan_reply for fact in alike):
            for fact in alike[1:]:
                sets.union(alike[0].node, fact.node)


def _merge_families(unit: Unit, winners: dict[int, int]) -> None:
    if not winners:
        return
    rows = [{"loser": loser, "winner": winner} for loser, winner in winners.items()]
    for table in (thread_nodes, threads):
        unit.execute(
            table.update().where(table.c.family_id == sa.bindparam("loser")).values(family_id=sa.bindparam("winner")),
            rows,
        )
