"""The records that a page of mail may belong to: asked in a few statements, then answered from memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from agent.linking.view import LinkView
from crm_model.links import DEAL, FilingRule
from crm_model.records import KnownRecord
from sync.lessons import Lessons
from sync.loop_guard import WINDOW
from sync.store import decisions, filing_rules, known_records, lessons
from sync.store.database import Unit
from sync.store.decisions import NewSuggestion, ThreadState


class PageRecords:
    """What linking may know while one page is decided, decisions of the page itself included."""

    def __init__(self, unit: Unit, emails: Collection[str], thread_ids: Collection[int], now: datetime) -> None:
        self._unit, self._now = unit, now
        self._by_email = _complete(known_records.by_emails(unit, emails), emails)
        domains = {email.rpartition("@")[2] for email in emails}
        self._by_domain = _complete(known_records.accounts_by_domains(unit, domains), domains)
        self._records = {
            each.id: each for some in (self._by_email, self._by_domain) for found in some.values() for each in found
        }
        accounts = {each.account_id or each.id for each in self._records.values()}
        self._records.update(known_records.known(unit, accounts - self._records.keys()))
        deals = known_records.open_opportunities(unit, accounts)
        self._opportunities: dict[int, tuple[KnownRecord, ...]] = {each: deals.get(each, ()) for each in accounts}
        roles = known_records.opportunities_of_people(unit, self._records)
        self._roles: dict[int, tuple[KnownRecord, ...]] = {each: roles.get(each, ()) for each in self._records}
        self._records.update((deal.id, deal) for some in (deals, roles) for held in some.values() for deal in held)
        children = known_records.child_accounts(unit, accounts)
        self._children: dict[int, tuple[int, ...]] = {each: children.get(each, ()) for each in accounts}
        self._leads_made: dict[str, int] = {}
        self.filing_rules = filing_rules.active(unit)
        self.lessons = lessons.learnt(unit)
        self._states = decisions.thread_states(unit, thread_ids)
        self._wanted = dict.fromkeys(emails, False) | dict.fromkeys(decisions.leads_wanted(unit, emails), True)

    def of_thread(self, thread_id: int) -> LinkView:
        return _ThreadView(self, thread_id)

    def state(self, thread_id: int) -> ThreadState:
        return self._states.get(thread_id, ThreadState())

    def by_email(self, email: str) -> tuple[KnownRecord, ...]:
        if email not in self._by_email:
            self._by_email[email] = known_records.by_emails(self._unit, [email]).get(email, ())
        return self._by_email[email]

    def by_phone(self, number: str) -> tuple[KnownRecord, ...]:
        """Asked each time: few messages are looked up so, and leads of this very page count."""
        return known_records.by_phone(self._unit, number)

    def by_domain(self, domain: str) -> tuple[KnownRecord, ...]:
        if domain not in self._by_domain:
            self._by_domain[domain] = known_records.accounts_by_domains(self._unit, [domain]).get(domain, ())
        return self._by_domain[domain]

    def record(self, record_id: int) -> KnownRecord | None:
        if record_id not in self._records:
            self._records.update(known_records.known(self._unit, [record_id]))
        return self._records.get(record_id)

    def open_opportunities(self, account_id: int) -> tuple[KnownRecord, ...]:
        if account_id not in self._opportunities:
            found = known_records.open_opportunities(self._unit, [account_id]).get(account_id, ())
            self._opportunities[account_id] = found
        return self._opportunities[account_id]

    def opportunities_of_person(self, record_id: int) -> tuple[KnownRecord, ...]:
        if record_id not in self._roles:
            found = known_records.opportunities_of_people(self._unit, [record_id]).get(record_id, ())
            self._roles[record_id] = found
        return self._roles[record_id]

    def child_accounts(self, account_id: int) -> tuple[int, ...]:
        if account_id not in self._children:
            found = known_records.child_accounts(self._unit, [account_id]).get(account_id, ())
            self._children[account_id] = found
        return self._children[account_id]

    def lead_wanted_for(self, email: str) -> bool:
        if email not in self._wanted:
            self._wanted[email] = bool(decisions.leads_wanted(self._unit, [email]))
        return self._wanted[email]

    def note_link(self, thread_id: int, record_ids: Iterable[int]) -> None:
        """A decision of this page: later messages of the page see it."""
        before = self.state(thread_id)
        links = tuple(dict.fromkeys((*before.links, *record_ids)))
        self._states[thread_id] = replace(before, links=links, asked=False)

    def note_question(self, thread_id: int, question: NewSuggestion) -> None:
        before = self.state(thread_id)
        deals = question.record_ids if question.kind == DEAL else frozenset()
        self._states[thread_id] = replace(before, asked=True, deals_asked=before.deals_asked | deals)
        if question.email:
            self._wanted[question.email] = True

    def leads_made(self, sender: str) -> int:
        if sender not in self._leads_made:
            self._leads_made[sender] = decisions.leads_made(self._unit, sender, self._now - WINDOW)
        return self._leads_made[sender]

    def note_lead(self, email: str, sender: str) -> None:
        """A lead was made on this page: what was read for its address is no longer true."""
        self._by_email.pop(email, None)
        self._leads_made[sender] = self.leads_made(sender) + 1


def _complete(found: dict[str, tuple[KnownRecord, ...]], wanted: Iterable[str]) -> dict[str, tuple[KnownRecord, ...]]:
    return {key: found.get(key, ()) for key in wanted}


class _ThreadView(LinkView):
    """The page's records as seen from one thread."""

    def __init__(self, page: PageRecords, thread_id: int) -> None:
        self._page = page
        self._state = page.state(thread_id)

    def records_by_email(self, email: str) -> tuple[KnownRecord, ...]:
        return self._page.by_email(email)

    def accounts_by_domain(self, domain: str) -> tuple[KnownRecord, ...]:
        return self._page.by_domain(domain)

    def record(self, record_id: int) -> KnownRecord | None:
        return self._page.record(record_id)

    def open_opportunities(self, account_id: int) -> tuple[KnownRecord, ...]:
        return self._page.open_opportunities(account_id)

    def thread_links(self) -> tuple[int, ...]:
        return self._state.links

    def refused_links(self) -> frozenset[int]:
        return self._state.refused

    def open_suggestion(self) -> bool:
        return self._state.asked

    def deals_asked(self) -> frozenset[int]:
        return self._state.deals_asked

    def records_by_phone(self, number: str) -> tuple[KnownRecord, ...]:
        return self._page.by_phone(number)

    def lead_wanted_for(self, email: str) -> bool:
        return self._page.lead_wanted_for(email)

    def opportunities_of_person(self, record_id: int) -> tuple[KnownRecord, ...]:
        return self._page.opportunities_of_person(record_id)

    def child_accounts(self, account_id: int) -> tuple[int, ...]:
        return self._page.child_accounts(account_id)

    def filing_rules(self) -> tuple[FilingRule, ...]:
        return self._page.filing_rules

    def lessons(self) -> Lessons:
        return self._page.lessons

    def leads_made(self, sender: str) -> int:
        return self._page.leads_made(sender)
