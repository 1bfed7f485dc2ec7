"""Non-delivery reports of every shape."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_report_is_a_bounce(judged: Judged) -> None:
    verdict = judged(
        "550 no such user", "Failure", headers={"content_type": "multipart/report; report-type=delivery-status"}
    )
    assert verdict.kind is VerdictKind.BOUNCE


def test_words_count_only_with_a_postmaster_or_an_empty_return_path(judged: Judged) -> None:
    words = "Meldingen din kunne ikke leveres til per@x.test."
    assert judged(words, "Ikke levert", headers={"return_path": "<>"}).kind is VerdictKind.BOUNCE
    assert judged("Kan dere sende et tilbud på nettside? Forrige pakke kunne ikke leveres.").kind is VerdictKind.ENQUIRY
