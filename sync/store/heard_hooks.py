"""Which calls of incoming hooks were taken: a program that had no answer calls again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from sync.store.database import Unit
from sync.store.tables import heard_hooks

_H = heard_hooks.c


def is_known(unit: Unit, event: str) -> bool:
    """Whether this call was taken."""
    return unit.execute(sa.select(_H.event).where(_H.event == event)).first() is not None


def remember(unit: Unit, event: str, now: datetime) -> None:
    """It is taken, in this transaction."""
    unit.execute(heard_hooks.insert().values(event=event, at=now))


def forget_before(unit: Unit, limit: datetime) -> None:
    """Nobody calls again after so long."""
    unit.execute(heard_hooks.delete().where(_H.at < limit))
