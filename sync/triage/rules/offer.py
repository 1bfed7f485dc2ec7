"""A mail states what the record lacks."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def offer(situation: Situation) -> tuple[Step, ...]:
    """The first value that is offered."""
    record = situation.record
    if record is None or not record.offers or situation.conversation.suggestion:
        return ()
    first = record.offers[0]
    label = next((field.spec.label for field in record.fields if field.spec.name == first.field), first.field)
    return (
        Step(StepKind.ADD_OFFER, 0.65, f"it stands in their mail: {first.source}", f"{label} {first.value}", first.id),
    )
