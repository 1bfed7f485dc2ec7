"""Newsletters and campaigns."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_headers_of_mass_mail(judged: Judged) -> None:
    headers = {"list_unsubscribe": "<https://x.test/u>", "feedback_id": "1:x"}
    assert judged("Request a demo and get a quote!", "Get your quote", headers=headers).kind is VerdictKind.NEWSLETTER


def test_a_foot_without_headers(judged: Judged) -> None:
    text = "Ukens nyheter. Les mer på siden. Du får dette fordi du er kunde. Meld deg av her."
    assert judged(text, "Be om tilbud").kind is VerdictKind.NEWSLETTER


def test_a_letter_through_a_mailing_tool_that_answers_us_is_read(judged: Judged) -> None:
    text = "Takk! Kan dere gi pris på en ny nettbutikk? Vi trenger den til høsten."
    headers = {"list_unsubscribe": "<https://x.test/u>"}
    assert judged(text, "SV: Nyheter", answers=True, headers=headers).kind is VerdictKind.ENQUIRY
