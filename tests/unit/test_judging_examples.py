"""The worked examples of the reference on leads (lead_extraction section 12), and its traps."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.judging.fields import names
from agent.judging.fields.phones import read_phones
from agent.judging.lexicon import Words, fold, load
from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_italian_vat_number_is_no_phone(judged: Judged) -> None:
    text = (
        "Buongiorno, vorrei un preventivo per un sito.\n\nMario Rossi\nRossi Srl\nP.IVA 01234567890\nCell. 333 1234567"
    )
    verdict = judged(text, "Preventivo", "Mario Rossi <mario@gmail.com>")
    assert verdict.creates_lead
    assert verdict.fields["phone"] == "+393331234567"
    assert verdict.fields["company"] == "Rossi Srl"


def test_swedish_forward_with_a_norwegian_note(judged: Judged) -> None:
    text = (
        "Tar du denne?\n\nFrån: Eva Ek <eva@ekbygg.test>\nSkickat: den 3 mars 2026 10:00\nTill: Kari Vik\n"
        "Ämne: Offertförfrågan\n\nHej, vi behöver en ny hemsida. Kan ni lämna offert?\nEva Ek"
    )
    verdict = judged(text, "VS: Offertförfrågan", "Kari Vik <kari@fjordweb.test>")
    assert verdict.kind is VerdictKind.FORWARDED_ENQUIRY
    assert verdict.fields["email"] == "eva@ekbygg.test"


def test_finnish_reply_is_no_lead(judged: Judged) -> None:
    assert not judged("Kiitos, sopii!", "VS: tarjous", "Matti <matti@firma.test>", answers=True).creates_lead


def test_russian_pitch_and_russian_enquiry(judged: Judged) -> None:
    pitch = "Мы предлагаем продвижение вашего сайта, увеличим продажи. Короткий звонок?"
    assert judged(pitch, "Продвижение").kind is VerdictKind.PITCH
    enquiry = "Просим направить коммерческое предложение на 200 шт.\n\nИванов Иван, ООО «Завод»\nИНН 7701234567"
    assert judged(enquiry, "Запрос", "Иванов <ivanov@zavod.test>").creates_lead


def test_customers_wrong_bill_makes_no_lead(judged: Judged) -> None:
    assert not judged("Hej, fakturan stämmer inte, kan ni titta på den?", "Fakturan", known=True).creates_lead


def test_phishing_enquiry_is_never_made_automatically(judged: Judged) -> None:
    headers = {"authentication_results": "mx.fjordweb.test; dmarc=fail"}
    verdict = judged("Urgent quotation request, see the file.", "Quotation", headers=headers)
    assert verdict.probability < 0.9


def test_names() -> None:
    assert names.split("Ягудин Борис Маратович") == ("Борис", "Ягудин")
    assert names.split("Роман Сергеевич Лядов") == ("Роман", "Лядов")
    assert names.split('"Skaugrud, Annichen"') == ("Annichen", "Skaugrud")
    assert names.split("Dott.ssa Maria Del Greco") == ("Maria", "Del Greco")
    assert names.split("Kjell Arne Vassbotn") == ("Kjell Arne", "Vassbotn")
    assert names.split("G. Tuffnell") == ("", "Tuffnell")


def test_numbers_of_other_countries() -> None:
    none: frozenset[str] = frozenset()
    assert [each.e164 for each in read_phones(["Mob. 918 44 027"], ("NO",), none, "")] == ["+4791844027"]
    two = read_phones(["08-465 004 40, direkt 08-465 004 57"], ("SE",), none, "")
    assert [each.e164 for each in two] == ["+46846500457", "+46846500440"]
    assert read_phones(["Org.nr 918 440 271"], ("NO",), none, "") == []
    assert read_phones(["Tel 22 33 44 55"], ("NO",), frozenset({"+4722334455"}), "") == []


@given(st.text(max_size=300))
def test_any_text_folds_and_is_searched(text: str) -> None:
    words = Words(text)
    assert fold(words.folded) == words.folded
    for hit in load("enquiry").find(words.words):
        assert 0 <= hit.first <= hit.last < len(words.words)


@settings(deadline=None)  # the first text loads the word lists, and a busy machine needs long for it
@given(st.text(max_size=500), st.text(max_size=80))
def test_no_text_breaks_judging(judged: Judged, text: str, subject: str) -> None:
    assert 0 <= judged(text, subject).probability <= 1
