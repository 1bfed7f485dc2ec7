"""Bills."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_bill_that_offers_a_quote(judged: Judged) -> None:
    text = "Sollecito: la fattura 20519 è scaduta. Se desiderate altro richiedete un preventivo."
    assert judged(text, "Sollecito di pagamento fattura 20519").kind is VerdictKind.INVOICE


def test_a_new_project_in_answer_to_our_bill_is_an_enquiry(judged: Judged) -> None:
    text = "Fakturaen er betalt. Helt annen sak: vi trenger en ny nettside, kan dere gi pris på det?"
    assert judged(text, "Re: Faktura 20418", answers=True, known=True).kind is VerdictKind.ENQUIRY
