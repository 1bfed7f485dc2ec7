"""Links by exact address."""

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


def test_contact_and_account(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert {10, 1} <= linked(letter("Hei", sender="N <nina@dahlbygg.test>"), small_crm, firm)


def test_plus_address(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert 10 in linked(letter("Hei", sender="N <nina+web@dahlbygg.test>"), small_crm, firm)


def test_converted_lead_stands_back_for_its_contact(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert {11, 2} <= linked(letter("Hei", sender="P <per.privat@gmail.com>"), small_crm, firm)


def test_a_namesake_is_not_linked(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert not linked(letter("Hei", sender="Nina Dahl <nina.dahl@gmail.com>"), small_crm, firm)


def test_what_we_send_goes_to_the_recipient(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Hei Per", sender="Kari <kari@fjordweb.test>", to=("per@moenhage.test",))
    assert {11, 2} <= linked(message, small_crm, firm)


def test_a_link_that_was_taken_off_stays_off(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.refused = frozenset({10, 1})
    assert not linked(letter("Hei", sender="N <nina@dahlbygg.test>"), small_crm, firm) & {10, 1}


def test_our_answer_is_with_its_recipient_not_with_whom_it_quotes(
    letter: Letter, firm: Organisation, small_crm: Any
) -> None:
    text = "Hei Per\n\nFra: Nina Dahl <nina@dahlbygg.test>\nSendt: i dag\nTil: Kari\nEmne: Hei\n\nHei Kari"
    message = letter(text, sender="Kari <kari@fjordweb.test>", to=("per@moenhage.test",))
    assert linked(message, small_crm, firm) >= {11, 2}
    assert not linked(message, small_crm, firm) & {10, 1}
