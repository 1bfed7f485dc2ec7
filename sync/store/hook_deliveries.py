"""How far each hook was told of each happening: claimed under a lease, settled with what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.happenings import Event
from crm_model.safe_text import safe_line
from sync.store.database import Unit
from sync.store.tables import happenings, hook_deliveries

_D, _H = hook_deliveries.c, happenings.c


@dataclass(frozen=True, slots=True)
class Delivery:
    """One telling. `key` is the same at every try, so that the receiver knows it again."""

    id: int
    hook: str
    key: str
    event: Event
    at: datetime
    data: Mapping[str, Any]
    state: str
    attempts: int
    next_at: datetime
    status: int
    error: str
    settled_at: datetime | None


def claim(unit: Unit, hook: str, *, now: datetime, lease_seconds: float) -> Delivery | None:
    """The oldest due delivery of a hook; nobody else gets it until the lease ends."""
    free = sa.or_(_D.claimed_until.is_(None), _D.claimed_until < now)
    due = _joined().where(_D.hook == hook, _D.state == "waiting", _D.next_at <= now, free).order_by(_D.id).limit(1)
    row = unit.execute(due.with_for_update(skip_locked=True, of=hook_deliveries)).one_or_none()
    if row is None:
        return None
    unit.execute(
        hook_deliveries.update().where(_D.id == row.id).values(claimed_until=now + timedelta(seconds=lease_seconds))
    )
    return _delivery(row)


def has_due(unit: Unit, hooks: Collection[str], now: datetime) -> bool:
    """Whether any of these hooks is to be told something now."""
    query = sa.select(_D.id).where(_D.hook.in_(list(hooks)), _D.state == "waiting", _D.next_at <= now)
    return unit.execute(query.limit(1)).first() is not None


def settle(unit: Unit, delivery_id: int, *, state: str, status: int, error: str, now: datetime) -> None:
    """It was told ("delivered"), or never will be ("failed")."""
    _set(unit, delivery_id, state=state, status=status, error=safe_line(error), settled_at=now, claimed_until=None)


def postpone(unit: Unit, delivery_id: int, *, attempts: int, status: int, error: str, next_at: datetime) -> None:
    """It is told later, and why not now."""
    values = {"attempts": attempts, "status": status, "error": safe_line(error), "next_at": next_at}
    _set(unit, delivery_id, **values, claimed_until=None)


def hold_back(unit: Unit, hook: str, until: datetime, error: str) -> None:
    """Nothing is told to this hook before then, and why."""
    waiting = (_D.hook == hook, _D.state == "waiting", _D.next_at < until)
    unit.execute(hook_deliveries.update().where(*waiting).values(next_at=until, error=safe_line(error)))


def close_hook(unit: Unit, hook: str, error: str, now: datetime) -> int:
    """The receiver is gone for good: all that waits for it fails; how many that were."""
    waiting = (_D.hook == hook, _D.state == "waiting")
    values = {"state": "failed", "error": safe_line(error), "settled_at": now}
    return unit.execute(hook_deliveries.update().where(*waiting).values(**values)).rowcount


def listed(unit: Unit, *, hook: str = "", state: str = "", limit: int = 200) -> list[Delivery]:
    """Deliveries, the newest first, of one hook and in one state if asked for."""
    query = _joined().order_by(_D.id.desc()).limit(limit)
    if hook:
        query = query.where(_D.hook == hook)
    if state:
        query = query.where(_D.state == state)
    return [_delivery(row) for row in unit.execute(query)]


def replay(unit: Unit, delivery_ids: Collection[int], now: datetime) -> int:
    """Tell these again, with the same key; how many there were."""
    here = _D.id.in_(list(delivery_ids))
    fresh = {"state": "waiting", "attempts": 0, "next_at": now, "settled_at": None, "error": "", "claimed_until": None}
    return unit.execute(hook_deliveries.update().where(here).values(**fresh)).rowcount


def forget_before(unit: Unit, limit: datetime) -> None:
    """Happenings from before `limit` of which nothing waits any more."""
    waiting = sa.select(_D.happening_id).where(_D.state == "waiting")
    unit.execute(happenings.delete().where(_H.at < limit, _H.id.not_in(waiting)))


def _joined() -> sa.Select[Any]:
    return sa.select(hook_deliveries, _H.key, _H.event, _H.at, _H.data).join(happenings, _H.id == _D.happening_id)


def _set(unit: Unit, delivery_id: int, **values: Any) -> None:
    unit.execute(hook_deliveries.update().where(_D.id == delivery_id).values(**values))


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        hook=row.hook,
        key=row.key,
        event=Event(row.event),
        at=row.at,
        data=row.data,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        status=row.status,
        error=row.error,
        settled_at=row.settled_at,
    )
