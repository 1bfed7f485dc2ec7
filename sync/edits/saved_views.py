"""Keeping a view under a name."""

from __future__ import annotations

import dataclasses

from crm_model.errors import NotFound, Rejected
from crm_model.safe_text import safe_line
from sync.desk_views import SavedView
from sync.store import saved_views
from sync.store.database import Store

_LONGEST_NAME = 40


def save_view(store: Store, saved: SavedView, author: str) -> None:
    """Keep a view, in place of one of the same name. Errors: Rejected for no name, or one that is too long."""
    name = safe_line(saved.name)
    if not name or len(name) > _LONGEST_NAME:
        raise Rejected(f"A view's name has 1 to {_LONGEST_NAME} letters.", field_errors={"name": "This is needed."})
    with store.write() as unit:
        saved_views.put(unit, author, dataclasses.replace(saved, name=name))


def forget_view(store: Store, name: str, author: str) -> None:
    """Errors: NotFound."""
    with store.write() as unit:
        if not saved_views.remove(unit, author, name):
            raise NotFound(f"There is no view called “{safe_line(name)}”.")
