"""How far the agent has collected from each outpost; moved in the transaction that keeps what was collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_model.safe_text import safe_line
from crm_model.web_events import WebEvent, pack_event
from sync.store.batches import insert_missing
from sync.store.database import Unit
from sync.store.tables import outposts, stranded_events

_P = outposts.c


@dataclass(frozen=True, slots=True)
class OutpostState:
    """`unknown_hits`: of tokens that nobody made; `broken_lines`: of its spool; `last_error` "" when all is well."""

    name: str
    cursor: str = ""
    collected_at: datetime | None = None
    unknown_hits: int = 0
    broken_lines: int = 0
    last_error: str = ""


def state_of(unit: Unit, name: str) -> OutpostState:
    """Everything at its beginning for an outpost that was never asked."""
    row = unit.execute(sa.select(outposts).where(_P.name == name)).mappings().one_or_none()
    return OutpostState(name) if row is None else OutpostState(**row)


def move(unit: Unit, name: str, cursor: str, now: datetime, *, unknown: int = 0, broken: int = 0) -> None:
    """Everything before `cursor` is kept."""
    insert_missing(unit, outposts, [{"name": name}])
    counts = {"unknown_hits": _P.unknown_hits + unknown, "broken_lines": _P.broken_lines + broken}
    values = {"cursor": cursor, "collected_at": now, "last_error": "", **counts}
    unit.execute(outposts.update().where(_P.name == name).values(**values))


def note_error(unit: Unit, name: str, problem: str) -> None:
    """What keeps the agent from collecting, in words."""
    insert_missing(unit, outposts, [{"name": name}])
    unit.execute(outposts.update().where(_P.name == name).values(last_error=safe_line(problem)))


def set_aside(unit: Unit, event: WebEvent, reason: str, now: datetime) -> None:
    """Keep an event that nothing could be made of, whole and with the reason."""
    row = {"event": event.id, "packed": pack_event(event), "reason": safe_line(reason), "at": now}
    insert_missing(unit, stranded_events, [row])
