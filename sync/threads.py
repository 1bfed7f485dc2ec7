"""Which messages belong to one conversation: a law over a set of messages, whatever their order of arrival.

A *family* is a connected component over every id that messages carry, reference or hint at; it only ever grows,
so union-find keeps it as mail arrives (`sync.store.threads`). A family is nearly always one thread. Where it is
not, `partition` says so, from the family's messages alone:

- In-Reply-To with text around the id is a hint: it counts if the id is a message's own or stands in References.
- One Message-ID on different mails (broken senders) is no bond between them.
- A reply that changes subject and people long after its parent begins a new thread, as does a message where a
  person cut; what hangs below goes with it. A person's join holds against everything.
- A reply by its subject alone ("SV: Tilbud", no ids) joins the newest earlier mail with that subject between the
  same parties, within `SUBJECT_WINDOW`. Otherwise subjects bind nothing.
- A mailbox's own opinion (Gmail's threadId) binds a reply of which no ancestor is here to the mail before it, and
  nothing else: Gmail puts a form's enquiries together when they have one subject.

Sources: RFC 5256 and jwz's description; where mail disagrees with both, the reason stands beside the code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

SUBJECT_WINDOW = timedelta(days=30)
HIJACK_GAP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What threading knows of a message.

    `key` is unique to the message, `node` its Message-ID or what stands for one. `chain` are referenced nodes,
    oldest first; `hints` ids that count only if known otherwise; `tags` nodes shared by mails of one conversation
    (ticket numbers, Thread-Index). `parties` are the addresses that are not ours. `conversation` is the one that a
    mailbox puts the message in, "" where none has an opinion.
    """

    key: str
    node: str
    at: datetime
    chain: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    subject: str = ""
    subject_key: str = ""
    sender: str = ""
    parties: frozenset[str] = field(default_factory=frozenset)
    orphan_reply: bool = False
    conversation: str = ""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every node that ties this message to a family."""
        told = (f"conversation {self.conversation}",) if self.conversation else ()
        return (self.node, *self.chain, *self.hints, *self.tags, *told)


class UnionFind:
    """Disjoint sets over text, with path halving and a deterministic root: the smallest member."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, node: str) -> str:
        parent = self._parent
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def union(self, one: str, other: str) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low


def partition(
    family: Sequence[ThreadFacts],
    cuts: Iterable[str] = (),
    joins: Iterable[tuple[str, str]] = (),
) -> list[list[ThreadFacts]]:
    """The threads of a family, each oldest message first; the order of `family` does not matter.

    `cuts` are nodes where a person began a new thread, `joins` pairs of nodes that a person put together.
    """
    facts = sorted(family, key=lambda fact: (fact.at, fact.key))
    own = _own_nodes(facts)
    chains = _chains(facts, own)
    heads = _Heads(facts, own, chains, frozenset(cuts))
    sets = UnionFind()
    for fact in facts:
        node = own[fact.key]
        head = heads.of(node)
        sets.find(node)
        for other in chains[fact.key]:
            if heads.of(other) == head:
                sets.union(node, other)
        for tag in fact.tags:
            sets.union(node, f"{tag} under {head}")
    for one, other in (*_subject_bonds(facts, own), *_conversation_bonds(facts, own, chains)):
        if not heads.is_cut(one):
            sets.union(one, other)
    by_node = {fact.node: own[fact.key] for fact in reversed(facts)}
    for one, other in joins:
        sets.union(by_node.get(one, one), by_node.get(other, other))
    threads: dict[str, list[ThreadFacts]] = defaultdict(list)
    for fact in facts:
        threads[sets.find(own[fact.key])].append(fact)
    return list(threads.values())


def _own_nodes(facts: Sequence[ThreadFacts]) -> dict[str, str]:
    """Each message's node; where different mails carry one Message-ID, all but the oldest get one of their own."""
    oldest: dict[str, ThreadFacts] = {}
    oldest_alike: dict[tuple[str, str, str], ThreadFacts] = {}
    own: dict[str, str] = {}
    for fact in facts:
        holder = oldest.setdefault(fact.node, fact)
        alike = oldest_alike.setdefault((fact.node, fact.sender, fact.subject), fact)
        same_mail = (holder.sender, holder.subject) == (fact.sender, fact.subject)
        own[fact.key] = fact.node if same_mail else f"{fact.node} of {alike.key}"
    return own


def _chains(facts: Sequence[ThreadFacts], own: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The nodes each message references; of mails with one Message-ID, that with the reply's subject is meant."""
    known = {node for fact in facts for node in (fact.node, *fact.chain)}
    holders: dict[str, list[ThreadFacts]] = defaultdict(list)
    for fact in facts:
        holders[fact.node].append(fact)

    def meant(node: str, subject: str) -> str:
        candidates = holders.get(node, ())
        if len(candidates) < 2:
            return node
        return own[next((fact for fact in candidates if fact.subject == subject), candidates[0]).key]

    return {
        fact.key: tuple(
            meant(node, fact.subject)
            for node in (*(hint for hint in fact.hints if hint in known), *fact.chain)
            if node != fact.node
        )
        for fact in facts
    }


class _Heads:
    """For every node the nearest cut at or above it, or the root of its tree."""

    def __init__(
        self,
        facts: Sequence[ThreadFacts],
        own: dict[str, str],
        chains: dict[str, tuple[str, ...]],
        cuts: frozenset[str],
    ) -> None:
        carriers = {own[fact.key]: fact for fact in reversed(facts)}
        self._parent: dict[str, str] = {}
        for fact in facts:
            chain = chains[fact.key]
            if chain:
                self._parent.setdefault(own[fact.key], chain[-1])
        ghosts = sorted(
            (child, parent) for chain in chains.values() for parent, child in pairwise(chain) if child not in carriers
        )
        for child, parent in ghosts:
            self._parent.setdefault(child, parent)
        self._cuts = {
            own[fact.key] for fact in facts if fact.node in cuts or _is_hijack(fact, self._parent, carriers, own)
        }
        self._head: dict[str, str] = {}

    def is_cut(self, node: str) -> bool:
        return node in self._cuts

    def of(self, node: str) -> str:
        if not self._cuts:
            return ""
        path: list[str] = []
        seen: set[str] = set()
        while node not in self._head and node not in self._cuts and node not in seen:
            seen.add(node)
            path.append(node)
            parent = self._parent.get(node)
            if parent is None:
                break
            node = parent
        # A loop of references has no root: its smallest node stands for it.
        head = self._head.get(node) or (min(path[path.index(node) :]) if node in seen and path[-1] != node else node)
        self._head.update((passed, head) for passed in path)
        return head


def _is_hijack(
    fact: ThreadFacts, parents: dict[str, str], carriers: dict[str, ThreadFacts], own: dict[str, str]
) -> bool:
    """Whether a message only borrowed an old mail as an address book: other subject, other people, long after."""
    parent = carriers.get(parents.get(own[fact.key], ""))
    return (
        parent is not None
        and fact.subject != parent.subject
        and fact.at - parent.at > HIJACK_GAP
        and bool(fact.parties)
        and fact.parties.isdisjoint(parent.parties)
    )


def _subject_bonds(facts: Sequence[ThreadFacts], own: dict[str, str]) -> list[tuple[str, str]]:
    """Replies that name no message, each with the newest earlier mail of its subject and parties."""
    latest: dict[str, ThreadFacts] = {}
    bonds = []
    for fact in facts:
        earlier = latest.get(fact.subject_key) if fact.subject_key else None
        if fact.orphan_reply and earlier and fact.at - earlier.at <= SUBJECT_WINDOW:
            bonds.append((own[fact.key], own[earlier.key]))
        if fact.subject_key:
            latest[fact.subject_key] = fact
    return bonds


def _conversation_bonds(
    facts: Sequence[ThreadFacts], own: dict[str, str], chains: dict[str, tuple[str, ...]]
) -> list[tuple[str, str]]:
    """Replies none of whose ancestors is here, each with the newest earlier mail of its mailbox's conversation."""
    carried = set(own.values())
    latest: dict[str, ThreadFacts] = {}
    bonds = []
    for fact in facts:
        chain, earlier = chains[fact.key], latest.get(fact.conversation) if fact.conversation else None
        lost = fact.orphan_reply or (bool(chain) and carried.isdisjoint(chain))
        if earlier is not None and lost:
            bonds.append((own[fact.key], own[earlier.key]))
        if fact.conversation:
            latest[fact.conversation] = fact
    return bonds
