"""Somebody outside has the last word and waits."""

from __future__ import annotations

from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind


def reply(situation: Situation) -> tuple[Step, ...]:
    """An answer counts more on a record than to a stranger."""
    last = situation.last
    if last is None or not situation.is_our_turn:
        return ()
    who = last.from_.name or last.from_.email
    weight = 0.8 if situation.is_linked else 0.55
    return (Step(StepKind.REPLY, weight, f"{who} wrote {situation.ago(last.at)} and has no answer", who),)
