"""People who want to be left alone."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_unsubscribing_that_names_our_goods(judged: Judged) -> None:
    text = "Vennligst fjern meg fra nyhetsbrevet. Jeg skal ikke ha nettside eller app."
    verdict = judged(text, "Meld meg av")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.OTHER, False)


def test_a_privacy_notice_under_an_enquiry_is_none(judged: Judged) -> None:
    text = "Vi trenger tilbud på en ny nettside.\n\nGDPR: se dahlbygg.test/gdpr"
    assert judged(text, "Tilbud").kind is VerdictKind.ENQUIRY
