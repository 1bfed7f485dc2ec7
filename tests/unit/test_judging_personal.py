"""Private mail."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_friend_with_a_price(judged: Judged) -> None:
    text = "Halla Kari, er dere med til hytta? Hyttetur i mars, 1 800 per pers med alt."
    verdict = judged(text, "Hyttetur!", "Stian <stian@gmail.com>", to=("kari@fjordweb.test",))
    assert verdict.kind is VerdictKind.PERSONAL


def test_a_wedding_site_is_an_enquiry(judged: Judged) -> None:
    text = "Vi gifter oss i august og trenger en enkel nettside. Hva koster det?"
    assert judged(text, "Bryllupsside", "Stian <stian@gmail.com>").kind is VerdictKind.ENQUIRY
