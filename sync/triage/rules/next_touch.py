"""Nothing to do now on something that runs: a day on which it comes back."""

from __future__ import annotations

from datetime import timedelta

from crm_model.records import ActivityKind
from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind

_FRIDAY = 4


def next_touch(situation: Situation) -> tuple[Step, ...]:
    """The best step once the last word is ours; a way out while it is theirs."""
    record = situation.record
    if record is None or not situation.is_running:
        return ()
    planned = any(row.kind == ActivityKind.TASK and not row.done and row.due_at for row in record.activities)
    if planned or situation.conversation.next_touch or situation.contact_on:
        return ()
    on = situation.now.date() + timedelta(days=situation.patience.reply_due_days)
    on += timedelta(days=7 - on.weekday() if on.weekday() > _FRIDAY else 0)  # nobody is reminded at the weekend
    if situation.is_their_turn:
        return (Step(StepKind.NEXT_TOUCH, 0.75, "the last word is ours, and nothing would bring it back", on=on),)
    return (Step(StepKind.NEXT_TOUCH, 0.45, "nothing would bring it back", on=on),)
