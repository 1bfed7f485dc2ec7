"""Job seekers."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_an_application_with_budget_words(judged: Judged) -> None:
    text = "Jeg søker på stillingen som prosjektleder. Har styrt nettsider med budsjetter på 3 mill. CV er vedlagt."
    assert judged(text, "Søknad: prosjektleder").kind is VerdictKind.RECRUITING


def test_a_site_for_finding_staff_is_an_enquiry(judged: Judged) -> None:
    text = "Vi trenger en nettside for å rekruttere sjåfører. Hva koster det?"
    assert judged(text, "Ny nettside").kind is VerdictKind.ENQUIRY
