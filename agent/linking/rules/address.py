"""A lead or contact owns exactly this address; a name alone is never enough."""

from __future__ import annotations

from agent.linking.case import Case
from crm_model.links import Candidate, Reason
from crm_model.records import KnownRecord, RecordKind

ODDS = 0.99
_TAGGED = 0.96
_NAMED = 0.93


def check(case: Case) -> Candidate | None:
    """The best record of the first known counterpart: a contact before a lead, with open deals before without."""
    for place, email in enumerate(case.counterparts):
        record, odds = find(case, email)
        if record is not None:
            odds = odds if place == 0 else min(odds, _NAMED)
            return Candidate(record.id, odds, Reason("address", f"{record.kind.value} with this e-mail address"))
    return None


def find(case: Case, email: str) -> tuple[KnownRecord | None, float]:
    """The record of an address and the odds, also without its plus tag (RFC 5233)."""
    record = best(case, case.view.records_by_email(email))
    if record is not None:
        return record, ODDS
    local, _, domain = email.partition("@")
    plain, plus, _ = local.partition("+")
    if plus and plain:
        return best(case, case.view.records_by_email(f"{plain}@{domain}")), _TAGGED
    return None, 0.0


def best(case: Case, records: tuple[KnownRecord, ...]) -> KnownRecord | None:
    """Of several records of one person: contacts first, then open leads; a converted lead yields to its contact."""
    refused = case.view.refused_links()
    people = []
    for record in records:
        contact = case.view.record(record.converted_to) if record.converted_to is not None else None
        person = contact or record
        if person.id not in refused:
            people.append(person)
    return max(people, key=lambda person: _rank(case, person), default=None)


def _rank(case: Case, person: KnownRecord) -> tuple[bool, bool, bool, bool, int]:
    deals = person.kind is RecordKind.CONTACT and bool(case.view.opportunities_of_person(person.id))
    account = person.account_id is not None and bool(case.view.open_opportunities(person.account_id))
    return person.kind is RecordKind.CONTACT, person.is_open, deals, account, -person.id


def account_of(case: Case) -> Candidate | None:
    """The account of the person found."""
    person = case.person_record
    if person is None or person.account_id is None or person.account_id in case.view.refused_links():
        return None
    odds = case.person.odds if case.person else ODDS
    return Candidate(person.account_id, odds, Reason("address", "the account of the person with this e-mail address"))
