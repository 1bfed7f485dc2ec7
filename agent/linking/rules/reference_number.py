"""A reference, quote or order number of one of the deals in question, in subject, text or an attachment's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.linking.case import Case, titled
from crm_model.links import Candidate, Reason
from crm_model.records import KnownRecord

ODDS = 0.98
_QUOTED = 0.95
_NUMBER = re.compile(r"(?<![\w@.])([A-ZА-ЯÅÄÖØ]{1,6})[-_/ ]?(\d{2,5}(?:[-/]\d{2,6})?)(?![\w@])")
_PLAIN_FIELDS = frozenset(("email", "phone", "website", "amount", "close_date", "owner", "stage", "description"))


def check(case: Case) -> Candidate | None:
    """The deal whose number stands in what is new; else in what is quoted, if only one is."""
    found = in_new_text(case)
    if found is not None or not _in_sight(case):
        return found
    quoted = _deals_named(case.deals, case.parts.quoted[:8000])
    if len(quoted) == 1:
        evidence = f"the quoted mail names the number of “{titled(quoted[0])}”"
        return Candidate(quoted[0].id, _QUOTED, Reason("reference_number", evidence))
    return None


def in_new_text(case: Case) -> Candidate | None:
    """The one deal whose number stands in subject, new text or attachment names."""
    if not _in_sight(case):
        return None
    names = _attached(case)
    for text in (case.said_by.subject[:500], f"{case.parts.new[:8000]}\n{names}"):
        found = _deals_named(case.deals, text)
        if len(found) == 1:
            evidence = f"names the number of “{titled(found[0])}”"
            return Candidate(found[0].id, ODDS, Reason("reference_number", evidence))
    return None


def foreign_in_subject(case: Case) -> bool:
    """Whether the subject names a number of our shape that no deal in question has: it is about another one."""
    own = {number for deal in case.deals for number in _own_numbers(deal)}
    shapes = {number.partition("-")[0] for number in own}
    named = numbers(case.said_by.subject[:500]) if own else set()
    return any(number.partition("-")[0] in shapes for number in named) and own.isdisjoint(named)


def numbers(text: str) -> set[str]:
    """Numbers with a prefix of letters, spelt alike: "NV 2677" and "nv-2677" are "NV-2677"."""
    return {f"{match[1]}-{match[2]}" for match in _NUMBER.finditer(text.upper())}


def _own_numbers(deal: KnownRecord) -> set[str]:
    values: Iterable[object] = (value for name, value in deal.fields.items() if name not in _PLAIN_FIELDS)
    texts = [value for value in values if isinstance(value, str) and len(value) <= 60]
    return numbers(" \n ".join(texts))


def _attached(case: Case) -> str:
    return " ".join(item.name[:100] for item in case.message.attachments[:20])


def _in_sight(case: Case) -> bool:
    """Whether the digits of a deal's number stand anywhere: only then is the text taken apart."""
    digits = {number.partition("-")[2] for deal in case.deals for number in _own_numbers(deal)}
    return bool(digits) and any(
        each in text for text in (case.said_by.text, case.said_by.subject, _attached(case)) for each in digits
    )


def _deals_named(deals: tuple[KnownRecord, ...], text: str) -> list[KnownRecord]:
    """The deals whose numbers a text names; read only where the digits of one stand in it."""
    own = [(deal, _own_numbers(deal)) for deal in deals]
    if not any(number.partition("-")[2] in text for _, numbered in own for number in numbered):
        return []
    named = numbers(text)
    return [deal for deal, numbered in own if not named.isdisjoint(numbered)]
