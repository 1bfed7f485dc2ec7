"""An enquiry of somebody unknown becomes a lead: suggested, or made where the configuration lets the agent."""

from __future__ import annotations

from agent.judging.fields.phones import by_telephone
from agent.linking.case import Case
from agent.linking.rules import filing_rule, lessons
from crm_model.links import CreateLead, Ignored, LinkDecision, Reason
from crm_model.records import Fields, FieldValue
from sync.loop_guard import MOST_RECORDS

_AUTOMATIC = 0.9
_FLOOD = Reason("loop_guard", f"{MOST_RECORDS} leads of this sender within two hours: a person decides on more")
_LINE = 250  # characters that every CRM takes in a field of one line


def check(case: Case, *, auto_leads: bool) -> LinkDecision | None:
    """None if the verdict makes no lead; held if the same person or thread waits for an answer already."""
    if not case.verdict.creates_lead:
        return None
    told = filing_rule.against_lead(case)
    if told is not None:
        return Ignored(told)
    waits = _waits_already(case)
    if waits:
        return Ignored(Reason("lead", waits), held=True)
    verdict = lessons.moved(case)
    if verdict.probability < lessons.LEAST < case.verdict.probability:
        return Ignored(verdict.reasons[-1], held=True)
    reason = verdict.reasons[0] if verdict.reasons else Reason("lead", verdict.kind.value)
    automatic = auto_leads and verdict.probability >= _AUTOMATIC and _is_reachable(case)
    if automatic and case.view.leads_made(case.sender) >= MOST_RECORDS:
        automatic, reason = False, _FLOOD
    return CreateLead(lead_fields(verdict.fields), verdict.probability, reason, automatic)


def _waits_already(case: Case) -> str:
    """Why no question is asked now, "" if one may be."""
    if case.view.open_suggestion():
        return "a question about this conversation waits already"
    if _email(case) and case.view.lead_wanted_for(_email(case)):
        return "a lead for this address is suggested already"
    return "the conversation has its records already" if case.view.thread_links() else ""


def _is_reachable(case: Case) -> bool:
    """By mail; or by telephone, where a form of ours asked for the number."""
    return bool(_email(case) or (case.verdict.submitted and case.verdict.fields.get("phone")))


def _email(case: Case) -> str:
    return str(case.verdict.fields.get("email") or "")


def lead_fields(stated: Fields) -> dict[str, FieldValue]:
    """What was stated, short enough for a line; what its CRM has no field for is told in the lead's description."""
    return {name: value if name == "description" else _short(value) for name, value in by_telephone(stated).items()}


def _short(value: FieldValue) -> FieldValue:
    return value[:_LINE] if isinstance(value, str) else value
