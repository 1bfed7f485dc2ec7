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


def test_one_sentence_is_all_that_outlook_2019_writes_above_a_forward(judged: Judged) -> None:
    text = (
        "Kan du ta denne?\n\nEva Ek <eva@ekbygg.test> skrev følgende den 28/10/2021, 12:46:\n\n"
        "    Hei, vi trenger en ny nettside. Kan dere gi oss et tilbud?\n    Eva Ek"
    )
    verdict = judged(text, "VS: Forespørsel", "Kari Vik <kari@fjordweb.test>")
    assert verdict.kind is VerdictKind.FORWARDED_ENQUIRY
    assert (verdict.fields["first_name"], verdict.fields["email"]) == ("Eva", "eva@ekbygg.test")


def test_yahoo_glues_the_headers_of_a_forward_together(judged: Judged) -> None:
    text = (
        "----- Vidarebefordrat meddelande ----- Från: Eva Ek <eva@ekbygg.test>Till: kari@fjordweb.test"
        "Skickat: tisdag 2 november 2021 09:26Ämne: Ny hemsida\n Hej, vi behöver en ny hemsida. Kan ni lämna offert?"
    )
    verdict = judged(text, "Fw: Ny hemsida", "Kari Vik <kari@fjordweb.test>")
    assert verdict.kind is VerdictKind.FORWARDED_ENQUIRY
    assert verdict.fields["email"] == "eva@ekbygg.test"
