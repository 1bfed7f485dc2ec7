"""Nothing is to be done with it: out of sight."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def archive(situation: Situation) -> tuple[Step, ...]:
    """Sure for what machines wrote or we answered, a way out for the rest; the way back for what is archived."""
    conversation, last = situation.conversation, situation.last
    if not conversation.thread.id:
        return ()
    if conversation.thread.archived:
        return (Step(StepKind.BRING_BACK, 0.4, "it is archived"),)
    if situation.is_noise:
        return (Step(StepKind.ARCHIVE, 0.9, "no person wrote this"),)
    if conversation.suggestion or situation.is_our_turn:
        return (Step(StepKind.ARCHIVE, 0.4, "it comes back when somebody answers"),)
    if situation.is_their_turn:
        weight = 0.6 if situation.is_running else 0.8
        return (Step(StepKind.ARCHIVE, weight, "the last word is ours; it comes back with their answer"),)
    verdict = last.verdict.replace("_", " ") if last else ""
    return (Step(StepKind.ARCHIVE, 0.7, f"nobody waits for an answer to this ({verdict or 'nothing to answer'})"),)
