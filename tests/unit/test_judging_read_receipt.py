"""Read receipts."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_disposition_notification_is_a_notification(judged: Judged) -> None:
    kind = "multipart/report; report-type=disposition-notification"
    assert judged("Lest", "Lest: Tilbud", headers={"content_type": kind}).kind is VerdictKind.NOTIFICATION


def test_its_words_do_too(judged: Judged) -> None:
    assert judged("Il messaggio è stato letto il 3 marzo.", "Letto: Offerta").kind is VerdictKind.NOTIFICATION
