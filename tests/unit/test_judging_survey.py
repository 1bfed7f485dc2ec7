"""Surveys and the press."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_student_who_asks_for_prices(judged: Judged) -> None:
    text = "I'm a final-year student writing a dissertation. What do you charge for a web shop? A short survey."
    assert judged(text, "Dissertation survey").reasons[0].rule == "other"


def test_a_newspaper_that_needs_a_website_is_an_enquiry(judged: Judged) -> None:
    assert judged("Vi er en avis og trenger ny nettside. Hva koster det?", "Ny side").kind is VerdictKind.ENQUIRY
