"""The same field edited here and in the CRM: nobody but a person can settle it."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def conflict(situation: Situation) -> tuple[Step, ...]:
    record = situation.record
    if record is None or not record.conflicts:
        return ()
    first = record.conflicts[0]
    label = next((field.spec.label for field in record.fields if field.spec.name == first.field), first.field)
    by = first.theirs_by or "a colleague"
    return (Step(StepKind.SETTLE, 0.85, f"{by} changed it too, to another value", label, first.id),)
