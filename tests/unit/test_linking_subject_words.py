"""Deals by their words."""

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


def test_a_word_of_one_deal(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Hvor fort går etikettskriveren?", subject="Spørsmål", sender="N <nina@dahlbygg.test>")
    assert linked(message, small_crm, firm) & {30, 31} == {31}


def test_two_deals_and_no_word_link_none(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert not linked(letter("Ring meg.", sender="N <nina@dahlbygg.test>"), small_crm, firm) & {30, 31}


def test_the_only_open_deal(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert 32 in linked(letter("Ring meg.", sender="P <per@moenhage.test>"), small_crm, firm)


def test_not_for_another_product(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    verdict = Verdict(VerdictKind.ENQUIRY, 0.9, creates_lead=True, reasons=())
    message = letter("Vi trenger en app til, hva koster det?", sender="P <per@moenhage.test>")
    assert 32 not in linked(message, small_crm, firm, verdict)


def test_absence_notes_say_nothing_of_deals(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    verdict = Verdict(VerdictKind.AUTO_REPLY, 0.9, creates_lead=False, reasons=())
    assert linked(letter("Ferie", sender="P <per@moenhage.test>"), small_crm, firm, verdict) == {11, 2}
