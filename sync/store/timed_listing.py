"""The conversation list as one person has it now: what is due stands first, what is put off is out of sight."""

from __future__ import annotations

from array import array

from sync.search_query import SearchQuery
from sync.store import due, listing, next_touches
from sync.store.database import Unit
from sync.views import Mailview, Viewer

_TIMED = (Mailview.TRIAGE, Mailview.DUE, Mailview.LATER)


def thread_ids(unit: Unit, view: Mailview, search: SearchQuery | None, viewer: Viewer) -> array[int]:
    """The ids of a view's conversations; only those that `search` asks for, if it is given."""
    if view not in _TIMED:
        return listing.thread_ids(unit, view, search)
    put_off = next_touches.put_off(unit, viewer.author, viewer.now)
    if view is Mailview.LATER:
        return array("q", (each for each in listing.thread_ids(unit, Mailview.ALL, search) if each in put_off))
    came = due.due_threads(unit, viewer)
    if search and came:
        found = set(listing.thread_ids(unit, Mailview.ALL, search))
        came = tuple(each for each in came if each in found)
    if view is Mailview.DUE:
        return array("q", came)
    elsewhere = put_off.union(came)
    return array("q", [*came, *(each for each in listing.thread_ids(unit, view, search) if each not in elsewhere)])
