"""The words of a deal's name in subject and text; else the only open deal, if nothing speaks of another topic."""

from __future__ import annotations

import re

from agent.linking.case import Case, titled
from agent.linking.deal_words import overlap
from agent.linking.rules import reference_number
from crm_model.links import Candidate, Reason, VerdictKind
from crm_model.records import KnownRecord

_SURE = 0.95
_LIKELY = 0.9
_ONLY = 0.9
NO_FALLBACK = frozenset(
    (VerdictKind.INVOICE, VerdictKind.RECRUITING, VerdictKind.PITCH, VerdictKind.PERSONAL, VerdictKind.NOTIFICATION)
)
_ANSWER = re.compile(r"^\s*(?:re|sv|vs|aw|r|rif|antw|rv|отв|на|fwd?|vb|i|tr|wg)(?:\[\d+\])?\s*:", re.I)


def check(case: Case) -> Candidate | None:
    """The deal that shares clearly more words with the mail than any other; else the only open one."""
    ranked = sorted(((points(case, deal), deal) for deal in case.deals), key=lambda item: -item[0])
    if not ranked:
        return None
    best, deal = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    if best >= 1.0 and best - second >= 0.75:
        odds = _SURE if best >= 2.0 else _LIKELY
        return Candidate(deal.id, odds, Reason("subject_words", f"shares words with “{titled(deal)}”"))
    own = case.view.open_opportunities(case.account.record_id) if case.account else ()
    if len(ranked) == 1 or (len(own) == 1 and best < 1.0):
        return _only(case, own[0] if len(own) == 1 else deal)
    return None


def _only(case: Case, deal: KnownRecord) -> Candidate | None:
    """The only open deal, unless the mail is of another kind, another number or another product."""
    if case.verdict.kind in NO_FALLBACK or reference_number.foreign_in_subject(case):
        return None
    if points(case, deal) < 0.5 and (case.services or case.verdict.kind is VerdictKind.ENQUIRY):
        return None
    if case.message.to and case.verdict.kind is VerdictKind.OTHER and not case.counterparts:
        return None
    return Candidate(deal.id, _ONLY, Reason("subject_words", f"“{titled(deal)}” is the only open deal"))


def of_subject(case: Case) -> Candidate | None:
    """The deal that the subject alone names."""
    ranked = sorted(((overlap(deal, case.subject_telling), deal) for deal in case.deals), key=lambda item: -item[0])
    if ranked and ranked[0][0] >= 1.0 and (len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= 1.0):
        deal = ranked[0][1]
        return Candidate(deal.id, _LIKELY, Reason("subject_words", f"the subject names “{titled(deal)}”"))
    return None


def is_answer(case: Case) -> bool:
    """Whether the subject goes on with an old one."""
    return _ANSWER.match(case.message.subject[:40]) is not None


def points(case: Case, deal: KnownRecord) -> float:
    """How much of the deal's name the mail speaks of; the subject counts half as much again."""
    role = 0.5 * (case.person is not None and deal in case.view.opportunities_of_person(case.person.record_id))
    found = max(overlap(deal, case.subject_telling) * 1.5, overlap(deal, case.text_telling))
    return found + role * (found > 0)
