"""When conversations come back to whoever put them off, and what is to be done then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.mail import Direction, Outcome
from sync.store.conversations import surviving_thread
from sync.store.database import Unit
from sync.store.tables import activities, messages, next_touches, threads
from sync.views import NextTouch

_N, _M = next_touches.c, messages.c
_ANSWERED = sa.exists().where(  # a person wrote since it was put off: machines' mail brings nothing back
    _M.thread_id == _N.thread_id,
    _M.direction == Direction.INCOMING.value,
    _M.outcome != Outcome.IGNORED.value,
    _M.received_at > _N.created_at,
)
_WRITTEN = sa.exists().where(  # we wrote since it came back
    _M.thread_id == _N.thread_id, _M.direction == Direction.OUTGOING.value, _M.received_at > _N.at
)
_DONE = sa.exists().where(activities.c.id == _N.activity_id, activities.c.done.is_(True))
_STANDS = sa.and_(~_DONE, sa.or_(_N.what != "", ~_WRITTEN))


def put(
    unit: Unit, thread_id: int, *, author: str, at: datetime, what: str, activity_id: int | None, now: datetime
) -> None:
    """Set a person's next touch of a conversation, in place of the one before."""
    remove(unit, thread_id, author)
    values = {"at": at, "what": what, "activity_id": activity_id, "created_at": now}
    unit.execute(next_touches.insert().values(thread_id=thread_id, author=author, **values))


def remove(unit: Unit, thread_id: int, author: str) -> None:
    unit.execute(next_touches.delete().where(_N.thread_id == thread_id, _N.author == author))


def snapshot(unit: Unit, thread_id: int, author: str) -> dict[str, Any] | None:
    """A next touch as plain JSON, None if there is none: what `put_back` takes."""
    row = unit.execute(sa.select(next_touches).where(_N.thread_id == thread_id, _N.author == author)).one_or_none()
    if row is None:
        return None
    return {
        "at": row.at.isoformat(),
        "what": row.what,
        "activity_id": row.activity_id,
        "created_at": row.created_at.isoformat(),
    }


def put_back(unit: Unit, thread_id: int, author: str, before: dict[str, Any] | None) -> None:
    """Make a next touch what `snapshot` said that it was."""
    remove(unit, thread_id, author)
    if before is not None:
        times = {name: datetime.fromisoformat(before[name]) for name in ("at", "created_at")}
        unit.execute(next_touches.insert().values(thread_id=thread_id, author=author, **before | times))


def task_of(unit: Unit, thread_id: int, author: str) -> int | None:
    """The task that the next touch is, None for none."""
    here = sa.select(_N.activity_id).where(_N.thread_id == thread_id, _N.author == author)
    return unit.execute(here).scalar()


def of_thread(unit: Unit, thread_id: int, author: str) -> NextTouch | None:
    """A person's next touch of a conversation, None if there is none or it is dealt with."""
    here = sa.select(_N.at, _N.what).where(_N.thread_id == thread_id, _N.author == author, _STANDS)
    row = unit.execute(here).one_or_none()
    return NextTouch(row.at, row.what) if row else None


def came(unit: Unit, author: str, now: datetime) -> list[tuple[datetime, int]]:
    """When which conversations came back and are not dealt with; conversations that were joined since included."""
    query = _with_thread(sa.and_(_N.author == author, _N.at <= now, _STANDS))
    return [(row.at, _survivor(unit, row)) for row in unit.execute(query).all()]


def put_off(unit: Unit, author: str, now: datetime) -> frozenset[int]:
    """The conversations that are put off and have no answer since."""
    query = _with_thread(sa.and_(_N.author == author, _N.at > now, ~_ANSWERED))
    return frozenset(_survivor(unit, row) for row in unit.execute(query).all())


def _with_thread(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    query = sa.select(_N.at, _N.thread_id, threads.c.merged_into)
    return query.join(threads, threads.c.id == _N.thread_id).where(where)


def _survivor(unit: Unit, row: Any) -> int:
    """Most conversations are what they were: only those joined with others are followed."""
    return int(row.thread_id) if row.merged_into is None else surviving_thread(unit, row.thread_id)
