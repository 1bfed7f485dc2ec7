"""An enquiry of somebody unknown becomes a lead: suggested, or made where the configuration lets the agent."""

from __future__ import annotations

from agent.linking.case import Case
from crm_model.links import CreateLead, Ignored, LinkDecision, Reason

_AUTOMATIC = 0.9


def check(case: Case, *, auto_leads: bool) -> LinkDecision | None:
    """None if the verdict makes no lead; held if the same person or thread waits for an answer already."""
    verdict = case.verdict
    if not verdict.creates_lead:
        return None
    email = str(verdict.fields.get("email") or "")
    if case.view.open_suggestion():
        return Ignored(Reason("lead", "a question about this conversation waits already"), held=True)
    if email and case.view.lead_wanted_for(email):
        return Ignored(Reason("lead", "a lead for this address is suggested already"), held=True)
    if case.view.thread_links():
        return Ignored(Reason("lead", "the conversation has its records already"), held=True)
    reason = verdict.reasons[0] if verdict.reasons else Reason("lead", verdict.kind.value)
    automatic = auto_leads and verdict.probability >= _AUTOMATIC and bool(email)
    return CreateLead(verdict.fields, verdict.probability, reason, automatic)
