"""What the agent decided on threads: links, questions to a person, and what it must know before it decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from crm_model.changes import ChangeKind
from crm_model.links import Candidate, Reason
from crm_model.mail import Outcome
from crm_model.records import Fields
from sync.store.batches import batches, insert_many, insert_missing
from sync.store.database import Unit
from sync.store.links import AGENT
from sync.store.suggestions import CREATE_LEAD, LINK
from sync.store.tables import links, messages, outbox, suggestions


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A thread before a decision: its records, the tombstones on it, whether a question is open."""

    links: tuple[int, ...] = ()
    refused: frozenset[int] = frozenset()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that the agent makes; `message_id` is where the evidence stood."""

    thread_id: int
    message_id: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class NewSuggestion:
    """A question to a person. With `fields`: make this lead? With `candidates`: which of these?"""

    thread_id: int
    message_id: int
    odds: float
    reasons: tuple[Reason, ...]
    fields: Fields = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()

    @property
    def kind(self) -> str:
        return LINK if self.candidates else CREATE_LEAD

    @property
    def email(self) -> str:
        return "" if self.candidates else str(self.fields.get("email") or "").lower()


def thread_states(unit: Unit, thread_ids: Collection[int]) -> dict[int, ThreadState]:
    """The state of each thread; those without any are left out."""
    linked: dict[int, list[int]] = defaultdict(list)
    refused: dict[int, set[int]] = defaultdict(set)
    asked: set[int] = set()
    for some in batches(thread_ids):
        query = sa.select(links.c.thread_id, links.c.record_id, links.c.removed_at).where(links.c.thread_id.in_(some))
        for thread_id, record_id, removed_at in unit.execute(query.order_by(links.c.id)):
            if removed_at is None:
                linked[thread_id].append(record_id)
            else:
                refused[thread_id].add(record_id)
        open_ones = sa.select(suggestions.c.thread_id).where(
            suggestions.c.thread_id.in_(some), suggestions.c.state == "open"
        )
        asked.update(unit.execute(open_ones).scalars())
    return {
        thread_id: ThreadState(tuple(linked[thread_id]), frozenset(refused[thread_id]), thread_id in asked)
        for thread_id in {*linked, *refused, *asked}
    }


def leads_wanted(unit: Unit, emails: Collection[str]) -> set[str]:
    """Which of these addresses have an open suggestion for a lead."""
    found: set[str] = set()
    for some in batches(emails):
        query = sa.select(suggestions.c.email).where(suggestions.c.email.in_(some), suggestions.c.state == "open")
        found.update(unit.execute(query).scalars())
    return found


def leads_made(unit: Unit, sender: str, since: datetime) -> int:
    """How many leads the agent made by itself since then of mail from an address."""
    query = (
        sa.select(sa.func.count(sa.distinct(outbox.c.id)))
        .join(links, links.c.record_id == outbox.c.record_id)
        .join(messages, messages.c.id == links.c.message_id)
        .where(messages.c.from_email == sender, outbox.c.kind == ChangeKind.CREATE.value)
        .where(outbox.c.author == AGENT, outbox.c.created_at >= since)
    )
    return int(unit.execute(query).scalar_one())


def add_links(unit: Unit, new: Sequence[NewLink], now: datetime) -> None:
    """Link threads to records, but never where a link or a tombstone is already."""
    insert_missing(
        unit,
        links,
        [
            {
                "thread_id": link.thread_id,
                "record_id": link.candidate.record_id,
                "message_id": link.message_id,
                "rule": link.candidate.reason.rule,
                "evidence": link.candidate.reason.evidence,
                "odds": link.candidate.odds,
                "author": AGENT,
                "created_at": now,
            }
            for link in new
        ],
    )


def add_suggestions(unit: Unit, new: Sequence[NewSuggestion], now: datetime) -> None:
    insert_many(
        unit,
        suggestions,
        [
            {
                "thread_id": each.thread_id,
                "message_id": each.message_id,
                "kind": each.kind,
                "email": each.email,
                "fields": dict(each.fields),
                "candidates": [
                    [found.record_id, found.odds, found.reason.rule, found.reason.evidence] for found in each.candidates
                ],
                "odds": each.odds,
                "reasons": [[reason.rule, reason.evidence] for reason in each.reasons],
                "created_at": now,
            }
            for each in new
        ],
    )


def settle_linked(unit: Unit, thread_ids: Collection[int]) -> None:
    """Mail that was held or in question counts as linked once its thread is; open questions there are superseded."""
    for some in batches(thread_ids):
        unit.execute(
            messages.update()
            .where(messages.c.thread_id.in_(some))
            .where(messages.c.outcome.in_([Outcome.HELD.value, Outcome.SUGGESTED.value]))
            .values(outcome=Outcome.LINKED.value, rule="thread")
        )
        unit.execute(
            suggestions.update()
            .where(suggestions.c.thread_id.in_(some), suggestions.c.state == "open")
            .values(state="superseded")
        )
