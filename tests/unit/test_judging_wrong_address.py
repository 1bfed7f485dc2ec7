"""Mail meant for others."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_stranger_who_goes_on_from_an_agreement(judged: Judged) -> None:
    verdict = judged("Come d'accordo invio le misure delle finestre per il preventivo.", "Preventivo infissi")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.OTHER, False)


def test_a_customer_may_refer_to_an_agreement(judged: Judged) -> None:
    verdict = judged("Come d'accordo invio le misure.", "Misure", known=True)
    assert verdict.reasons[0].rule != "wrong_address"
