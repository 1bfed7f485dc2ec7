"""Links between threads and records, with why; a removed one stays as a tombstone that only a person lifts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.records import RecordKind
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import links, records
from sync.views import LinkRow

AGENT = "agent"
BY_HAND = "by_hand"
"""The rule of a link that a person made."""
CREATED_FROM_MAIL = "created_from_mail"
"""The rule of the link between a conversation and the lead that a person made of it."""
MERGED = "merged_record"
"""The rule of a link that followed a record into the one that it was merged into."""

_L = links.c
# Mail belongs on the deal before the person, on the person before the company; what is over or gone comes last.
_RANK = {RecordKind.OPPORTUNITY: 0, RecordKind.LEAD: 1, RecordKind.CONTACT: 2, RecordKind.ACCOUNT: 3}
_OVER = {"live": 0, "converted": 1, "deleted": 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a thread belongs to a record. `message_id` is the stored message (its row id) where the evidence stood."""

    message_id: int
    rule: str
    evidence: str = ""
    odds: float = 1.0


def add(unit: Unit, thread_id: int, record_id: int, why: Evidence, *, author: str, now: datetime) -> bool:
    """Link, and say whether that changed anything. The agent never lifts a tombstone; a person does.

    A live link keeps its first reason.
    """
    held = _find(unit, thread_id, record_id)
    if held is not None and (held.removed_at is None or author == AGENT):
        return False
    values = {
        "message_id": why.message_id,
        "rule": why.rule,
        "evidence": why.evidence,
        "odds": why.odds,
        "author": author,
        "created_at": now,
        "removed_at": None,
    }
    if held is None:
        unit.execute(links.insert().values(thread_id=thread_id, record_id=record_id, **values))
    else:
        unit.execute(links.update().where(_L.id == held.id).values(**values))
    return True


def remove(unit: Unit, thread_id: int, record_id: int, now: datetime) -> bool:
    """Leave a tombstone in place of a live link; False if there is none."""
    here = sa.and_(_L.thread_id == thread_id, _L.record_id == record_id, _L.removed_at.is_(None))
    return unit.execute(links.update().where(here).values(removed_at=now)).rowcount > 0


def snapshot(unit: Unit, thread_id: int, record_id: int) -> dict[str, Any] | None:
    """The link or tombstone as plain JSON, None if there is neither: what `put_back` takes."""
    held = _find(unit, thread_id, record_id)
    if held is None:
        return None
    return {
        "message_id": held.message_id,
        "rule": held.rule,
        "evidence": held.evidence,
        "odds": held.odds,
        "author": held.author,
        "created_at": held.created_at.isoformat(),
        "removed_at": held.removed_at.isoformat() if held.removed_at else None,
    }


def put_back(unit: Unit, thread_id: int, record_id: int, before: dict[str, Any] | None) -> None:
    """Make a link what `snapshot` said that it was."""
    unit.execute(links.delete().where(_L.thread_id == thread_id, _L.record_id == record_id))
    if before is None:
        return
    values = before | {
        "created_at": datetime.fromisoformat(before["created_at"]),
        "removed_at": datetime.fromisoformat(before["removed_at"]) if before["removed_at"] else None,
    }
    unit.execute(links.insert().values(thread_id=thread_id, record_id=record_id, **values))


def _find(unit: Unit, thread_id: int, record_id: int) -> Any:
    return unit.execute(sa.select(links).where(_L.thread_id == thread_id, _L.record_id == record_id)).one_or_none()


def linked_records(unit: Unit, thread_id: int) -> list[int]:
    """The record ids that a thread is linked to, in the order of linking."""
    here = sa.and_(_L.thread_id == thread_id, _L.removed_at.is_(None))
    return list(unit.execute(sa.select(_L.record_id).where(here).order_by(_L.id)).scalars())


def drop_record(unit: Unit, record_id: int, now: datetime) -> list[int]:
    """Take every thread off a record that is going away; these threads, to refresh."""
    here = sa.and_(_L.record_id == record_id, _L.removed_at.is_(None))
    return list(unit.execute(links.update().where(here).values(removed_at=now).returning(_L.thread_id)).scalars())


def threads_of(unit: Unit, record_ids: Collection[int]) -> list[int]:
    """The threads that are linked to any of these records."""
    found: set[int] = set()
    for some in batches(record_ids):
        query = sa.select(_L.thread_id).where(_L.record_id.in_(some), _L.removed_at.is_(None))
        found.update(unit.execute(query).scalars())
    return sorted(found)


def follow_merge(unit: Unit, gone_id: int, into_id: int, *, now: datetime) -> None:
    """Carry the threads of a record on to the one that the CRM merged it into; refused pairs stay refused."""
    for row in unit.execute(sa.select(links).where(_L.record_id == gone_id, _L.removed_at.is_(None))).all():
        why = Evidence(row.message_id, MERGED, row.evidence, row.odds)
        add(unit, row.thread_id, into_id, why, author=AGENT, now=now)


def of_thread(unit: Unit, thread_id: int) -> tuple[LinkRow, ...]:
    """The live links of a thread, best record first."""
    r = records.c
    rows = unit.execute(
        sa.select(links, r.crm, r.kind, r.title, r.state, r.merged_into)
        .join(records, r.id == _L.record_id)
        .where(_L.thread_id == thread_id, _L.removed_at.is_(None))
        .order_by(_L.id)
    ).all()
    best = sorted(rows, key=lambda row: (_OVER.get(row.state, 0), _RANK[RecordKind(row.kind)], -row.odds))
    return tuple(
        LinkRow(
            record_id=row.record_id,
            crm=row.crm,
            kind=RecordKind(row.kind),
            title=row.title,
            rule=row.rule,
            evidence=row.evidence,
            odds=row.odds,
            author=row.author,
            created_at=row.created_at,
            broken=row.state == "deleted",
            merged=row.merged_into is not None,
        )
        for row in best
    )


def follow_conversion(
    unit: Unit,
    lead_id: int,
    contact_id: int | None,
    account_id: int | None,
    opportunity_id: int | None,
    *,
    now: datetime,
) -> list[int]:
    """Carry a converted lead's threads on to what it became (store ids; None: not made); the threads, to refresh.

    The lead's own links stay, so that its history still shows; refused pairs stay refused. An account is linked
    only where there is neither contact nor opportunity.
    """
    targets = [record_id for record_id in (opportunity_id, contact_id) if record_id is not None]
    if not targets and account_id is not None:
        targets = [account_id]
    rows = unit.execute(sa.select(links).where(_L.record_id == lead_id, _L.removed_at.is_(None))).all()
    for row in rows:
        for record_id in targets:
            why = Evidence(row.message_id, "converted_lead", row.evidence, row.odds)
            add(unit, row.thread_id, record_id, why, author=AGENT, now=now)
    return [row.thread_id for row in rows]
