"""Enquiries that colleagues pass on."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


OUTLOOK = """Tar du denne?

Fra: Nina Dahl <nina@dahlbygg.test>
Sendt: mandag 16. mars 2026 07:55
Til: Kari Vik <kari@fjordweb.test>
Emne: Nettbutikk

Hei Kari, vi trenger en nettbutikk. Kan dere gi oss et tilbud?

Nina Dahl
Dahl Bygg AS
Mobil 918 44 027
"""


def test_the_original_sender_is_the_lead(judged: Judged) -> None:
    verdict = judged(OUTLOOK, "VS: Nettbutikk", "Kari Vik <kari@fjordweb.test>")
    assert verdict.kind is VerdictKind.FORWARDED_ENQUIRY
    assert verdict.creates_lead
    assert verdict.fields["email"] == "nina@dahlbygg.test"
    assert verdict.fields["phone"] == "+4791844027"


def test_a_passed_on_bill_is_internal(judged: Judged) -> None:
    text = OUTLOOK.replace("vi trenger en nettbutikk. Kan dere gi oss et tilbud?", "vedlagt faktura 55. Forfall 17.03.")
    verdict = judged(text.replace("Emne: Nettbutikk", "Emne: Faktura"), "VS: Faktura", "Kari Vik <kari@fjordweb.test>")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.INTERNAL, False)


def test_our_answer_that_quotes_the_enquiry_is_no_lead(judged: Judged) -> None:
    verdict = judged(OUTLOOK, "SV: Nettbutikk", "Kari Vik <kari@fjordweb.test>", to=("nina@dahlbygg.test",))
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.OTHER, False)


def test_colleagues_who_talk_about_a_forward_make_no_second_lead(judged: Judged) -> None:
    verdict = judged(OUTLOOK, "SV: VS: Nettbutikk", "Ola Moe <ola@fjordweb.test>", to=("kari@fjordweb.test",))
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.INTERNAL, False)
