"""A thread keeps its deal."""

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


def test_the_next_mail_follows(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.links = (31,)
    assert 31 in linked(letter("Ok.", subject="SV: Hei", sender="N <nina@dahlbygg.test>"), small_crm, firm)


def test_a_closed_deal_too(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.links = (33,)
    assert 33 in linked(letter("Takk.", subject="SV: Hei", sender="N <nina@dahlbygg.test>"), small_crm, firm)


def test_another_deals_number_outweighs_it(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.links = (31,)
    message = letter("Gjelder FW-1001.", subject="Butikken", sender="N <nina@dahlbygg.test>")
    assert {30} == linked(message, small_crm, firm) & {30, 31}
