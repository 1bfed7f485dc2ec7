"""The conversation list: which conversations a view holds, newest first, and their rows."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from crm_model.mail import Direction
from sync.search_query import SearchQuery
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.searched_threads import narrowed
from sync.store.tables import links, messages, threads
from sync.views import Mailview, ThreadRow

_T = threads.c
_SHOWN = sa.and_(_T.last_at.is_not(None), _T.merged_into.is_(None))
_NOISE = sa.and_(_T.noise.is_(True), _T.linked.is_(False))  # a person's link lifts a conversation out of the noise
_OPEN = sa.and_(_T.archived_at.is_(None), sa.or_(_T.noise.is_(False), _T.linked.is_(True)))
_FILTERS: dict[Mailview, sa.ColumnElement[bool]] = {
    Mailview.TRIAGE: _OPEN,
    Mailview.DUE: sa.false(),  # somebody's: see timed_listing
    Mailview.LATER: sa.false(),
    Mailview.UNREAD: sa.and_(_OPEN, _T.unread_count > 0),
    Mailview.SUGGESTED: sa.and_(_T.archived_at.is_(None), _T.suggested.is_(True)),
    Mailview.LINKED: sa.and_(_T.archived_at.is_(None), _T.linked.is_(True)),
    Mailview.UNLINKED: sa.and_(_OPEN, _T.linked.is_(False)),
    Mailview.WAITING: sa.and_(
        _T.archived_at.is_(None), _T.linked.is_(True), _T.last_direction == Direction.INCOMING.value
    ),
    Mailview.OWING: sa.false(),  # somebody's, too
    Mailview.AWAITED: sa.false(),
    Mailview.COLD: sa.false(),
    Mailview.NOISE: sa.and_(_T.archived_at.is_(None), _NOISE),
    Mailview.ARCHIVED: _T.archived_at.is_not(None),
    Mailview.ALL: sa.true(),
}
_ROW = (
    _T.id,
    _T.subject,
    _T.people,
    _T.snippet,
    _T.last_at,
    _T.message_count,
    _T.unread_count,
    _T.attachment_count,
    _T.linked,
    _T.suggested,
    _T.noise,
    _T.archived_at,
    _T.last_direction,
)
_ROWS_OF = sa.select(*_ROW).where(_T.id.in_(sa.bindparam("ids", expanding=True)))


def thread_ids(
    unit: Unit,
    view: Mailview,
    search: SearchQuery | None = None,
    *,
    shown: sa.ColumnElement[bool] | None = None,
    also: Collection[int] = (),
) -> array[int]:
    """The ids of a view's conversations, newest first; only those that `search` asks for, if any is given.

    `shown` stands in the place of the view's own filter; `also` are conversations that are in the view without it.
    """
    if shown is None:
        shown = _FILTERS[Mailview.ALL if search and search.looks_everywhere else view]
    if also:
        shown = sa.or_(shown, _T.id.in_(also))
    query = sa.select(_T.id).where(_SHOWN, shown).order_by(_T.last_at.desc(), _T.id.desc())
    return collected(unit, narrowed(unit, query, search) if search else query)


def counts(unit: Unit) -> dict[Mailview, int]:
    """How many conversations each view holds, those that nobody's time decides; one walk over the list's index."""
    sums = [sa.func.count(sa.case((shown, 1))).label(view.value) for view, shown in _FILTERS.items()]
    row = unit.execute(sa.select(*sums).where(_SHOWN)).one()
    return {view: int(count) for view, count in zip(_FILTERS, row, strict=True)}


def open_among(unit: Unit, thread_ids: Collection[int]) -> int:
    """How many of these conversations are in triage as far as nobody's time is looked at."""
    found = 0
    for some in batches(thread_ids):
        here = sa.select(sa.func.count()).where(_SHOWN, _OPEN, _T.id.in_(some))
        found += int(unit.execute(here).scalar_one())
    return found


def collected(unit: Unit, query: sa.Select[int]) -> array[int]:
    """The ids that a query gives, in its order."""
    # One aggregated value instead of a hundred thousand rows: the driver's work per row is most of the time.
    inner = query.subquery()
    if unit.dialect.name == "sqlite":
        return array("q", json.loads(unit.execute(sa.select(sa.func.json_group_array(inner.c.id))).scalar_one()))
    return array("q", unit.execute(sa.select(sa.func.array_agg(inner.c.id))).scalar_one() or ())


def thread_rows(unit: Unit, ids: Collection[int]) -> dict[int, ThreadRow]:
    """The rows of these conversations by id; a conversation that is gone is left out."""
    found: dict[int, ThreadRow] = {}
    for some in batches(ids):
        found.update((row.id, thread_row(row)) for row in unit.execute(_ROWS_OF, {"ids": some}))
    return found


def thread_row(row: Any) -> ThreadRow:
    """A row of `threads` as the views have it."""
    quiet = row.noise and not row.linked
    return ThreadRow(
        id=row.id,
        subject=row.subject,
        people=row.people,
        snippet=row.snippet,
        last_at=row.last_at,
        message_count=row.message_count,
        unread_count=row.unread_count,
        attachment_count=row.attachment_count,
        linked=row.linked,
        suggested=row.suggested,
        noise=row.noise,
        archived=row.archived_at is not None,
        waiting="" if quiet else _WAITING.get(row.last_direction, ""),
    )


_WAITING = {Direction.INCOMING.value: "us", Direction.OUTGOING.value: "them"}


def changed_since(unit: Unit, seq: int) -> list[int]:
    """Conversations changed after `seq`, in the order of change; merged away ones too."""
    return list(unit.execute(sa.select(_T.id).where(_T.seq > seq).order_by(_T.seq, _T.id)).scalars())


def threads_of_record(unit: Unit, record_id: int, limit: int) -> tuple[ThreadRow, ...]:
    """The conversations linked to a record, newest first."""
    linked = sa.select(links.c.thread_id).where(links.c.record_id == record_id, links.c.removed_at.is_(None))
    # In two steps: asked for in order with a limit, SQLite would walk the whole list to find the few that are linked.
    ids = unit.execute(linked).scalars().all()
    rows = (row for row in thread_rows(unit, ids).values() if row.last_at is not None)
    return tuple(sorted(rows, key=lambda row: (row.last_at, row.id), reverse=True)[:limit])


def threads_from_same(unit: Unit, thread_id: int) -> tuple[int, ...]:
    """The conversations in which whoever wrote last in this one wrote, this one first; () if nobody outside did."""
    mail, incoming = messages.c, messages.c.direction == Direction.INCOMING.value
    newest = sa.select(mail.from_email).where(mail.thread_id == thread_id, incoming).order_by(mail.id.desc()).limit(1)
    sender = unit.execute(newest).scalar()
    if not sender:
        return ()
    same = sa.select(mail.thread_id).where(mail.from_email == sender, incoming).distinct()
    return tuple(dict.fromkeys((thread_id, *unit.execute(same).scalars())))
