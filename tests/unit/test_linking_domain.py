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
