"""Deals under way."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_declined_offer(judged: Judged) -> None:
    text = "Thanks for the quick answer. It's too dear for us this year. Good luck!"
    assert judged(text, "Re: price", answers=True).reasons[0].rule == "other"


def test_a_new_project_of_the_same_customer_is_an_enquiry(judged: Judged) -> None:
    text = "We accept. On another note: we need a web shop as well, what would it cost?"
    assert judged(text, "Re: offer", answers=True).kind is VerdictKind.ENQUIRY
