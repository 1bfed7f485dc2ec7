"""What is best done next with a conversation: one rule, one reason, one file each, and no effects."""

from __future__ import annotations

from collections.abc import Callable

from sync.triage.rules.archive import archive
from sync.triage.rules.conflict import conflict
from sync.triage.rules.due import due
from sync.triage.rules.find_record import find_record
from sync.triage.rules.lead import lead
from sync.triage.rules.next_touch import next_touch
from sync.triage.rules.offer import offer
from sync.triage.rules.records import records
from sync.triage.rules.reply import reply
from sync.triage.rules.write import write
from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind

__all__ = ["MOST_STEPS", "RULES", "Situation", "Step", "StepKind", "next_steps"]

MOST_STEPS = 3
"""The keys that take them: Enter, 2 and 3."""

RULES: tuple[Callable[[Situation], tuple[Step, ...]], ...] = (
    due,
    lead,
    records,
    conflict,
    reply,
    write,
    offer,
    next_touch,
    find_record,
    archive,
)
"""In the order that decides between steps of the same weight."""


def next_steps(situation: Situation) -> tuple[Step, ...]:
    """The best steps, at most three, the best first; each kind of step once for each record or thing it is about."""
    found = [step for rule in RULES for step in rule(situation)]
    found.sort(key=lambda step: -step.weight)
    once = {(step.kind, step.about_id): step for step in reversed(found)}
    return tuple(step for step in found if once[step.kind, step.about_id] is step)[:MOST_STEPS]
