"""Threads as they are stored: each family of messages taken apart by `sync.threads.partition`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sync.store.batches import allocate_ids, batches, insert_many
from sync.store.database import Unit
from sync.store.families import NewMessage, unite_families
from sync.store.links import AGENT
from sync.store.tables import links, messages, suggestions, thread_cuts, thread_joins, threads
from sync.store.thread_summary import refresh_threads
from sync.subjects import base_subject
from sync.threads import ThreadFacts, partition

GIANT_FAMILY = 2_000
"""A family this large (a machine's endless conversation) is no longer taken apart: new mail joins its main thread."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """The thread of each arriving message, by message id, and every thread whose row is to be refreshed."""

    thread_of: dict[int, int]
    touched: frozenset[int]


@dataclass(slots=True)
class _Family:
    """A family's messages: facts and, for stored ones, the thread they are in now."""

    id: int
    facts: dict[int, ThreadFacts] = field(default_factory=dict)
    threads: dict[int, int] = field(default_factory=dict)


def assign_threads(unit: Unit, arriving: Sequence[NewMessage]) -> Assigned:
    """Find the threads of arriving messages; stored messages move where the arrivals tie or untie them.

    The caller inserts the messages with these threads in the same transaction and then calls `refresh_threads`.
    """
    family_of = unite_families(unit, arriving)
    giants = _giants(unit, set(family_of.values()))
    families = _load(unit, set(family_of.values()) - giants.keys())
    for message in arriving:
        if family_of[message.id] not in giants:
            family = families.setdefault(family_of[message.id], _Family(family_of[message.id]))
            family.facts[message.id] = message.facts
    placed = _settle(unit, families.values())
    thread_of = {
        message.id: placed[message.id] if message.id in placed else giants[family_of[message.id]]
        for message in arriving
    }
    return Assigned(thread_of, frozenset(thread_of.values()) | _moved(families.values(), placed))


def rederive(unit: Unit, family_ids: Collection[int]) -> list[int]:
    """Take families apart again, after a cut or a join; the ids of the threads that changed, refreshed."""
    families = _load(unit, family_ids)
    placed = _settle(unit, families.values())
    changed = _moved(families.values(), placed)
    refresh_threads(unit, changed)
    return sorted(changed)


def _moved(families: Collection[_Family], placed: dict[int, int]) -> frozenset[int]:
    """The threads that a stored message left or came to."""
    return frozenset(
        thread_id
        for family in families
        for message_id, old in family.threads.items()
        if placed[message_id] != old
        for thread_id in (old, placed[message_id])
    )


def _settle(unit: Unit, families: Collection[_Family]) -> dict[int, int]:
    """Partition the families and write what moves; the thread of every message."""
    cuts, joins = _persons_wishes(unit, families)
    placed: dict[int, int] = {}
    homeless: list[tuple[int, list[int]]] = []
    for family in families:
        groups = _partition(family, cuts, joins)
        for group, thread_id in zip(groups, _kept_threads(groups, family.threads), strict=True):
            if thread_id is None:
                homeless.append((family.id, group))
            else:
                placed.update(dict.fromkeys(group, thread_id))
    new_ids = allocate_ids(unit, threads, len(homeless))
    insert_many(
        unit,
        threads,
        [{"id": new_id, "family_id": family_id} for new_id, (family_id, _) in zip(new_ids, homeless, strict=True)],
    )
    for new_id, (_, group) in zip(new_ids, homeless, strict=True):
        placed.update(dict.fromkeys(group, new_id))
    _move(unit, families, placed)
    return placed


def _partition(family: _Family, cuts: frozenset[str], joins: Sequence[tuple[str, str]]) -> list[list[int]]:
    if len(family.facts) == 1:
        return [list(family.facts)]
    ids = {fact.key: message_id for message_id, fact in family.facts.items()}
    nodes = {fact.node for fact in family.facts.values()}
    mine = [pair for pair in joins if nodes.issuperset(pair)]
    return [[ids[fact.key] for fact in group] for group in partition(list(family.facts.values()), cuts, mine)]


def _persons_wishes(unit: Unit, families: Collection[_Family]) -> tuple[frozenset[str], list[tuple[str, str]]]:
    """Cuts and joins made by hand; both tables are short, so they are read whole."""
    if all(len(family.facts) == 1 for family in families):
        return frozenset(), []
    cuts = frozenset(unit.execute(sa.select(thread_cuts.c.node)).scalars())
    joins = unit.execute(sa.select(thread_joins.c.node_a, thread_joins.c.node_b)).all()
    return cuts, [(one, other) for one, other in joins]


def _kept_threads(groups: Sequence[Sequence[int]], stored: dict[int, int]) -> list[int | None]:
    """For each group the stored thread it goes on as: the one with most of its messages, each thread used once."""
    claims: list[tuple[int, int, int]] = []
    for index, group in enumerate(groups):
        counted = Counter(stored[message_id] for message_id in group if message_id in stored)
        claims.extend((-count, thread_id, index) for thread_id, count in counted.items())
    kept: list[int | None] = [None] * len(groups)
    taken: set[int] = set()
    for _, thread_id, index in sorted(claims):
        if kept[index] is None and thread_id not in taken:
            kept[index] = thread_id
            taken.add(thread_id)
    return kept


def _move(unit: Unit, families: Collection[_Family], placed: dict[int, int]) -> None:
    """Stored messages into their threads; what hung on an emptied thread follows its messages."""
    moved = [
        (message_id, old, placed[message_id])
        for family in families
        for message_id, old in family.threads.items()
        if placed[message_id] != old
    ]
    if not moved:
        return
    unit.execute(
        messages.update().where(messages.c.id == sa.bindparam("moved_id")).values(thread_id=sa.bindparam("to_thread")),
        [{"moved_id": message_id, "to_thread": new} for message_id, _, new in moved],
    )
    unit.execute(
        suggestions.update()
        .where(suggestions.c.message_id == sa.bindparam("moved_id"))
        .values(thread_id=sa.bindparam("to_thread")),
        [{"moved_id": message_id, "to_thread": new} for message_id, _, new in moved],
    )
    alive = set(placed.values())
    heirs: dict[int, Counter[int]] = defaultdict(Counter)
    for _, old, new in moved:
        heirs[old][new] += 1
    for old, counted in heirs.items():
        if old not in alive:
            _bequeath(unit, old, counted.most_common(1)[0][0])


def _bequeath(unit: Unit, emptied: int, heir: int) -> None:
    """Links of an emptied thread go to its heir; a tombstone on either side stays one."""
    theirs = {row.record_id: row for row in unit.execute(sa.select(links).where(links.c.thread_id == heir))}
    for row in unit.execute(sa.select(links).where(links.c.thread_id == emptied)).all():
        same = theirs.get(row.record_id)
        if same is None:
            unit.execute(links.update().where(links.c.id == row.id).values(thread_id=heir))
            continue
        if row.removed_at and not same.removed_at and same.author == AGENT:
            unit.execute(links.update().where(links.c.id == same.id).values(removed_at=row.removed_at))
        unit.execute(links.delete().where(links.c.id == row.id))
    unit.execute(
        threads.update()
        .where(sa.or_(threads.c.id == emptied, threads.c.merged_into == emptied))
        .values(merged_into=heir)
    )


def _giants(unit: Unit, family_ids: Collection[int]) -> dict[int, int]:
    """The main thread of each family that is too large to take apart at every arrival."""
    found: dict[int, int] = {}
    for some in batches(family_ids):
        large = (
            sa.select(threads.c.family_id)
            .where(threads.c.family_id.in_(some))
            .group_by(threads.c.family_id)
            .having(sa.func.sum(threads.c.message_count) > GIANT_FAMILY)
        )
        for family_id in unit.execute(large).scalars().all():
            main = sa.select(threads.c.id).where(threads.c.family_id == family_id)
            main = main.order_by(threads.c.message_count.desc(), threads.c.id).limit(1)
            found[family_id] = unit.execute(main).scalar_one()
    return found


def _load(unit: Unit, family_ids: Collection[int]) -> dict[int, _Family]:
    """The stored messages of these families."""
    found: dict[int, _Family] = {}
    for some in batches(family_ids):
        rows = unit.execute(
            sa.select(
                threads.c.family_id,
                messages.c.id,
                messages.c.thread_id,
                messages.c.key,
                messages.c.node,
                messages.c.subject,
                messages.c.subject_key,
                messages.c.from_email,
                messages.c.orphan_reply,
                messages.c.thread_facts,
                sa.func.coalesce(messages.c.sent_at, messages.c.received_at, type_=messages.c.received_at.type).label(
                    "at"
                ),
            )
            .join(messages, messages.c.thread_id == threads.c.id)
            .where(threads.c.family_id.in_(some))
        )
        for row in rows:
            family = found.setdefault(row.family_id, _Family(row.family_id))
            family.facts[row.id] = _facts(row)
            family.threads[row.id] = row.thread_id
    return found


def facts_columns(facts: ThreadFacts) -> dict[str, Any]:
    """What a message row keeps of its facts, beside subject, sender and times."""
    lists = {
        "chain": list(facts.chain),
        "hints": list(facts.hints),
        "tags": list(facts.tags),
        "parties": sorted(facts.parties),
        "conversation": [facts.conversation] if facts.conversation else [],
    }
    return {
        "node": facts.node,
        "subject_key": facts.subject_key,
        "orphan_reply": facts.orphan_reply,
        "thread_facts": {name: values for name, values in lists.items() if values},
    }


def _facts(row: Any) -> ThreadFacts:
    lists = row.thread_facts
    return ThreadFacts(
        key=row.key,
        node=row.node,
        at=row.at,
        chain=tuple(lists.get("chain", ())),
        hints=tuple(lists.get("hints", ())),
        tags=tuple(lists.get("tags", ())),
        subject=base_subject(row.subject)[0],
        subject_key=row.subject_key,
        sender=row.from_email,
        parties=frozenset(lists.get("parties", ())),
        orphan_reply=row.orphan_reply,
        conversation=next(iter(lists.get("conversation", ())), ""),
    )
