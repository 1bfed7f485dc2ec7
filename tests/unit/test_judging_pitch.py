"""Sellers."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_seller_who_opens_as_a_customer(judged: Judged) -> None:
    text = "Jag hittade er på sida 3. Vem hos er ansvarar för SEO? Vi har hjälpt tre av era konkurrenter."
    assert judged(text, "Fråga om er hemsida").kind is VerdictKind.PITCH


def test_an_agency_that_buys_is_an_enquiry(judged: Judged) -> None:
    text = "We're an SEO consultancy. We need a studio for a client's web shop. Can you quote for it?"
    assert judged(text, "Partnership").kind is VerdictKind.ENQUIRY
