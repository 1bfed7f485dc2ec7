"""Questions of the agent to the person: make this lead? which of these records? (`decisions` asks them.)"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.field_values import pack_fields, unpack_fields
from crm_model.links import CREATE_LEAD, DEAL, Reason
from crm_model.mail import Outcome
from crm_model.records import Fields, FieldValue, RecordKind
from sync.store.database import Unit
from sync.store.tables import messages, records, suggestions, threads
from sync.views import CandidateRow, SuggestionView

_LEAD_RULE = "lead"  # of agent.linking.rules.lead

_S = suggestions.c


def get(unit: Unit, suggestion_id: int) -> SuggestionView | None:
    """A suggestion whatever its state."""
    row = unit.execute(sa.select(suggestions).where(_S.id == suggestion_id)).one_or_none()
    return None if row is None else _views(unit, [row])[0]


def state_of(unit: Unit, suggestion_id: int) -> str:
    """open, accepted, rejected or superseded; "" if there is no such suggestion."""
    return unit.execute(sa.select(_S.state).where(_S.id == suggestion_id)).scalar() or ""


def open_for_thread(unit: Unit, thread_id: int) -> SuggestionView | None:
    """The newest open question about a thread."""
    open_here = sa.and_(_S.thread_id == thread_id, _S.state == "open")
    rows = unit.execute(sa.select(suggestions).where(open_here).order_by(_S.id.desc()).limit(1)).all()
    return _views(unit, rows)[0] if rows else None


def open_ids(unit: Unit, thread_id: int, linked: RecordKind | None = None) -> list[int]:
    """The ids of every open question about a thread; of those that a link to a record of this kind answers."""
    query = sa.select(_S.id).where(_S.thread_id == thread_id, _S.state == "open")
    if linked not in (None, RecordKind.OPPORTUNITY):
        query = query.where(_S.kind != DEAL)
    return list(unit.execute(query).scalars())


def decide(unit: Unit, suggestion_ids: Collection[int], state: str, now: datetime | None, *, remark: str = "") -> None:
    """Set accepted, rejected, superseded, or open again (`now` None); `remark` is why a person said no."""
    values = {"state": state, "decided_at": now, "remark": remark}
    unit.execute(suggestions.update().where(_S.id.in_(list(suggestion_ids))).values(**values))


def complete_lead(unit: Unit, email: str, stated: Fields) -> None:
    """The lead that is suggested for this address, with what the same person stated since."""
    here = sa.and_(_S.email == email.lower(), _S.state == "open", _S.kind == CREATE_LEAD)
    for row in unit.execute(sa.select(_S.id, _S.fields).where(here)).all():
        fields = joined_answers(unpack_fields(row.fields), stated)
        unit.execute(suggestions.update().where(_S.id == row.id).values(fields=pack_fields(fields)))


def joined_answers(before: Fields, stated: Fields) -> dict[str, FieldValue]:
    """The first answer to each question; a second text goes below the first."""
    joined = {**stated, **before}
    first, second = str(before.get("description") or ""), str(stated.get("description") or "")
    if second and second not in first:
        joined["description"] = f"{first}\n\n{second}".strip()
    return joined


def held_for(unit: Unit, email: str) -> list[int]:
    """Unlinked threads with mail of this person that was held because a lead for the address was suggested already."""
    m = messages.c
    query = (
        sa.select(m.thread_id)
        .join(threads, threads.c.id == m.thread_id)
        .where(m.from_email == email.lower(), m.outcome == Outcome.HELD.value, m.rule == _LEAD_RULE)
        .where(threads.c.linked.is_(False), threads.c.merged_into.is_(None))
    )
    return list(unit.execute(query.distinct().order_by(m.thread_id)).scalars())


def list_open(unit: Unit, limit: int) -> tuple[SuggestionView, ...]:
    """Open questions, newest first."""
    query = sa.select(suggestions).where(_S.state == "open").order_by(_S.id.desc()).limit(limit)
    return tuple(_views(unit, unit.execute(query).all()))


def _views(unit: Unit, rows: Sequence[Any]) -> list[SuggestionView]:
    named = {candidate[0] for row in rows for candidate in row.candidates}
    r = records.c
    # A candidate that is gone, or no longer usable, is no choice.
    live = unit.execute(sa.select(r.id, r.kind, r.title).where(r.id.in_(named), r.state == "live")) if named else ()
    known = {row.id: row for row in live}
    return [_view(row, known) for row in rows]


def _view(row: Any, known: dict[int, Any]) -> SuggestionView:
    return SuggestionView(
        id=row.id,
        thread_id=row.thread_id,
        kind=row.kind,
        odds=row.odds,
        fields=unpack_fields(row.fields),
        candidates=tuple(
            CandidateRow(record_id, RecordKind(known[record_id].kind), known[record_id].title, odds, Reason(rule, why))
            for record_id, odds, rule, why in row.candidates
            if record_id in known
        ),
        reasons=tuple(Reason(rule, evidence) for rule, evidence in row.reasons),
        created_at=row.created_at,
        about_deal=row.kind == DEAL,
    )
