"""What systems tell."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_generated_mail_is_a_notification(judged: Judged) -> None:
    text = "A customer asks what a new website would cost. View: https://x.test/1"
    verdict = judged(text, "[JIRA] price", "Jira <jira@x.test>", headers={"auto_submitted": "auto-generated"})
    assert verdict.kind is VerdictKind.NOTIFICATION


def test_a_procurement_system_that_names_a_person_is_an_enquiry(judged: Judged) -> None:
    text = (
        "Kommunen inviterer til å gi tilbud på ny nettside. Anbud sendes innen 1. mai.\n"
        "Kontaktperson: Liv Berg, liv.berg@kommune.test, tlf 51 22 33 44"
    )
    verdict = judged(text, "Tilbudsforespørsel", "noreply@kommune.test", headers={"auto_submitted": "auto-generated"})
    assert verdict.kind is VerdictKind.ENQUIRY
    assert verdict.fields["email"] == "liv.berg@kommune.test"
