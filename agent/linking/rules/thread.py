"""The thread is on a deal already: its later mails follow, also when the deal is closed since."""

from __future__ import annotations

from agent.linking.case import Case, titled
from agent.linking.rules import reference_number, subject_words
from crm_model.links import Candidate, Reason
from crm_model.records import RecordKind

ODDS = 0.97


def check(case: Case) -> Candidate | None:
    """The deal of the thread, unless a new subject names another deal by number or by its words."""
    if not case.thread_deals:
        return None
    deal = case.thread_deals[-1]
    other = reference_number.in_new_text(case)
    if other is not None and other.record_id != deal.id:
        return None
    words = subject_words.of_subject(case)
    if words is not None and words.record_id != deal.id and not subject_words.is_answer(case):
        return None
    return Candidate(deal.id, ODDS, Reason("thread", f"the conversation is on “{titled(deal)}”"))


def people(case: Case) -> list[Candidate]:
    """Persons and accounts that the thread is linked to: for mail whose own people are unknown."""
    found = []
    for record_id in case.view.thread_links():
        record = case.view.record(record_id)
        if record is not None and record.kind is not RecordKind.OPPORTUNITY:
            found.append(Candidate(record.id, 0.9, Reason("thread", f"the conversation is with “{titled(record)}”")))
    return found
