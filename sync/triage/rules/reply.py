"""Somebody outside has the last word and waits; or nobody answered ours until it came back."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def reply(situation: Situation) -> tuple[Step, ...]:
    """An answer counts more on a record than to a stranger."""
    last = situation.last
    if last is None:
        return ()
    who = last.from_.name or last.from_.email
    if situation.is_our_turn:
        weight = 0.8 if situation.is_linked else 0.55
        return (Step(StepKind.REPLY, weight, f"{who} wrote {situation.ago(last.at)} and has no answer", who),)
    touch = situation.conversation.next_touch
    if situation.is_their_turn and touch and touch.at <= situation.now:
        return (Step(StepKind.REPLY, 0.8, f"nobody answered what we wrote {situation.ago(last.at)}"),)
    return ()
