"""Several open deals fit a mail alike, or one fits a little: a person chooses, the likeliest comes first.

The odds say which share of such mail was about that deal: docs/judgement.md, “What it asks”.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date

from agent.linking.case import Case
from agent.linking.rules import reference_number, subject_words
from crm_model.links import Candidate, Reason, VerdictKind
from crm_model.records import KnownRecord

_MOST = 5
_LEAST = 0.05
_WORDS_NAMED = 0.5  # points from which the mail counts as naming deals
_ABOUT_ONE = 0.9  # of mail that names words of open deals
_ABOUT_SOME = 0.85  # of a known person's mail that names none and asks for nothing new
_ABOUT_OLD = 0.5  # of mail that speaks of a product, of which the deals' names hold next to nothing
_SHARPNESS = 2.0
_ROLE, _SUM, _DAY = 0.4, 1.0, 0.5
_DIGITS = re.compile(r"\d(?:[\d .,'\u00a0\u202f]{0,20}\d)?")


def check(case: Case) -> tuple[Candidate, ...]:
    """The open deals in question, the likeliest first; () where nothing speaks for one or a person was asked before."""
    if case.thread_deals or case.verdict.kind in subject_words.NO_FALLBACK or reference_number.foreign_in_subject(case):
        return ()
    refused, asked = case.view.refused_links(), case.view.deals_asked()
    words = {deal.id: subject_words.points(case, deal) for deal in case.deals if deal.id not in refused}
    if not asked.isdisjoint(words):
        return ()
    best = max(words.values(), default=0.0)
    deals = tuple(deal for deal in _fitting(case, best) if deal.id in words)
    return _ranked(case, deals, words, _share(case, best)) if deals else ()


def _fitting(case: Case, best: float) -> tuple[KnownRecord, ...]:
    """All where the mail shares words with one; else those of a known person, if there are several to choose from."""
    if best >= _WORDS_NAMED or (best > 0 and case.person is not None):
        return case.deals
    if case.person is None or _is_new(case):
        return ()
    own = case.view.open_opportunities(case.account.record_id) if case.account else ()
    mine = {deal.id for deal in (*own, *case.view.opportunities_of_person(case.person.record_id))}
    deals = tuple(deal for deal in case.deals if deal.id in mine)
    return deals if len(deals) > 1 else ()


def _share(case: Case, best: float) -> float:
    """The odds that the mail is about any of them."""
    if best >= _WORDS_NAMED:
        return _ABOUT_ONE
    return _ABOUT_OLD if _is_new(case) else _ABOUT_SOME


def _is_new(case: Case) -> bool:
    return bool(case.services) or case.verdict.kind is VerdictKind.ENQUIRY


def _ranked(case: Case, deals: tuple[KnownRecord, ...], words: dict[int, float], share: float) -> tuple[Candidate, ...]:
    """Ordered by what speaks for each; of equals the newest first, which is the likelier one."""
    roles = case.view.opportunities_of_person(case.person.record_id) if case.person else ()
    found = []
    for deal in deals:
        role, sum_, day = deal in roles, _names_sum(case, deal), _names_day(case, deal)
        weight = math.exp(_SHARPNESS * (words[deal.id] + _ROLE * role + _SUM * sum_ + _DAY * day))
        signs = ("names words of it", words[deal.id] > 0), ("names its amount", sum_), ("names its day", day)
        said = [sign for sign, seen in (*signs, ("the person has a part in it", role)) if seen]
        found.append((weight, deal, ", ".join(said) or "open, and the mail names no deal"))
    whole = sum(weight for weight, _, _ in found)
    found.sort(key=lambda item: (-item[0], -item[1].id))
    odds = [(round(share * weight / whole, 2), deal, why) for weight, deal, why in found[:_MOST]]
    return tuple(Candidate(deal.id, each, Reason("which_deal", why)) for each, deal, why in odds if each >= _LEAST)


def _names_sum(case: Case, deal: KnownRecord) -> bool:
    """Whether the new text holds the deal's amount, however its thousands are written, with or without cents."""
    amount = str(deal.fields.get("amount") or "").partition(".")[0]
    if len(amount) < 3 or not amount.isdigit():
        return False
    written = {re.sub(r"\D", "", match.group()) for match in _DIGITS.finditer(case.parts.new[:6000])}
    return not written.isdisjoint((amount, f"{amount}00"))


def _names_day(case: Case, deal: KnownRecord) -> bool:
    """Whether the new text holds the day on which the deal is to close, in digits."""
    try:
        day = date.fromisoformat(str(deal.fields.get("close_date") or ""))
    except ValueError:
        return False
    return any(form in case.parts.new[:6000] for form in _written(day))


def _written(day: date) -> Iterator[str]:
    yield day.isoformat()
    for sign in "./":
        yield f"{day:%d{sign}%m{sign}%Y}"
        yield f"{day.day}{sign}{day.month}{sign}{day.year}"
