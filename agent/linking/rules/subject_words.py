"""The words of a deal's name in subject and text; else the only open deal, if nothing speaks of another topic."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.judging.lexicon import Words, any_of, fold, words_of
from agent.linking.case import Case, titled
from agent.linking.rules import reference_number
from crm_model.links import Candidate, Reason, VerdictKind
from crm_model.records import KnownRecord

_SURE = 0.95
_LIKELY = 0.9
_ONLY = 0.9
_STOP = frozenset(map(fold, words_of("vocabulary", "deal_stop_words"))) | {str(year) for year in range(2015, 2041)}
_COMMON = re.compile(rf"^{any_of('deal_common_pattern')}$")
_NO_FALLBACK = frozenset(
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
    if case.verdict.kind in _NO_FALLBACK or reference_number.foreign_in_subject(case):
        return None
    if points(case, deal) < 0.5 and (case.services or case.verdict.kind is VerdictKind.ENQUIRY):
        return None
    if case.message.to and case.verdict.kind is VerdictKind.OTHER and not case.counterparts:
        return None
    return Candidate(deal.id, _ONLY, Reason("subject_words", f"“{titled(deal)}” is the only open deal"))


def of_subject(case: Case) -> Candidate | None:
    """The deal that the subject alone names."""
    ranked = sorted(((overlap(deal, case.subject_words), deal) for deal in case.deals), key=lambda item: -item[0])
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
    found = max(overlap(deal, case.subject_words) * 1.5, overlap(deal, case.text_words))
    return found + role * (found > 0)


def overlap(deal: KnownRecord, words: Words) -> float:
    """Points for the different words of a deal's name that a text holds, whole, as a stem or inside a compound."""
    title = [word for word in Words(deal.title).words if word not in _STOP and (len(word) >= 3)]
    told = {word for word in words.words if len(word) >= 3 and word not in _STOP}
    total = 0.0
    for word in dict.fromkeys(title):
        share = max((likeness(word, other) for other in told), default=0.0)
        total += share * (0.5 if _COMMON.match(word) else 1.0)
    return total


@lru_cache(maxsize=65_536)  # few words make most of all mail, and few deals are open
def likeness(word: str, other: str) -> float:
    """1 for the same word or stem, less for a part of a compound, 0 for strangers."""
    short, long = sorted((word, other), key=len)
    if word == other or len(short) < 4:
        return 1.0 if word == other else 0.0
    shared = next((at for at, char in enumerate(short) if long[at] != char), len(short))
    if shared >= 5 and shared * 2 > len(long):
        return 1.0
    inside = len(short) >= 5 and short in long
    if inside or (shared >= 4 and shared >= len(short) - 2):
        return 0.8
    stem = short[:-1] if len(short) >= 5 else short
    return 0.6 if shared >= 5 or stem in long else 0.0
