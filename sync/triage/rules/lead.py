"""An enquiry of somebody unknown: make the lead, or say no where the agent itself doubts."""

from __future__ import annotations

from crm_model.links import CREATE_LEAD
from sync.triage.situation import Situation
from sync.triage.step import Step, StepKind

_DOUBT = 0.5


def lead(situation: Situation) -> tuple[Step, ...]:
    """Create and reject, the likelier one first."""
    asked = situation.conversation.suggestion
    if asked is None or asked.kind != CREATE_LEAD:
        return ()
    names = (asked.fields.get(name) for name in ("first_name", "last_name"))
    who = " ".join(str(name) for name in names if name) or str(asked.fields.get("company") or "")
    reason = next((reason.evidence for reason in asked.reasons if reason.evidence), "the agent takes it for an enquiry")
    likely = asked.odds >= _DOUBT
    return (
        Step(StepKind.ACCEPT_LEAD, 0.9 if likely else 0.6, reason, who, asked.id),
        Step(StepKind.REJECT, 0.6 if likely else 0.9, f"the agent is {asked.odds:.0%} sure of a lead", "", asked.id),
    )
