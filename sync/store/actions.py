"""What people did, and what undoing it needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync.store.database import Unit
from sync.store.tables import actions
from sync.views import ActionRow

_A = actions.c


@dataclass(frozen=True, slots=True)
class StoredAction:
    """An action of `kind` with the plain JSON that its undo reads."""

    id: int
    kind: str
    label: str
    author: str
    at: datetime
    undo: dict[str, Any]
    undone: bool


def add(unit: Unit, kind: str, label: str, undo: dict[str, Any], *, author: str, now: datetime) -> int:
    """Remember an action; its id."""
    statement = actions.insert().values(at=now, author=author, kind=kind, label=label, undo=undo)
    return int(unit.execute(statement.returning(_A.id)).scalar_one())


def finish(unit: Unit, action_id: int, label: str, undo: dict[str, Any]) -> None:
    """Name an action and what undoing it needs, once its own rows are known."""
    unit.execute(actions.update().where(_A.id == action_id).values(label=label, undo=undo))


def drop(unit: Unit, action_id: int) -> None:
    """Forget an action that turned out to change nothing."""
    unit.execute(actions.delete().where(_A.id == action_id))


def get(unit: Unit, action_id: int) -> StoredAction | None:
    row = unit.execute(sa.select(actions).where(_A.id == action_id)).one_or_none()
    return None if row is None else _stored(row)


def newest(unit: Unit, author: str) -> StoredAction | None:
    """The last action of this person that is not undone."""
    query = sa.select(actions).where(_A.undone_at.is_(None), _A.author == author).order_by(_A.id.desc()).limit(1)
    row = unit.execute(query).one_or_none()
    return None if row is None else _stored(row)


def undoable(unit: Unit, limit: int) -> tuple[ActionRow, ...]:
    """Actions that are not undone, newest first."""
    query = sa.select(actions).where(_A.undone_at.is_(None)).order_by(_A.id.desc()).limit(limit)
    return tuple(ActionRow(row.id, row.at, row.author, row.label, undone=False) for row in unit.execute(query))


def mark_undone(unit: Unit, action_id: int, now: datetime) -> None:
    unit.execute(actions.update().where(_A.id == action_id).values(undone_at=now))


def _stored(row: Any) -> StoredAction:
    return StoredAction(row.id, row.kind, row.label, row.author, row.at, row.undo, row.undone_at is not None)
