"""What the agent decided on threads: links, questions to a person, and what it must know before it decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.changes import ChangeKind
from crm_model.links import CREATE_LEAD, DEAL, LINK, Candidate, Reason
from crm_model.mail import Outcome
from crm_model.records import Fields
from sync.store.batches import batches, insert_many, insert_missing
from sync.store.database import Unit
from sync.store.links import AGENT
from sync.store.tables import links, messages, outbox, suggestions


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A thread before a decision: its records, the tombstones on it, whether a question is open.

    `deals_asked`: deals that an open or rejected question was about.
    """

    links: tuple[int, ...] = ()
    refused: frozenset[int] = frozenset()
    asked: bool = False
    deals_asked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that the agent makes; `message_id` is where the evidence stood."""

    thread_id: int
    message_id: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class NewSuggestion:
    """A question to a person. With `fields`: make this lead? With `candidates`: which of these?

    `about_deal`: the thread is linked to its person or account, only the deal is in question.
    """

    thread_id: int
    message_id: int
    odds: float
    reasons: tuple[Reason, ...]
    fields: Fields = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    about_deal: bool = False

    @property
    def kind(self) -> str:
        if not self.candidates:
            return CREATE_LEAD
        return DEAL if self.about_deal else LINK

    @property
    def record_ids(self) -> frozenset[int]:
        return frozenset(candidate.record_id for candidate in self.candidates)

    @property
    def email(self) -> str:
        return "" if self.candidates else str(self.fields.get("email") or "").lower()


def thread_states(unit: Unit, thread_ids: Collection[int]) -> dict[int, ThreadState]:
    """The state of each thread; those without any are left out."""
    linked: dict[int, list[int]] = defaultdict(list)
    refused: dict[int, set[int]] = defaultdict(set)
    asked: set[int] = set()
    deals: dict[int, set[int]] = defaultdict(set)
    for some in batches(thread_ids):
        query = sa.select(links.c.thread_id, links.c.record_id, links.c.removed_at).where(links.c.thread_id.in_(some))
        for thread_id, record_id, removed_at in unit.execute(query.order_by(links.c.id)):
            if removed_at is None:
                linked[thread_id].append(record_id)
            else:
                refused[thread_id].add(record_id)
        for row in unit.execute(_questions(some)):
            if row.state == "open":
                asked.add(row.thread_id)
            if row.kind == DEAL:
                deals[row.thread_id].update(candidate[0] for candidate in row.candidates)
    return {
        thread_id: ThreadState(
            tuple(linked[thread_id]), frozenset(refused[thread_id]), thread_id in asked, frozenset(deals[thread_id])
        )
        for thread_id in {*linked, *refused, *asked, *deals}
    }


def _questions(thread_ids: Collection[int]) -> sa.Select[tuple[int, str, str, list[Any]]]:
    """Open questions, and those about a deal that a person said no to."""
    s = suggestions.c
    refused = sa.and_(s.kind == DEAL, s.state == "rejected")
    return sa.select(s.thread_id, s.kind, s.state, s.candidates).where(
        s.thread_id.in_(thread_ids), sa.or_(s.state == "open", refused)
    )


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


def settle_linked(unit: Unit, thread_ids: Collection[int], on_deals: Collection[int]) -> None:
    """Mail that was held or in question counts as linked once its thread is; open questions there are superseded.

    Which deal it is stays a question until the thread is `on_deals`.
    """
    for some in batches(thread_ids):
        unit.execute(
            messages.update()
            .where(messages.c.thread_id.in_(some))
            .where(messages.c.outcome.in_([Outcome.HELD.value, Outcome.SUGGESTED.value]))
            .values(outcome=Outcome.LINKED.value, rule="thread")
        )
        unit.execute(
            suggestions.update()
            .where(suggestions.c.thread_id.in_(some), suggestions.c.state == "open", suggestions.c.kind != DEAL)
            .values(state="superseded")
        )
    for some in batches(on_deals):
        unit.execute(
            suggestions.update()
            .where(suggestions.c.thread_id.in_(some), suggestions.c.state == "open", suggestions.c.kind == DEAL)
            .values(state="superseded")
        )
