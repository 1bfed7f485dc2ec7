"""Which records a message belongs to: person, account, deal; or a new lead; with the rule, the evidence, the odds."""

from __future__ import annotations

from agent.linking.case import Case
from agent.linking.rules import (
    address,
    domain,
    filing_rule,
    lead,
    phone,
    reference_number,
    subject_words,
    thread,
    which_deal,
)
from agent.linking.view import LinkView
from crm_model.links import AskUser, Candidate, Ignored, LinkDecision, Linked, Reason, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation
from crm_model.records import RecordKind

__all__ = ["AUTOMATIC", "LinkView", "decide_link", "find_candidates"]

AUTOMATIC = 0.9  # from these odds on a link is made without asking

# Never linked, whatever they name: mail of machines about mail, of fraud, and what went to everybody.
_GATES = frozenset((VerdictKind.BOUNCE, VerdictKind.SPAM, VerdictKind.NEWSLETTER))
_NOISE = _GATES | {
    *(VerdictKind.NOTIFICATION, VerdictKind.AUTO_REPLY, VerdictKind.CALENDAR, VerdictKind.INTERNAL),
    *(VerdictKind.PITCH, VerdictKind.RECRUITING, VerdictKind.INVOICE),
}
_PERSON = (RecordKind.CONTACT, RecordKind.LEAD)
# Linked to people, never to a deal: nobody says anything about one.
_NO_DEAL = frozenset((VerdictKind.AUTO_REPLY, VerdictKind.PITCH, VerdictKind.RECRUITING))


def decide_link(
    message: Message, verdict: Verdict, view: LinkView, organisation: Organisation, *, auto_leads: bool
) -> LinkDecision:
    """What to do with a judged message of the thread that `view` looks at.

    Linked holds at most one candidate of each kind, person, account, deal, all sure enough to link unasked; it asks
    about the deal where the others are sure and several deals fit alike.
    """
    case = Case(message, verdict, view, organisation)
    candidates = find_candidates(case)
    sure = tuple(candidate for candidate in candidates if candidate.odds >= AUTOMATIC)
    if sure:
        return Linked(sure, _deals_to_ask(case, candidates))
    if candidates:
        return AskUser(candidates)
    wanted = lead.check(case, auto_leads=auto_leads)
    if wanted is not None:
        return wanted
    reason = verdict.reasons[0] if verdict.reasons else Reason("nothing", "no rule recognises it")
    return Ignored(reason, held=verdict.kind not in _NOISE and not _is_list(verdict))


def _deals_to_ask(case: Case, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Nothing where a deal is found, for mail of machines and lists, and where a person's rule files it."""
    records = (case.view.record(candidate.record_id) for candidate in found)
    has_deal = any(record is not None and record.kind is RecordKind.OPPORTUNITY for record in records)
    filed = any(candidate.reason.rule == "filing_rule" for candidate in found)
    if has_deal or filed or case.verdict.kind in _NOISE or _is_list(case.verdict):
        return ()
    return which_deal.check(case)


def find_candidates(case: Case) -> tuple[Candidate, ...]:
    """The best record of each kind, person, account, deal in this order; without what a person took off the thread."""
    if case.from_us and case.passed_on is None and not case.counterparts:
        return ()
    told = filing_rule.check(case)
    found = [told] if case.verdict.kind in _GATES else _find_all(case, told)
    refused = case.view.refused_links()
    return tuple(candidate for candidate in found if candidate is not None and candidate.record_id not in refused)


def _find_all(case: Case, told: Candidate | None) -> list[Candidate | None]:
    """What a person's rule says of one kind of record, and what the evidence says of the others."""
    record = case.view.record(told.record_id) if told else None
    kind = record.kind if record else None
    case.person = told if kind in _PERSON else address.check(case) or phone.check(case)
    case.account = told if kind is RecordKind.ACCOUNT else address.account_of(case) or domain.check(case)
    if kind is RecordKind.OPPORTUNITY:
        deal = thread.check(case) or told
    else:
        deal = None if case.verdict.kind in _NO_DEAL or _is_list(case.verdict) else _find_deal(case)
    account = _account_of(case, deal) or case.account
    people = [] if case.person or account else thread.people(case)
    return [case.person, account, deal, *people]


def _find_deal(case: Case) -> Candidate | None:
    refused = case.view.refused_links()
    for rule in (thread.check, reference_number.check, subject_words.check):
        found = rule(case)
        if found is not None and found.record_id not in refused:
            return found
    return None


def _account_of(case: Case, deal: Candidate | None) -> Candidate | None:
    """The account of the deal found: an accountant or supplier writes about a customer's deal, not about his own."""
    record = case.view.record(deal.record_id) if deal else None
    if deal is None or record is None or record.account_id is None:
        return None
    if case.account is not None and case.account.record_id == record.account_id:
        return case.account
    return Candidate(record.account_id, deal.odds, deal.reason)


def _is_list(verdict: Verdict) -> bool:
    return any(reason.rule == "mailing_list" for reason in verdict.reasons)
