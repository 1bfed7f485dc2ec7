"""Suppliers who answer us."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_an_offer_that_answers_our_question(judged: Judged) -> None:
    text = "Takk for forespørselen! Her er tilbudet vårt på seks pulter: kr 41 400."
    verdict = judged(text, "SV: Forespørsel om pris", answers=True)
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.OTHER, False)


def test_the_same_words_from_a_stranger_do_not_count(judged: Judged) -> None:
    assert judged("Takk for forespørselen!", "Hei").reasons[0].rule != "supplier_answer"
