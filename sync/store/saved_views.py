"""Views that a person keeps under a name."""

from __future__ import annotations

import sqlalchemy as sa

from crm_model.field_values import clean_text
from sync.desk_views import VIEWS, SavedView
from sync.store.database import Unit
from sync.store.tables import saved_views

_S = saved_views.c


def listed(unit: Unit, author: str) -> tuple[SavedView, ...]:
    """A person's views by name; one whose kind no longer exists is left out."""
    rows = unit.execute(sa.select(saved_views).where(_S.author == author).order_by(_S.name))
    return tuple(SavedView(row.name, VIEWS[row.view], row.search) for row in rows if row.view in VIEWS)


def named(unit: Unit, author: str, name: str) -> SavedView | None:
    """The view of this name."""
    return next((each for each in listed(unit, author) if each.name == clean_text(name)), None)


def put(unit: Unit, author: str, saved: SavedView) -> None:
    """Keep a view, in place of one of the same name."""
    name = clean_text(saved.name)
    remove(unit, author, name)
    values = {"view": saved.view.value, "search": clean_text(saved.text)}
    unit.execute(saved_views.insert().values(author=author, name=name, **values))


def remove(unit: Unit, author: str, name: str) -> bool:
    """Forget a view; False if there is none of this name."""
    return unit.execute(saved_views.delete().where(_S.author == author, _S.name == name)).rowcount > 0
