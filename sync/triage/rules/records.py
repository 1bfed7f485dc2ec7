"""The agent is unsure which record: its candidates in order, with what speaks for each."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def records(situation: Situation) -> tuple[Step, ...]:
    """Link to the first, second or third candidate; saying no to all of them where there are fewer."""
    asked = situation.conversation.suggestion
    if asked is None or not asked.candidates:
        return ()
    none = Step(StepKind.REJECT, 0.6, "none of the suggested records", "", asked.id)
    found = [
        Step(
            StepKind.LINK,
            0.92 - 0.05 * place,
            candidate.reason.evidence or f"the agent is {candidate.odds:.0%} sure",
            candidate.title,
            candidate.record_id,
        )
        for place, candidate in enumerate(asked.candidates)
    ]
    return (*found, none)
