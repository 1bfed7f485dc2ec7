"""How others file mail, for comparison: each reads one message and names person, account and deals.

All know the records' addresses and domains, and threads by References and In-Reply-To; none reads the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_model.mail import Message

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guess:
    """Ids out of the records' file; None and () where nothing is linked."""

    person: str | None = None
    account: str | None = None
    deals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crm:
    """The records of a rehearsal's file, by what a mail may name."""

    by_email: Mapping[str, Row]
    by_domain: Mapping[str, str]
    deals: tuple[Row, ...]
    threads: dict[str, Guess] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Mapping[str, Any]) -> Crm:
        people = [*records["leads"], *records["contacts"]]  # a contact takes the place of a lead
        return cls(
            {email.lower(): person for person in people for email in person["emails"]},
            {domain: account["id"] for account in records["accounts"] for domain in account["domains"]},
            tuple(sorted(records["opportunities"], key=lambda deal: str(deal["created"]))),
        )

    def replied(self, message: Message) -> Guess | None:
        """What the message that this one answers was linked to."""
        known = [
            self.threads[parent] for parent in (*message.references, *message.in_reply_to) if parent in self.threads
        ]
        return known[-1] if known else None

    def sender(self, message: Message) -> tuple[Row | None, str | None]:
        """The known person who wrote, and the account: the person's, else that of the domain."""
        email = message.from_.email if message.from_ else ""
        person = self.by_email.get(email)
        account = (person or {}).get("account_id") or self.by_domain.get(email.rpartition("@")[2])
        return person, account

    def open_deals(self, *, person: str | None = None, account: str | None = None) -> tuple[str, ...]:
        """Open deals, oldest first, in which a contact has a role, or of an account."""
        return tuple(
            deal["id"]
            for deal in self.deals
            if not deal["stage"].startswith("closed")
            and (deal["account_id"] == account if account else person in deal["contact_ids"])
        )


def parent_order(crm: Crm, message: Message) -> Guess:
    """EspoCRM's import of mail: what the message answered hangs on; else the account of the sender's contact, the
    contact, the account or the lead with this address. A deal is reached only along replies to mail filed by hand."""
    person, account = crm.sender(message)
    replied = crm.replied(message)
    return Guess(person and person["id"], account, replied.deals if replied else ())


def every_open_deal(crm: Crm, message: Message) -> Guess:
    """Each mail hangs on all open deals in which the sender has a role."""
    person, account = crm.sender(message)
    return Guess(person and person["id"], account, crm.open_deals(person=person["id"]) if person else ())


def newest_deal(crm: Crm, message: Message) -> Guess:
    """Each mail hangs on the open deal of the sender's account that was made last."""
    person, account = crm.sender(message)
    return Guess(person and person["id"], account, crm.open_deals(account=account)[-1:] if account else ())


def headers_only(crm: Crm, message: Message) -> Guess:
    """The reply chain, else the only open deal of the sender's account."""
    person, account = crm.sender(message)
    replied, only = crm.replied(message), crm.open_deals(account=account) if account else ()
    deals = replied.deals if replied and replied.deals else only if len(only) == 1 else ()
    return Guess(person and person["id"], account, deals)


STRATEGIES: Mapping[str, Callable[[Crm, Message], Guess]] = {
    "headers only": headers_only,
    "EspoCRM's parent order": parent_order,
    "every open deal of the contact": every_open_deal,
    "newest deal of the account": newest_deal,
}


def guesses(strategy: Callable[[Crm, Message], Guess], crm: Crm, messages: Mapping[str, Message]) -> dict[str, Guess]:
    """What a strategy says of messages in order; each follows what it said of the one before."""
    found = {}
    for name, message in messages.items():
        found[name] = crm.threads[message.message_id or name] = strategy(crm, message)
    return found
