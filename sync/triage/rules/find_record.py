"""A person's mail that belongs to no record, and no question of the agent about it."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def find_record(situation: Situation) -> tuple[Step, ...]:
    """File it, or make a lead of it."""
    if situation.is_linked or situation.conversation.suggestion or not situation.is_our_turn:
        return ()
    return (
        Step(StepKind.FIND_RECORD, 0.5, "it belongs to no record"),
        Step(StepKind.MAKE_LEAD, 0.45, "nobody has this address"),
    )
