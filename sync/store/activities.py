"""Activities of records: logged here and on their way to the CRM, or read from it for the sidebar."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.errors import NotFound
from crm_model.field_values import LOCAL_REFERENCE, clean_text
from crm_model.records import Activity, ActivityKind, RecordKind
from sync.store.batches import allocate_ids, batches, insert_many
from sync.store.database import Unit
from sync.store.records import touch
from sync.store.tables import activities, links, records


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """An activity of one record. `activity.id` is "" until the CRM has it."""

    id: int
    crm: str
    record_id: int
    activity: Activity


@dataclass(frozen=True, slots=True)
class NewMail:
    """An e-mail to be logged on a record."""

    crm: str
    key: str
    record_id: int
    activity: Activity


def insert(
    unit: Unit,
    *,
    crm: str,
    key: str,
    kind: ActivityKind,
    record_id: int,
    subject: str,
    body: str,
    author: str,
    at: datetime,
    due_at: datetime | None = None,
    direction: str = "",
    message_id: str = "",
) -> int:
    """A new activity; the database's own id. A second one with the same key is the first one."""
    held = unit.execute(sa.select(activities.c.id).where(activities.c.key == key)).scalar_one_or_none()
    if held is not None:
        return int(held)
    activity = Activity(
        kind, subject, at, (), body=body, author=author, due_at=due_at, direction=direction, message_id=message_id
    )
    return _insert(unit, crm, key, record_id, activity)


def insert_mails(unit: Unit, mails: Sequence[NewMail]) -> list[int]:
    """Many e-mails at once, under keys that nobody holds yet; their ids, in order."""
    ids = allocate_ids(unit, activities, len(mails))
    rows = [
        {"id": each_id, **_values(mail.crm, mail.key, mail.record_id, mail.activity)}
        for each_id, mail in zip(ids, mails, strict=True)
    ]
    insert_many(unit, activities, rows)
    touch(unit, [mail.record_id for mail in mails])
    return ids


def find(unit: Unit, activity_id: int) -> StoredActivity | None:
    """An activity by the database's own id; it names its record by the CRM's id or `local:<id>`."""
    return find_all(unit, [activity_id]).get(activity_id)


def find_all(unit: Unit, activity_ids: Collection[int]) -> dict[int, StoredActivity]:
    """Those of these activities that are there, by id."""
    found: dict[int, StoredActivity] = {}
    for some in batches(activity_ids):
        rows = unit.execute(_select().where(activities.c.id.in_(some)))
        found.update((row.id, _stored(row)) for row in rows)
    return found


def set_done(unit: Unit, activity_id: int, done: bool) -> None:
    """Mark a task done or open. Errors: NotFound."""
    _change(unit, activity_id, done=done)


def set_removed(unit: Unit, activity_id: int, removed_at: datetime | None) -> None:
    """Hide an activity that is taken back, or show it again (None). Errors: NotFound."""
    _change(unit, activity_id, removed_at=removed_at)


def set_remotes(unit: Unit, crm: str, remote_ids: Mapping[int, str]) -> None:
    """The CRM has these now. A pull that brought one before the answer came made a second row: that one goes."""
    rows: list[Any] = []
    for ids in batches(remote_ids):
        rows += unit.execute(sa.select(activities.c.id, activities.c.record_id).where(activities.c.id.in_(ids)))
    wanted = {(row.record_id, clean_text(remote_ids[row.id])): row.id for row in rows}
    for some in batches({remote_id for _, remote_id in wanted}):
        held = unit.execute(
            sa.select(activities.c.id, activities.c.record_id, activities.c.remote_id).where(
                activities.c.crm == crm, activities.c.remote_id.in_(some)
            )
        ).all()
        doubled = [row.id for row in held if wanted.get((row.record_id, row.remote_id), row.id) != row.id]
        if doubled:
            unit.execute(activities.delete().where(activities.c.id.in_(doubled)))
    if wanted:
        statement = activities.update().where(activities.c.id == sa.bindparam("row_id"))
        unit.execute(statement, [{"row_id": row_id, "remote_id": found} for (_, found), row_id in wanted.items()])
        touch(unit, [record_id for record_id, _ in wanted])


def forget_remote(unit: Unit, activity_id: int) -> None:
    """The CRM does not have it any more; nothing if it is gone here too."""
    if find(unit, activity_id) is not None:
        _change(unit, activity_id, remote_id=None)


def store_remote(
    unit: Unit, crm: str, record_id: int, found: Collection[Activity], now: datetime, *, complete: bool
) -> None:
    """The CRM's activities of a record. If `complete`, those that the CRM does not name any more are hidden."""
    rows = unit.execute(
        sa.select(activities.c.id, activities.c.remote_id, activities.c.done, activities.c.removed_at).where(
            activities.c.record_id == record_id, activities.c.remote_id.is_not(None)
        )
    ).all()
    held = {row.remote_id: row for row in rows}
    for activity in found:
        row = held.pop(clean_text(activity.id), None)
        if row is None:
            _insert(unit, crm, clean_text(f"{crm}:{record_id}:{activity.id}"), record_id, activity)
        elif row.done != activity.done:
            _change(unit, row.id, done=activity.done)
    for row in held.values() if complete else ():
        if row.removed_at is None:
            _change(unit, row.id, removed_at=now)
    unit.execute(records.update().where(records.c.id == record_id).values(activities_at=now))


def unread_records(unit: Unit, crm: str, limit: int) -> list[tuple[int, RecordKind, str]]:
    """Linked records whose activities were not read since the CRM last changed them: id, kind, the CRM's id."""
    linked = records.c.id.in_(sa.select(links.c.record_id).where(links.c.removed_at.is_(None)))
    rows = unit.execute(
        sa.select(records.c.id, records.c.kind, records.c.remote_id)
        .where(
            records.c.crm == crm,
            records.c.activities_at.is_(None),
            records.c.remote_id.is_not(None),
            records.c.state != "deleted",
            linked,
        )
        .order_by(records.c.modified_at.desc())
        .limit(limit)
    )
    return [(row.id, RecordKind(row.kind), row.remote_id) for row in rows]


def _insert(unit: Unit, crm: str, key: str, record_id: int, activity: Activity) -> int:
    values = _values(crm, key, record_id, activity)
    inserted = unit.execute(activities.insert().values(**values).returning(activities.c.id))
    touch(unit, [record_id])
    return int(inserted.scalar_one())


def _values(crm: str, key: str, record_id: int, activity: Activity) -> dict[str, Any]:
    return {
        "crm": crm,
        "key": key,
        "remote_id": clean_text(activity.id) or None,
        "kind": activity.kind.value,
        "record_id": record_id,
        "subject": clean_text(activity.subject),
        "body": clean_text(activity.body),
        "author": clean_text(activity.author),
        "direction": clean_text(activity.direction),
        "message_id": clean_text(activity.message_id),
        "at": activity.at,
        "due_at": activity.due_at,
        "done": activity.done,
    }


def _change(unit: Unit, activity_id: int, **values: object) -> None:
    record_id = unit.execute(
        activities.update().where(activities.c.id == activity_id).values(**values).returning(activities.c.record_id)
    ).scalar_one_or_none()
    if record_id is None:
        raise NotFound(f"There is no activity {activity_id} (any more).")
    touch(unit, [record_id])


def _select() -> sa.Select[Any]:
    return sa.select(
        activities, records.c.kind.label("record_kind"), records.c.remote_id.label("record_remote_id")
    ).join_from(activities, records)


def _stored(row: sa.Row[Any]) -> StoredActivity:
    about = (RecordKind(row.record_kind), row.record_remote_id or f"{LOCAL_REFERENCE}{row.record_id}")
    activity = Activity(
        kind=ActivityKind(row.kind),
        subject=row.subject,
        at=row.at,
        about=(about,),
        body=row.body,
        author=row.author,
        due_at=row.due_at,
        done=row.done,
        message_id=row.message_id,
        direction=row.direction,
        id=row.remote_id or "",
    )
    return StoredActivity(row.id, row.crm, row.record_id, activity)
