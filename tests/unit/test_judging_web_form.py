"""Mail made by forms."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


FORM = """Navn: Nina Dahl
Firma: Dahl Bygg AS
E-post: nina@dahlbygg.test
Telefon: 918 44 027
Melding: Vi trenger ny nettside. Budsjett 80 000 kr.
--
Denne e-posten ble sendt fra et kontaktskjema på Fjordweb
"""


def test_the_visitor_is_the_lead(judged: Judged) -> None:
    verdict = judged(FORM, "Henvendelse", "Fjordweb <wordpress@fjordweb.test>")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.WEB_FORM, True)
    assert verdict.fields["first_name"] == "Nina"
    assert verdict.fields["company"] == "Dahl Bygg AS"
    assert verdict.fields["phone"] == "+4791844027"
    assert verdict.sources["email"] == "form"


def test_a_form_may_ask_for_the_organisation(judged: Judged) -> None:
    verdict = judged(FORM.replace("Firma:", "Organisasjon:"), "Henvendelse", "Fjordweb <wordpress@fjordweb.test>")
    assert verdict.fields["company"] == "Dahl Bygg AS"


def test_labels_above_values(judged: Judged) -> None:
    text = (
        "New response\n\n1. Your name?\nNina Dahl\n\n2. And your e-mail?\nnina@dahlbygg.test\n\n3. Message\nNeed a site"
    )
    verdict = judged(text, "New response", "Typeform <notifications@typeform.com>")
    assert verdict.fields["email"] == "nina@dahlbygg.test"


def test_a_job_application_in_a_form_is_no_lead(judged: Judged) -> None:
    text = FORM.replace(
        "Vi trenger ny nettside. Budsjett 80 000 kr.", "Jeg søker jobb, har dere ledig stilling? CV kan sendes."
    )
    verdict = judged(text, "Henvendelse", "Fjordweb <wordpress@fjordweb.test>")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.WEB_FORM, False)
