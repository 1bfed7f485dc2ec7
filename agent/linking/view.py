"""What linking may ask of the records and of the thread that a message belongs to."""

from __future__ import annotations

from typing import Protocol

from crm_model.links import FilingRule
from crm_model.records import KnownRecord
from sync.lessons import Lessons


class LinkView(Protocol):
    """The local database as seen from one thread; every answer comes from an index, never from a scan.

    Implementations inherit from it explicitly: a question with a default below is one that a first version may
    leave unanswered.
    """

    def records_by_email(self, email: str) -> tuple[KnownRecord, ...]:
        """Leads and contacts that own an address (lower case), as main or other address."""
        ...

    def accounts_by_domain(self, domain: str) -> tuple[KnownRecord, ...]:
        """Accounts that own exactly this domain (lower case, IDNA form)."""
        ...

    def record(self, record_id: int) -> KnownRecord | None:
        """One record by the store's id."""
        ...

    def open_opportunities(self, account_id: int) -> tuple[KnownRecord, ...]:
        """The opportunities of an account (store id) that are not closed."""
        ...

    def thread_links(self) -> tuple[int, ...]:
        """Records that this thread is linked to."""
        ...

    def refused_links(self) -> frozenset[int]:
        """Records that a person took off this thread: they never come back."""
        ...

    def open_suggestion(self) -> bool:
        """Whether a question about this thread waits for a person."""
        ...

    def deals_asked(self) -> frozenset[int]:
        """Deals that a person was asked about on this thread and has not chosen: they are not asked about again."""
        return frozenset()

    def records_by_phone(self, number: str) -> tuple[KnownRecord, ...]:
        """Leads and contacts with a telephone number that ends like this one (E.164); it may be another one."""
        return ()

    def lead_wanted_for(self, email: str) -> bool:
        """Whether a suggested lead for this address waits for a person, on whatever thread."""
        ...

    def opportunities_of_person(self, record_id: int) -> tuple[KnownRecord, ...]:
        """Open opportunities in which a contact (store id) has a role, of whatever account."""
        return ()

    def child_accounts(self, account_id: int) -> tuple[int, ...]:
        """The subsidiaries of an account (store ids)."""
        return ()

    def filing_rules(self) -> tuple[FilingRule, ...]:
        """What people taught."""
        return ()

    def lessons(self) -> Lessons:
        """What people's decisions on leads taught."""
        return Lessons()

    def leads_made(self, sender: str) -> int:
        """How many leads the agent made by itself of mail from this address within `loop_guard.WINDOW`."""
        return 0
