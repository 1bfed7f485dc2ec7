"""Accounts by work domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.linking import decide_link
from crm_model.links import Linked, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation

Letter = Callable[..., Message]
OTHER = Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=())


def linked(message: Message, crm: Any, firm: Organisation, verdict: Verdict = OTHER) -> set[int]:
    decision = decide_link(message, verdict, crm, firm, auto_leads=False)
    return {item.record_id for item in decision.candidates} if isinstance(decision, Linked) else set()


def test_unknown_colleague_of_a_customer(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert linked(letter("Vi har flyttet.", sender="Bo <bo@dahlbygg.test>"), small_crm, firm) == {1}


def test_sub_domain(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert 1 in linked(letter("Hei", sender="Bo <bo@it.dahlbygg.test>"), small_crm, firm)


def test_free_mail_never_gives_an_account(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert not linked(letter("Hei", sender="Bo <bo@gmail.com>"), small_crm, firm)


def test_a_customers_domain_as_a_mere_label_of_a_foreign_one(
    letter: Letter, firm: Organisation, small_crm: Any
) -> None:
    assert not linked(letter("Nytt kontonummer", sender="N <nina@dahlbygg.test.evil.test>"), small_crm, firm)


def test_a_domain_of_several_accounts_decides_nothing(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    """An agency writes for several customers: only a known person of it has an account."""
    both = (small_crm.records[1], small_crm.records[2])
    small_crm.accounts_by_domain = lambda domain: both if domain == "agency.test" else ()
    small_crm.emails["eva@agency.test"] = (11,)
    assert not linked(letter("Ring meg.", sender="Bo <bo@agency.test>"), small_crm, firm)
    assert linked(letter("Ring meg.", sender="Eva <eva@agency.test>"), small_crm, firm) == {11, 2, 32}


def test_who_moved_company_is_with_the_new_one(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    """The record says where a person is now, whatever house the address or the text names."""
    small_crm.emails["per@dahlbygg.test"] = (11,)
    message = letter("Jeg har sluttet i Dahl Bygg. Ring meg.", sender="Per <per@dahlbygg.test>")
    assert linked(message, small_crm, firm) == {11, 2, 32}
