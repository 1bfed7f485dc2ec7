"""Settings that every process must know alike, kept with the data."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.database import Unit
from sync.store.tables import preferences

FOLDED = "folded:"
"""Before a person's name: the sections of the sidebar that they folded away, with blanks between."""

_P = preferences.c


def get(unit: Unit, name: str, default: str = "") -> str:
    value = unit.execute(sa.select(_P.value).where(_P.name == name)).scalar()
    return default if value is None else value


def put(unit: Unit, name: str, value: str) -> None:
    """Set a preference; nothing is written if it is so already."""
    held = unit.execute(sa.select(_P.value).where(_P.name == name)).scalar()
    if held is None:
        unit.execute(preferences.insert().values(name=name, value=value))
    elif held != value:
        unit.execute(preferences.update().where(_P.name == name).values(value=value))
