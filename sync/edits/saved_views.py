"""Keeping a view under a name."""

from __future__ import annotations

import dataclasses

from crm_model.errors import NotFound, Rejected
from crm_model.safe_text import safe_line
from sync.desk_views import VIEWS, SavedView
from sync.edits.edit import Edit, edit, shortened
from sync.store import saved_views
from sync.store.database import Store

_LONGEST_NAME = 40


def save_view(store: Store, saved: SavedView, author: str) -> None:
    """Keep a view, in place of one of the same name. Errors: Rejected for no name, or one that is too long."""
    name = safe_line(saved.name)
    if not name or len(name) > _LONGEST_NAME:
        raise Rejected(f"A view's name has 1 to {_LONGEST_NAME} letters.", field_errors={"name": "This is needed."})
    with edit(store, "view", author) as making:
        before = saved_views.named(making.unit, author, name)
        saved_views.put(making.unit, author, dataclasses.replace(saved, name=name))
        if (after := saved_views.named(making.unit, author, name)) != before:
            making.remember("view", author, name, _plain(before), _plain(after))
            making.label = f"view “{name}” kept"


def forget_view(store: Store, name: str, author: str) -> None:
    """Errors: NotFound."""
    with edit(store, "view", author) as making:
        before = saved_views.named(making.unit, author, name)
        if before is None:
            raise NotFound(f"There is no view called “{safe_line(name)}”.")
        saved_views.remove(making.unit, author, name)
        making.remember("view", author, name, _plain(before), None)
        making.label = f"view “{shortened(name)}” forgotten"


def undo_view(taking: Edit, author: str, name: str, before: list[str] | None, after: list[str] | None) -> None:
    """Errors: Rejected if somebody kept another view under this name since."""
    if _plain(saved_views.named(taking.unit, author, name)) != after:
        raise Rejected(f"The view “{safe_line(name)}” was changed since.")
    if before is None:
        saved_views.remove(taking.unit, author, name)
    else:
        saved_views.put(taking.unit, author, SavedView(name, VIEWS[before[0]], before[1]))


def _plain(saved: SavedView | None) -> list[str] | None:
    return None if saved is None else [saved.view.value, saved.text]
