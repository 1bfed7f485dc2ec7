"""Somebody whom a form of ours asked for a telephone number is the person who has that number, if the name fits too.

Switchboards and families share numbers, so a number alone only asks. Numbers in mail are no evidence at all.
"""

from __future__ import annotations

from agent.linking.case import Case
from agent.linking.rules.address import best
from crm_model.links import Candidate, Reason
from crm_model.records import Fields, KnownRecord
from sync.filing import folded_words

_NAMED = 0.94
_NUMBER_ALONE = 0.7
_NAMES = ("first_name", "last_name")
_NUMBERS = ("phone", "mobile")


def check(case: Case) -> Candidate | None:
    """The person with this number: sure with one of their names, else a question."""
    number = str(case.verdict.fields.get("phone") or "")
    if case.verdict.submitted is None or not number.startswith("+"):
        return None
    holders = tuple(each for each in case.view.records_by_phone(number) if _has(each, number))
    named = tuple(each for each in holders if _names(case.verdict.fields) & _names(each.fields))
    person = best(case, named or holders)
    if person is None:
        return None
    if named and len({each.converted_to or each.id for each in named}) == 1:
        return Candidate(person.id, _NAMED, Reason("phone", f"{person.kind.value} with this telephone number and name"))
    return Candidate(person.id, _NUMBER_ALONE, Reason("phone", f"{person.kind.value} with this telephone number"))


def _names(fields: Fields) -> frozenset[str]:
    return frozenset(word for name in _NAMES for word in folded_words(str(fields.get(name) or "")))


def _has(record: KnownRecord, number: str) -> bool:
    """Whether a number written somehow is this one (E.164): its digits end it, and what is before them is no other."""
    digits = number[1:]
    for name in _NUMBERS:
        written = str(record.fields.get(name) or "")
        held = "".join(char for char in written if char.isdigit())
        if written.lstrip().startswith("+") or held.startswith("00"):
            if held.removeprefix("00") == digits:
                return True
        elif len(held) >= 7 and digits.endswith(held.lstrip("0") or held):
            return True
    return False
