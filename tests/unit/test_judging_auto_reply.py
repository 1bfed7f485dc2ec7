"""Absence notes and receipts."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_the_header_wins_over_what_the_subject_asks(judged: Judged) -> None:
    verdict = judged("Jeg er på ferie.", "Automatisk svar: tilbud", headers={"auto_submitted": "auto-replied"})
    assert verdict.kind is VerdictKind.AUTO_REPLY


def test_absence_without_any_header(judged: Judged) -> None:
    text = "I am away until the 14th. Mails are not forwarded. For a price write to desk@x.test."
    assert judged(text, "Re: Meeting", answers=True).kind is VerdictKind.AUTO_REPLY


def test_a_receipt_for_our_question(judged: Judged) -> None:
    text = "Grazie per averci contattato. La richiesta di preventivo è stata presa in carico."
    assert judged(text, "Grazie per averci contattato", answers=True).kind is VerdictKind.AUTO_REPLY


def test_an_enquiry_about_automatic_replies_is_none(judged: Judged) -> None:
    text = "We want an automatic reply for our customers. Could you quote for a website that sends it?"
    assert judged(text, "Automatic reply for our shop").kind is VerdictKind.ENQUIRY
