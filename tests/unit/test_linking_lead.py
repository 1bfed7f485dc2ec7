"""Leads for unknown people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.linking import decide_link
from crm_model.links import CreateLead, Ignored, Linked, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation

Letter = Callable[..., Message]
OTHER = Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=())


def linked(message: Message, crm: Any, firm: Organisation, verdict: Verdict = OTHER) -> set[int]:
    decision = decide_link(message, verdict, crm, firm, auto_leads=False)
    return {item.record_id for item in decision.candidates} if isinstance(decision, Linked) else set()


ENQUIRY = Verdict(VerdictKind.ENQUIRY, 0.95, creates_lead=True, reasons=(), fields={"email": "eli@ny.test"})


def test_an_unknown_persons_enquiry(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Tilbud?", sender="Eli <eli@ny.test>")
    decision = decide_link(message, ENQUIRY, small_crm, firm, auto_leads=False)
    assert isinstance(decision, CreateLead)
    assert not decision.automatic
    sure = decide_link(message, ENQUIRY, small_crm, firm, auto_leads=True)
    assert isinstance(sure, CreateLead)
    assert sure.automatic


def test_a_lead_holds_what_was_stated_as_far_as_a_line_takes_it(
    letter: Letter, firm: Organisation, small_crm: Any
) -> None:
    stated = {"email": "eli@ny.test", "company": "N" * 900, "service": "nettside", "budget": "90 000 kr"}
    verdict = replace(ENQUIRY, fields=stated)
    decision = decide_link(letter("Tilbud?", sender="Eli <eli@ny.test>"), verdict, small_crm, firm, auto_leads=False)
    assert isinstance(decision, CreateLead)
    assert decision.fields == {
        "email": "eli@ny.test",
        "company": "N" * 250,
        "service": "nettside",
        "budget": "90 000 kr",
    }


def test_a_known_persons_enquiry_is_linked(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert 10 in linked(letter("Tilbud?", sender="N <nina@dahlbygg.test>"), small_crm, firm, ENQUIRY)


def test_no_second_suggestion_for_person_or_thread(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Glemte tegningen.", sender="Eli <eli@ny.test>")
    small_crm.wanted = {"eli@ny.test"}
    held = decide_link(message, ENQUIRY, small_crm, firm, auto_leads=True)
    assert isinstance(held, Ignored)
    assert held.held
    small_crm.wanted, small_crm.asked = set(), True
    assert isinstance(decide_link(message, ENQUIRY, small_crm, firm, auto_leads=True), Ignored)


def test_noise_is_ignored_and_a_strangers_letter_held(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Hei", sender="Eli <eli@ny.test>")
    spam = Verdict(VerdictKind.SPAM, 0.9, creates_lead=False, reasons=())
    ignored = decide_link(message, spam, small_crm, firm, auto_leads=True)
    held = decide_link(message, OTHER, small_crm, firm, auto_leads=True)
    assert isinstance(ignored, Ignored)
    assert isinstance(held, Ignored)
    assert (ignored.held, held.held) == (False, True)
