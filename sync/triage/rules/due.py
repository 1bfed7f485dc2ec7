"""A task of the record whose day has come."""

from __future__ import annotations

from crm_model.records import ActivityKind
from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def due(situation: Situation) -> tuple[Step, ...]:
    """The task that waits longest, before anything else: a person has promised it."""
    record = situation.record
    if record is None or situation.conversation.suggestion:
        return ()
    tasks = [
        (row.due_at, row)
        for row in record.activities
        if row.kind == ActivityKind.TASK and not row.done and row.due_at and row.due_at < situation.end_of_today()
    ]
    if not tasks:
        return ()
    at, task = min(tasks, key=lambda pair: (pair[0], pair[1].id))
    return (Step(StepKind.TASK_DONE, 0.95, f"it was due {situation.ago(at)}", task.subject, task.id),)
