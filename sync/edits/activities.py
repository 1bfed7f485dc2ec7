"""Notes, calls, meetings and tasks on a record."""

from __future__ import annotations

import uuid
from datetime import datetime

from crm_model.changes import ChangeKind
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text
from crm_model.records import ActivityKind
from sync.edits.edit import Edit, edit, named, shortened
from sync.store import activities, compensation
from sync.store.database import Store
from sync.store.records import StoredRecord

_LONGEST_SUBJECT = 120


def add_activity(
    store: Store,
    record_id: int,
    kind: ActivityKind,
    text: str,
    author: str,
    *,
    due_at: datetime | None = None,
    at: datetime | None = None,
) -> int:
    """Log a note, call or meeting, or set a task. The text's first line is the subject, the whole of it the body.

    `at` is when it was, now if nobody says.
    """
    with edit(store, "activity", author) as making:
        record = making.record(record_id)
        add(making, record, kind, text, due_at=due_at, at=at)
        subject = clean_text(text).strip().partition("\n")[0]
        making.label = f"{kind.value} “{shortened(subject)}” on {named(record)}"
    return making.action_id


def add(
    making: Edit,
    record: StoredRecord,
    kind: ActivityKind,
    text: str,
    *,
    due_at: datetime | None = None,
    at: datetime | None = None,
) -> int:
    """Log it within an edit under way; the activity's id."""
    lines = clean_text(text).strip()
    if not lines:
        raise Rejected("Write something first.", field_errors={"text": "This is needed."})
    subject, _, rest = lines.partition("\n")
    short = subject.strip()[:_LONGEST_SUBJECT]
    activity_id = activities.insert(
        making.unit,
        crm=record.crm,
        key=uuid.uuid4().hex,
        kind=kind,
        record_id=record.id,
        subject=short,
        body=lines if rest or short != subject.strip() else "",
        author=making.author,
        at=at or making.now,
        due_at=due_at,
    )
    change = making.enqueue(record, ChangeKind.LOG, activity_id=activity_id)
    making.remember("activity", activity_id, change)
    return activity_id


def complete_task(store: Store, activity_id: int, done: bool, author: str) -> int:
    """Mark a task done, or open again."""
    with edit(store, "task", author) as making:
        stored = activities.find(making.unit, activity_id)
        if stored is None:
            raise NotFound("This task is no longer here.")
        if stored.activity.kind is not ActivityKind.TASK:
            raise Rejected(f"A {stored.activity.kind.value} has no state that could be changed.")
        if set_done(making, activity_id, done=done):
            making.label = f"task “{shortened(stored.activity.subject)}” {'done' if done else 'opened again'}"
    return making.action_id


def set_done(making: Edit, activity_id: int, *, done: bool) -> bool:
    """Mark a task within an edit under way; False if it was so already or is gone."""
    stored = activities.find(making.unit, activity_id)
    if stored is None or stored.activity.done == done:
        return False
    activities.set_done(making.unit, activity_id, done)
    record = making.record(stored.record_id)
    change = making.enqueue(record, ChangeKind.UPDATE, activity_id=activity_id)
    making.remember("done", activity_id, not done, change)
    return True


def undo_activity(making: Edit, activity_id: int, change: int) -> None:
    stored = activities.find(making.unit, activity_id)
    if stored is None:
        raise NotFound("This activity is no longer here.")
    activities.set_removed(making.unit, activity_id, making.now)
    if not compensation.forget_change(making.unit, activity_id, making.now):
        making.enqueue(making.record(stored.record_id), ChangeKind.DELETE, activity_id=activity_id)


def undo_done(making: Edit, activity_id: int, before: bool, change: int) -> None:
    stored = activities.find(making.unit, activity_id)
    if stored is None:
        raise NotFound("This task is no longer here.")
    activities.set_done(making.unit, activity_id, before)
    if not compensation.take_back(making.unit, change, making.now):
        making.enqueue(making.record(stored.record_id), ChangeKind.UPDATE, activity_id=activity_id)
