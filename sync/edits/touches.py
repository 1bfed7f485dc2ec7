"""Putting a conversation off until its next touch, and taking it up again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from crm_model.field_values import clean_text
from crm_model.records import ActivityKind, RecordKind
from sync.edits.activities import add, set_done
from sync.edits.edit import Edit, edit, named, shortened
from sync.edits.records import overlay
from sync.store import abilities, field_specs, next_touches, records, thread_wishes
from sync.store.conversations import surviving_thread
from sync.store.database import Store
from sync.store.records import StoredRecord
from sync.touches import Wish

FIELD = "next_contact_on"


def set_next_touch(
    store: Store, thread_id: int | None, wish: Wish, author: str, *, record_id: int | None = None
) -> int:
    """Put a conversation off. With a record, what is to be done becomes its task, and a lead gets the day.

    Without a conversation the record alone: it gets a task even if nobody said what is to be done.
    """
    with edit(store, "next_touch", author) as making:
        if thread_id is not None:
            put_off(making, surviving_thread(making.unit, thread_id), wish, record_id=record_id)
        elif record_id is not None:
            record = making.record(record_id)
            _task(making, record, clean_text(wish.what).strip() or "Get in touch", wish.at)
            _give_day(making, record, wish.on.isoformat())
            making.label = f"next touch of {named(record)} on {wish.on.isoformat()}"
    return making.action_id


def put_off(making: Edit, thread_id: int, wish: Wish, *, record_id: int | None = None) -> bool:
    """Put a conversation off within an edit under way."""
    record = making.record(record_id) if record_id is not None else None
    what = clean_text(wish.what).strip()
    task = _task(making, record, what, wish.at) if record and what else None
    if record:
        _give_day(making, record, wish.on.isoformat())
    before = next_touches.snapshot(making.unit, thread_id, making.author)
    next_touches.put(
        making.unit, thread_id, author=making.author, at=wish.at, what=what, activity_id=task, now=making.now
    )
    making.remember("touched", thread_id, before)
    making.threads.add(thread_id)
    name = shortened(thread_wishes.heading(making.unit, thread_id))
    making.label = f"put off {name} until {wish.on.isoformat()}"
    return True


def take_up(store: Store, thread_id: int, author: str, *, record_id: int | None = None, today: date) -> int:
    """What was put off is dealt with: its task is done, and a lead that was to be contacted by today has no day."""
    with edit(store, "take_up", author) as making:
        thread_id = surviving_thread(making.unit, thread_id)
        task = next_touches.task_of(making.unit, thread_id, author)
        forget(making, thread_id)
        if task is not None:
            set_done(making, task, done=True)
        record = records.get(making.unit, record_id) if record_id is not None else None
        if record and "" < str(record.fields.get(FIELD) or "") <= today.isoformat():
            _give_day(making, record, None)
        if making.steps:
            making.threads.add(thread_id)
            making.label = f"took up {shortened(thread_wishes.heading(making.unit, thread_id))}"
    return making.action_id


def forget(making: Edit, thread_id: int) -> None:
    """The next touch of a conversation stands no more, within an edit under way."""
    before = next_touches.snapshot(making.unit, thread_id, making.author)
    if before is not None:
        next_touches.remove(making.unit, thread_id, making.author)
        making.remember("touched", thread_id, before)


def _task(making: Edit, record: StoredRecord, what: str, due_at: datetime) -> int | None:
    """The task on the record, None where its CRM has no tasks: then the words stay here."""
    if ActivityKind.TASK not in abilities.of_crm(making.unit, record.crm).activities:
        return None
    return add(making, record, ActivityKind.TASK, what, due_at=due_at)


def _give_day(making: Edit, record: StoredRecord, day: str | None) -> None:
    """The lead's own field, where its CRM has one that can be written."""
    specs = field_specs.fields_of(making.unit, record.crm, record.kind)
    if record.kind is not RecordKind.LEAD or not any(spec.name == FIELD and not spec.read_only for spec in specs):
        return
    held = record.fields.get(FIELD)
    if held != day:
        overlay(making, record, {FIELD: day}, {FIELD: held})


def undo_touched(making: Edit, thread_id: int, before: dict[str, Any] | None) -> None:
    thread_id = surviving_thread(making.unit, thread_id)
    next_touches.put_back(making.unit, thread_id, making.author, before)
    making.threads.add(thread_id)
