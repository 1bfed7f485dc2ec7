"""The conversation list as one person has it now: what is due stands first, what is put off is out of sight."""

from __future__ import annotations

from array import array
from datetime import timedelta

import sqlalchemy as sa

from crm_model.mail import Direction
from crm_model.records import RecordKind
from sync.search_query import SearchQuery
from sync.store import due, listing, next_touches
from sync.store.database import Unit
from sync.store.tables import links, records, threads
from sync.viewer import Viewer
from sync.views import Mailview

_T, _L, _R = threads.c, links.c, records.c
_DIRECTIONS = {Mailview.OWING: Direction.INCOMING, Mailview.AWAITED: Direction.OUTGOING}
TIMED = (Mailview.TRIAGE, Mailview.DUE, Mailview.LATER, *_DIRECTIONS, Mailview.COLD)
"""The views that hang on who looks, and when."""

_WORKED_ON = (RecordKind.LEAD.value, RecordKind.OPPORTUNITY.value)


def thread_ids(unit: Unit, view: Mailview, search: SearchQuery | None, viewer: Viewer) -> array[int]:
    """The ids of a view's conversations; only those that `search` asks for, if it is given."""
    if view not in TIMED:
        return listing.thread_ids(unit, view, search)
    put_off = next_touches.put_off(unit, viewer.author, viewer.now)
    if view is Mailview.LATER:
        return array("q", (each for each in listing.thread_ids(unit, Mailview.ALL, search) if each in put_off))
    if view not in (Mailview.TRIAGE, Mailview.DUE):
        shown = _cold(viewer) if view is Mailview.COLD else _late(view, viewer)
        return _without(listing.thread_ids(unit, view, search, shown=shown), put_off)
    came = due.due_threads(unit, viewer)
    if view is Mailview.DUE and search is None:
        return array("q", came)
    if view is Mailview.DUE:
        found = listing.thread_ids(unit, view, search, shown=_T.id.in_(came))
    else:  # one search for both: each goes through all mail
        found = listing.thread_ids(unit, view, search, also=came)
    if search:
        held = set(found)
        came = tuple(each for each in came if each in held)
    return array("q", came) + _without(found, put_off.union(came))


def counts(unit: Unit, viewer: Viewer) -> dict[Mailview, int]:
    """How many conversations each view holds."""
    plain = listing.counts(unit)
    came = due.due_threads(unit, viewer)
    put_off = next_touches.put_off(unit, viewer.author, viewer.now)
    triage = plain[Mailview.TRIAGE] + len(came) - listing.open_among(unit, put_off.union(came))
    late = {view: len(thread_ids(unit, view, None, viewer)) for view in (*_DIRECTIONS, Mailview.COLD)}
    return {**plain, **late, Mailview.TRIAGE: triage, Mailview.DUE: len(came), Mailview.LATER: len(put_off)}


def _without(ids: array[int], left_out: frozenset[int]) -> array[int]:
    return array("q", (each for each in ids if each not in left_out)) if left_out else ids


def _late(view: Mailview, viewer: Viewer) -> sa.ColumnElement[bool]:
    """Linked, and the last word is old enough that somebody should hear of it; what is cold is no more awaited."""
    patience = viewer.patience
    days = patience.our_turn_days if view is Mailview.OWING else patience.reply_due_days
    late = sa.and_(
        _T.archived_at.is_(None),
        _T.linked.is_(True),
        _T.last_direction == _DIRECTIONS[view].value,
        _T.last_at <= viewer.now - timedelta(days=days),
    )
    if view is Mailview.OWING:
        return late
    return sa.and_(late, _T.last_at > viewer.now - timedelta(days=patience.cold_days))


def _cold(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The newest conversation of each lead and opportunity that goes on, where that is too long ago."""
    newest = (
        sa.select(_L.record_id, sa.func.max(_T.last_at).label("at"))
        .join(records, _R.id == _L.record_id)
        .join(threads, _T.id == _L.thread_id)
        .where(_R.kind.in_(_WORKED_ON), _R.state == "live", _R.is_open.is_(True), _L.removed_at.is_(None))
        .group_by(_L.record_id)
        .having(sa.func.max(_T.last_at) <= viewer.now - timedelta(days=viewer.patience.cold_days))
        .subquery("newest")
    )
    last = threads.alias("last")
    cold = (
        sa.select(last.c.id)
        .join(links, _L.thread_id == last.c.id)
        .join(newest, sa.and_(newest.c.record_id == _L.record_id, newest.c.at == last.c.last_at))
        .where(_L.removed_at.is_(None))
    )
    return _T.id.in_(cold)
