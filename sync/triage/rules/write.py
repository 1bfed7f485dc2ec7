"""A lead or a person whom nobody has written to yet."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def write(situation: Situation) -> tuple[Step, ...]:
    """The first mail."""
    record = situation.record
    if record is None or situation.conversation.messages:
        return ()
    has_address = any(field.spec.name == "email" and field.value for field in record.fields)
    if not has_address:
        return ()
    return (Step(StepKind.WRITE, 0.5, "there is no mail with them yet", record.title),)
