"""How far the agent has collected from each outpost; moved in the transaction that keeps what was collected."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_model.safe_text import safe_line
from crm_model.web_events import WebEvent, pack_event, unpack_event
from sync.store.batches import insert_missing
from sync.store.database import Unit
from sync.store.tables import outposts, stranded_events

OUTPOST = "web"
"""The one outpost's row."""

_P, _S = outposts.c, stranded_events.c
_FILES = "blobs"


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


def set_aside(unit: Unit, event: WebEvent, files: Mapping[str, bytes], reason: str, now: datetime) -> None:
    """Keep an event that nothing could be made of, whole, with its files by blob and the reason."""
    packed = pack_event(event) | {_FILES: {blob: b64encode(data).decode() for blob, data in files.items()}}
    row = {"event": event.id, "packed": packed, "reason": safe_line(reason), "at": now}
    insert_missing(unit, stranded_events, [row])


def stranded(unit: Unit) -> list[str]:
    """The ids of events that were set aside, oldest first."""
    return list(unit.execute(sa.select(_S.event).order_by(_S.at, _S.event)).scalars())


def stranded_event(unit: Unit, event_id: str) -> tuple[WebEvent, dict[str, bytes]] | None:
    """An event that was set aside, and its files; None for one that this program can't read either."""
    packed = unit.execute(sa.select(_S.packed).where(_S.event == event_id)).scalar_one_or_none()
    try:
        files = {blob: b64decode(data) for blob, data in (packed or {}).get(_FILES, {}).items()}
        return (unpack_event(packed), files) if packed else None
    except ValueError:
        return None


def forget_stranded(unit: Unit, event_id: str) -> None:
    """Something was made of it after all."""
    unit.execute(stranded_events.delete().where(_S.event == event_id))
