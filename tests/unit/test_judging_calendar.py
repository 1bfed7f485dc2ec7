"""Invitations and their answers."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_calendar_part_decides(judged: Judged) -> None:
    verdict = judged("Demo av tilbud", "Invitation: pris", content_types=("text/plain", "text/calendar"))
    assert verdict.kind is VerdictKind.CALENDAR
    assert not verdict.creates_lead


def test_an_invitation_to_tender_is_none(judged: Judged) -> None:
    text = "We invite your company to submit a proposal for a new website. Budget EUR 40,000."
    assert judged(text, "Invitation: tender for website").kind is VerdictKind.ENQUIRY
