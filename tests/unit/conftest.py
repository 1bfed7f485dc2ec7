"""Letters, an organisation and a small CRM for the tests of judging and linking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.judging import JudgeContext, judge
from agent.linking.view import LinkView
from crm_model.links import FilingRule, Verdict
from crm_model.mail import Address, Direction, Message
from crm_model.organisation import Organisation
from crm_model.records import KnownRecord, RecordKind
from sync.lessons import Lessons

Letter = Callable[..., Message]


@pytest.fixture(scope="session")
def firm() -> Organisation:
    return Organisation(
        name="Fjordweb AS",
        domains=frozenset({"fjordweb.test"}),
        addresses=frozenset({"sales@fjordweb.test"}),
        colleagues=(("Kari Vik", "kari@fjordweb.test"), ("Ola Moe", "ola@fjordweb.test")),
        form_senders=frozenset({"wordpress@fjordweb.test"}),
        phones=frozenset({"+4722334455"}),
        services=("web sites",),
        default_region="NO",
    )


@pytest.fixture(scope="session")
def letter() -> Letter:
    def write(text: str, subject: str = "Hei", sender: str = "Nina Dahl <nina@dahlbygg.test>", **more: Any) -> Message:
        name, _, email = sender.rpartition(" <")
        headers = {key.replace("_", "-"): (value,) for key, value in more.pop("headers", {}).items()}
        to = tuple(Address(email) for email in more.pop("to", ("sales@fjordweb.test",)))
        base = Message(key=f"{subject}{text}"[:60], message_id="m1@dahlbygg.test", subject=subject, text=text)
        return replace(base, from_=Address(email.rstrip(">"), name), to=to, headers=headers, **more)

    return write


@pytest.fixture(scope="session")
def judged(letter: Letter, firm: Organisation) -> Callable[..., Verdict]:
    def decide(text: str, *args: Any, answers: bool = False, known: bool = False, **more: Any) -> Verdict:
        message = letter(text, *args, **more)
        own = bool(message.from_ and firm.is_own(message.from_.email))
        direction = Direction.INTERNAL if own else Direction.INCOMING
        return judge(message, firm, JudgeContext(direction, answers, known))

    return decide


class SmallCrm(LinkView):
    """Two customers: Dahl Bygg with two open deals and Moen Hage with one; a lead; a converted lead."""

    def __init__(self) -> None:
        self.links: tuple[int, ...] = ()
        self.refused: frozenset[int] = frozenset()
        self.asked = False
        self.deals_in_question: frozenset[int] = frozenset()
        self.wanted: set[str] = set()
        self.rules: tuple[FilingRule, ...] = ()
        self.learnt = Lessons()
        make = KnownRecord
        self.records = {
            1: make(1, "c", RecordKind.ACCOUNT, "Dahl Bygg AS", {}),
            2: make(2, "c", RecordKind.ACCOUNT, "Moen Hage", {}),
            10: make(10, "c", RecordKind.CONTACT, "Nina Dahl", {}, account_id=1),
            11: make(11, "c", RecordKind.CONTACT, "Per Moen", {}, account_id=2),
            20: make(20, "c", RecordKind.LEAD, "Siri Lund", {}),
            21: make(21, "c", RecordKind.LEAD, "Per Moen", {}, is_open=False, converted_to=11),
            30: make(30, "c", RecordKind.OPPORTUNITY, "Ny nettbutikk", {"reference": "FW-1001"}, account_id=1),
            31: make(31, "c", RecordKind.OPPORTUNITY, "Etikettskriver", {"reference": "FW-1002"}, account_id=1),
            32: make(32, "c", RecordKind.OPPORTUNITY, "Intranett", {"reference": "FW-1003"}, account_id=2),
            33: make(33, "c", RecordKind.OPPORTUNITY, "Gammel nettside", {}, account_id=1, is_open=False),
        }
        self.emails = {
            "nina@dahlbygg.test": (10,),
            "per@moenhage.test": (11,),
            "siri.lund@gmail.com": (20,),
            "per.privat@gmail.com": (21,),
        }

    def records_by_email(self, email: str) -> tuple[KnownRecord, ...]:
        return tuple(self.records[number] for number in self.emails.get(email, ()))

    def accounts_by_domain(self, domain: str) -> tuple[KnownRecord, ...]:
        owners = {"dahlbygg.test": 1, "moenhage.test": 2, "gmail.com": 2}
        return (self.records[owners[domain]],) if domain in owners else ()

    def record(self, record_id: int) -> KnownRecord | None:
        return self.records.get(record_id)

    def open_opportunities(self, account_id: int) -> tuple[KnownRecord, ...]:
        deals = (item for item in self.records.values() if item.kind is RecordKind.OPPORTUNITY and item.is_open)
        return tuple(deal for deal in deals if deal.account_id == account_id)

    def thread_links(self) -> tuple[int, ...]:
        return self.links

    def refused_links(self) -> frozenset[int]:
        return self.refused

    def open_suggestion(self) -> bool:
        return self.asked

    def deals_asked(self) -> frozenset[int]:
        return self.deals_in_question

    def lead_wanted_for(self, email: str) -> bool:
        return email in self.wanted

    def filing_rules(self) -> tuple[FilingRule, ...]:
        return self.rules

    def lessons(self) -> Lessons:
        return self.learnt


@pytest.fixture
def small_crm() -> SmallCrm:
    return SmallCrm()
