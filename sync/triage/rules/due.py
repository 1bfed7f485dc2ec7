"""What a person has promised to do by now: a task, a conversation that came back, a lead to be contacted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from crm_model.records import ActivityKind
from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def due(situation: Situation) -> tuple[Step, ...]:
    """Before anything else; what came back without a word about it leaves the first place to what the mail asks for."""
    if situation.conversation.suggestion:
        return ()
    return (*_tasks(situation), *_touches(situation))


def _tasks(situation: Situation) -> tuple[Step, ...]:
    """The task that waits longest."""
    rows = situation.record.activities if situation.record else ()
    tasks = [
        (row.due_at, row)
        for row in rows
        if row.kind == ActivityKind.TASK and not row.done and row.due_at and row.due_at < situation.end_of_today()
    ]
    if not tasks:
        return ()
    at, task = min(tasks, key=lambda pair: (pair[0], pair[1].id))
    return (Step(StepKind.TASK_DONE, 0.95, f"it was due {situation.ago(at)}", task.subject, task.id),)


def _touches(situation: Situation) -> Iterator[Step]:
    touch, contact_on = situation.conversation.next_touch, situation.contact_on
    if touch and touch.at <= situation.now:
        weight = 0.94 if touch.what else 0.6
        yield Step(StepKind.TAKE_UP, weight, f"you wanted it back {situation.ago(touch.at)}", touch.what)
    elif "" < contact_on <= situation.now.date().isoformat() and _is_day(contact_on):
        yield Step(StepKind.TAKE_UP, 0.93, f"the next contact was to be on {contact_on}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
