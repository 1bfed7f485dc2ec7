"""Deals by their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.linking import decide_link
from crm_model.links import Linked, Verdict, VerdictKind
from crm_model.mail import Attachment, Message
from crm_model.organisation import Organisation

Letter = Callable[..., Message]
OTHER = Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=())


def linked(message: Message, crm: Any, firm: Organisation, verdict: Verdict = OTHER) -> set[int]:
    decision = decide_link(message, verdict, crm, firm, auto_leads=False)
    return {item.record_id for item in decision.candidates} if isinstance(decision, Linked) else set()


def test_number_in_the_text_however_it_is_spelt(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    for text in ("Vi godtar FW-1002.", "Vi godtar fw 1002", "Se\n> Tilbud FW-1002 vedlagt"):
        assert 31 in linked(letter(text, sender="N <nina@dahlbygg.test>"), small_crm, firm), text


def test_another_accounts_number_links_nothing(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Samme som FW-1003?", subject="Hei", sender="N <nina@dahlbygg.test>")
    assert 32 not in linked(message, small_crm, firm)


def test_number_in_subject_or_attachment_alone(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    named = letter("Vi godtar.", subject="FW-1002", sender="N <nina@dahlbygg.test>")
    assert 31 in linked(named, small_crm, firm)
    plain = letter("Vi godtar.", subject="Hei", sender="N <nina@dahlbygg.test>")
    file = Attachment("tilbud FW-1002.pdf", "application/pdf", 9, "2")
    assert 31 in linked(replace(plain, attachments=(file,)), small_crm, firm)
