"""What people decide about threads: split, join, archive, read; kept apart from what is derived of the mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.mail import Direction, Outcome
from sync.store import links as link_rows
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.families import unite
from sync.store.links import BY_HAND
from sync.store.tables import links, messages, suggestions, thread_cuts, thread_joins, threads
from sync.store.thread_summary import refresh_threads
from sync.store.threads import rederive

_M, _T = messages.c, threads.c
Picture = dict[str, Any]
"""Threads as they were, in plain JSON: what `restore` takes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. `is_first`: its thread begins with it."""

    thread_id: int
    node: str
    subject: str
    is_first: bool


def place_of(unit: Unit, message_id: int) -> Place | None:
    row = unit.execute(sa.select(_M.thread_id, _M.node, _M.subject).where(_M.id == message_id)).one_or_none()
    if row is None:
        return None
    return Place(row.thread_id, row.node, row.subject, first_message(unit, row.thread_id) == message_id)


def first_message(unit: Unit, thread_id: int) -> int | None:
    """The row id of a thread's oldest message, None for an empty thread."""
    return unit.execute(_oldest(thread_id).with_only_columns(_M.id)).scalar()


def newest_message(unit: Unit, thread_id: int) -> int | None:
    """The row id of the message stored last, None for an empty thread."""
    return unit.execute(sa.select(sa.func.max(_M.id)).where(_M.thread_id == thread_id)).scalar()


def _oldest(thread_id: int) -> sa.Select[Any]:
    at = sa.func.coalesce(_M.sent_at, _M.received_at)
    return sa.select(_M.id, _M.node).where(_M.thread_id == thread_id).order_by(at, _M.id).limit(1)


def picture(unit: Unit, thread_ids: Collection[int]) -> Picture:
    """These threads' messages and links."""
    found: Picture = {}
    for thread_id in thread_ids:
        pairs = unit.execute(sa.select(links.c.record_id).where(links.c.thread_id == thread_id)).scalars().all()
        found[str(thread_id)] = {
            "messages": list(unit.execute(sa.select(_M.id).where(_M.thread_id == thread_id)).scalars()),
            "links": {str(record): link_rows.snapshot(unit, thread_id, record) for record in pairs},
        }
    return found


def split(unit: Unit, node: str, thread_id: int, *, author: str, now: datetime) -> Picture:
    """Begin a new thread at the message with this node; what `mend` needs to take that back."""
    held = unit.execute(sa.select(thread_cuts.c.node).where(thread_cuts.c.node == node)).scalar() is not None
    if not held:
        unit.execute(thread_cuts.insert().values(node=node, author=author, created_at=now))
    here = sa.or_(thread_joins.c.node_a == node, thread_joins.c.node_b == node)
    joins = unit.execute(sa.select(thread_joins).where(here)).all()
    unit.execute(thread_joins.delete().where(here))  # a join at this very message would hold against the cut
    rederive(unit, [_family(unit, thread_id)])
    kept = [[row.node_a, row.node_b, row.author, row.created_at.isoformat()] for row in joins]
    return {"cut": None if held else node, "joins": kept}


def join(unit: Unit, thread_id: int, other_id: int, *, author: str, now: datetime) -> Picture | None:
    """Make one thread of two; what `mend` needs to take that back, None if a thread is empty."""
    nodes = [row.node for each in (thread_id, other_id) if (row := unit.execute(_oldest(each)).one_or_none())]
    if len(nodes) != 2:
        return None
    pair = dict(zip(("node_a", "node_b"), sorted(nodes), strict=True))
    held = unit.execute(sa.select(thread_joins).filter_by(**pair)).first() is not None
    if not held:
        unit.execute(thread_joins.insert().values(**pair, author=author, created_at=now))
    rederive(unit, [unite(unit, nodes)])
    return {"join": None if held else [pair["node_a"], pair["node_b"]]}


def mend(unit: Unit, wish: Picture, before: Picture) -> None:
    """Take a split or join back, and give the threads their old ids and links."""
    if wish.get("cut"):
        unit.execute(thread_cuts.delete().where(thread_cuts.c.node == wish["cut"]))
    for node_a, node_b, author, created_at in wish.get("joins", ()):
        at = datetime.fromisoformat(created_at)
        unit.execute(thread_joins.insert().values(node_a=node_a, node_b=node_b, author=author, created_at=at))
    if wish.get("join"):
        one, other = wish["join"]
        unit.execute(thread_joins.delete().where(thread_joins.c.node_a == one, thread_joins.c.node_b == other))
    _restore(unit, before)


def _restore(unit: Unit, before: Picture) -> None:
    held = [message_id for was in before.values() for message_id in was["messages"]]
    families = sa.select(_T.family_id).join(messages, _M.thread_id == _T.id).where(_M.id.in_(held)).distinct()
    changed = set(rederive(unit, unit.execute(families).scalars().all()))
    for text, was in before.items():
        where = unit.execute(sa.select(_M.thread_id).where(_M.id.in_(was["messages"]))).scalars()
        now_in = Counter(where).most_common(1)
        if now_in and now_in[0][0] != int(text):
            _rename(unit, now_in[0][0], int(text))
    for text, was in before.items():
        _relink(unit, int(text), was["links"], before)
    refresh_threads(unit, changed | {int(text) for text in before})


def _rename(unit: Unit, thread_id: int, old_id: int) -> None:
    """Give a thread the id that it had before, unless that one is in use."""
    if unit.execute(sa.select(_M.id).where(_M.thread_id == old_id).limit(1)).first() is not None:
        return
    family_id = _family(unit, thread_id)
    for table in (messages, suggestions):
        unit.execute(table.update().where(table.c.thread_id == thread_id).values(thread_id=old_id))
    doubles = sa.select(links.c.record_id).where(links.c.thread_id == old_id).scalar_subquery()
    unit.execute(links.delete().where(links.c.thread_id == thread_id, links.c.record_id.in_(doubles)))
    unit.execute(links.update().where(links.c.thread_id == thread_id).values(thread_id=old_id))
    followers = sa.or_(_T.id == thread_id, _T.merged_into == thread_id)
    unit.execute(threads.update().where(followers).values(merged_into=old_id))
    unit.execute(threads.update().where(_T.id == old_id).values(merged_into=None, family_id=family_id))
    refresh_threads(unit, [thread_id])


def _relink(unit: Unit, thread_id: int, was: Picture, before: Picture) -> None:
    others = {record for each in before.values() for record in each["links"]} - set(was)
    for record in others:
        link_rows.put_back(unit, thread_id, int(record), None)
    for record, snapshot in was.items():
        link_rows.put_back(unit, thread_id, int(record), snapshot)


def _family(unit: Unit, thread_id: int) -> int:
    return int(unit.execute(sa.select(_T.family_id).where(_T.id == thread_id)).scalar_one())


def archived_at(unit: Unit, thread_id: int) -> datetime | None:
    """When a thread was archived, None if it is in sight."""
    return unit.execute(sa.select(_T.archived_at).where(_T.id == thread_id)).scalar()


def set_archived(unit: Unit, thread_id: int, at: datetime | None) -> None:
    """Archive a thread, or take it out again (None)."""
    unit.execute(threads.update().where(_T.id == thread_id).values(archived_at=at))


def wake(unit: Unit, thread_ids: Collection[int]) -> None:
    """Bring archived threads back where a person has written to us since; machines' mail and old mail wake nothing."""
    news = sa.exists().where(
        _M.thread_id == _T.id,
        _M.direction == Direction.INCOMING.value,
        _M.outcome != Outcome.IGNORED.value,
        _M.received_at > _T.archived_at,
    )
    for some in batches(thread_ids):
        asleep = sa.and_(_T.id.in_(some), _T.archived_at.is_not(None), news)
        unit.execute(threads.update().where(asleep).values(archived_at=None))


def messages_of(unit: Unit, thread_id: int) -> list[int]:
    """The row ids of a thread's messages."""
    return list(unit.execute(sa.select(_M.id).where(_M.thread_id == thread_id)).scalars())


def marked_by(unit: Unit, thread_id: int, *, unread: bool) -> list[int]:
    """The messages that marking a thread concerns: all that came in, or to be unread again the last one of them."""
    query = sa.select(_M.id).where(_M.thread_id == thread_id, _M.direction == Direction.INCOMING.value)
    query = query.order_by(sa.func.coalesce(_M.sent_at, _M.received_at).desc(), _M.id.desc())
    return list(unit.execute(query.limit(1 if unread else None)).scalars())


def set_unread(unit: Unit, message_ids: Collection[int], *, unread: bool) -> bool:
    """Marks here alone; False if they were so already."""
    changed = 0
    for some in batches(message_ids):
        other = sa.and_(_M.id.in_(some), _M.unread.is_(not unread))
        changed += unit.execute(messages.update().where(other).values(unread=unread)).rowcount
    return changed > 0


def move_outcomes(unit: Unit, thread_id: int, *, old: Collection[Outcome], new: Outcome) -> list[list[Any]]:
    """Messages of a thread that ended as one of `old` end as `new`; what `put_back_outcomes` takes."""
    here = sa.and_(_M.thread_id == thread_id, _M.outcome.in_([each.value for each in old]))
    before = [list(row) for row in unit.execute(sa.select(_M.id, _M.outcome, _M.rule).where(here))]
    unit.execute(messages.update().where(here).values(outcome=new.value, rule=BY_HAND))
    return before


def put_back_outcomes(unit: Unit, before: list[list[Any]]) -> None:
    for message_id, outcome, rule in before:
        unit.execute(messages.update().where(_M.id == message_id).values(outcome=outcome, rule=rule))


def heading(unit: Unit, thread_id: int) -> str:
    """What a thread is called: its subject, or who wrote."""
    row = unit.execute(sa.select(_T.subject, _T.people).where(_T.id == thread_id)).one()
    return str(row.subject or row.people)
