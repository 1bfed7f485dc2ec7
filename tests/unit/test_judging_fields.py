"""Numbers and sums as people write them, in letters that no labelled set holds."""

from __future__ import annotations

import re

import pytest

from agent.judging import JudgeContext, judge
from agent.judging.evidence import Evidence
from agent.judging.fields import read_letter, read_signature
from crm_model.links import Verdict
from crm_model.mail import Address, Direction, Message
from crm_model.organisation import Organisation
from crm_model.records import Fields

STRANGER = JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False)


def evidence(firm: Organisation, text: str) -> Evidence:
    message = Message("k", "a@b", subject="Hi", text=text, from_=Address("eva@acme.example", "Eva Test"))

    def inner(other: Message, organisation: Organisation) -> Verdict:
        return judge(other, organisation, STRANGER)

    return Evidence(message, firm, STRANGER, inner)


def read(firm: Organisation, text: str) -> Fields:
    return read_letter(evidence(firm, text))[0]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("We need a website. My cell is 415-555-0132, thanks!\nEva", "+14155550132"),
        ("Hei! Kan dere ringe meg? 41 55 01 22. Vi trenger nettbutikk.\n\nhilsen Eva", "+4741550122"),
        ("Hei\n\nVi trenger ny nettside, ta kontakt på 915 50 132 eller svar her.\n\nEva", "+4791550132"),
        ("Hej!\n\nVi behöver en app. Nås enklast på 070 - 555 01 22.\n\n/Eva", "+46705550122"),
        ("Hej,\n\nHar I tid? Ring til mig på 31 55 01 22.\n\nVenlig hilsen\nEva\n+45 31 55 01 22", "+4531550122"),
        (
            "Guten Tag,\n\nwir suchen eine Agentur.\n\nGrüße\nEva Test\nTel.: 0221 / 5550-122\nFax: 0221 / 99",
            "+492215550122",
        ),
        ("Buongiorno,\nci serve il sito. Potete chiamarmi al 347 5550122 dopo le 17.\nGrazie", "+393475550122"),
        ("Добрый день! Нужен сайт. Мой телефон 8 912 555-01-22, звоните.\n\nЕва", "+79125550122"),
        ("Нужен магазин.\n\nЕва\nт. +7 (495) 555-01-22 доб. 14\nмоб. 8-916-555-01-33", "+79165550133"),
        ("Bonjour,\nvous pouvez me joindre au 06 55 50 01 22.\nCordialement,\nEva", "+33655500122"),
        ("Hola,\nnecesitamos una tienda. Mi móvil: 655 500 122.\nUn saludo,\nEva", "+34655500122"),
        ("We'd like a demo.\n\nEva\nT +44 (0)20 7946 0122\nM +44 (0)7700 900122", "+447700900122"),
        ("A demo, please.\n\nEva | Test Inc. | Dallas TX 75201 | (214) 555-0122 x14", "+12145550122"),
        ("Tilbud?\n\nMvh Eva Test\nOrg.nr 987 654 321\nTlf: 22 55 01 22", "+4722550122"),
        ("Hi there, pls call. 0414 555 122 (I'm in Melbourne, Australia)\n\nEva", "+61414555122"),
        ("Our order 4711-2024-889 of 12.03.2026 came to 12 500 kr.", None),
    ],
)
def test_phone(firm: Organisation, text: str, phone: str | None) -> None:
    assert read(firm, text).get("phone") == phone


@pytest.mark.parametrize(
    ("text", "kind", "others"),
    [
        ("A demo?\n\nEva\nMobile 07700 900122, switchboard 020 7946 0122", "mobile", {"other_phone": "+442079460122"}),
        ("Tilbud?\n\nMvh Eva\nSentralbord: 22 55 01 22", "switchboard", {}),
        ("Tilbud?\n\nMvh Eva\nTlf 22 55 01 22 Faks 22 55 01 23", "office", {"fax": "+4722550123"}),
        (
            "Guten Tag, wir bitten um ein Angebot.\n\nGrüße\nEva\nDurchwahl: 0221 555 0122\nHandy: 0151 2345 6789",
            "direct",
            {"mobile": "+4915123456789"},
        ),
        (
            "Hej! Vi vill ha en offert på något nytt, tack.\n\n/Eva\nDirekt 08-465 004 57, växel 08-465 004 00",
            "direct",
            {"other_phone": "+46846500400"},
        ),
        (
            "Buongiorno, vorrei un preventivo.\n\nEva\nCentralino 02 5550 0122 - Cell. 347 5550122",
            "mobile",
            {"other_phone": "+390255500122"},
        ),
        (
            "Bonjour, nous voudrions un devis.\n\nEva\nStandard : 01 55 50 01 22\nLigne directe : 01 55 50 01 23",
            "direct",
            {},
        ),
        ("Hola, necesitamos un presupuesto.\n\nEva\nCentralita: 915 500 122", "switchboard", {}),
        ("Сколько стоит?\n\nЕва\nтел. +7 (495) 555-01-22\nмоб. 8-916-555-01-33", "mobile", {}),
    ],
)
def test_what_kind_of_number_it_is(firm: Organisation, text: str, kind: str, others: Fields) -> None:
    fields = read(firm, text)
    assert (fields["phone_type"], {**fields, **others}) == (kind, fields)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("We need a website. Our trustees have given us £8,500 for it.", "8500"),
        ("We need a website. Price guide: around 10 grand.", "10"),
        ("Vi vil ha ny nettside. Prisen bør ikke overstige kr 80 000.", "80000"),
        ("Vi trenger nettbutikk. Styret har bevilget 120.000,- til prosjektet.", "120000"),
        ("Vi behöver en app. Vi har räknat med ungefär 150 000 kr exkl moms.", "150000"),
        ("Vi skal bruge en webshop. Vi har 60.000 kr. til det.", "60000"),
        ("Wir brauchen einen Shop. Mehr als 15.000 Euro können wir nicht ausgeben.", "15000"),
        ("Ci serve un sito. Non vorremmo superare i 5.000 euro.", "5000"),
        ("Нужен сайт. Готовы заплатить 250-300 тыс. рублей.", "250"),
        ("Il nous faut un site. On peut mettre 6 000 € maximum.", "6000"),
        ("Necesitamos una web. No podemos gastar más de 4.000 euros.", "4000"),
        ("Vi omsetter for 12 mill kr. Trenger ny nettside.", ""),
        ("Vi har fått et tilbud på 200 000 kr fra noen andre. Hva koster det hos dere?", ""),
        ("We currently pay £400 a month to our hosting firm. Could you quote?", ""),
    ],
)
def test_budget(firm: Organisation, text: str, digits: str) -> None:
    told = re.sub(r"[ .,\u00a0]", "", str(read(firm, text).get("budget") or ""))
    assert (digits in told) if digits else told == ""


@pytest.mark.parametrize("title", ["badmästare", "festivalsjef", "Verkstadschef", "Head of Ops", "заведующая складом"])
def test_title_behind_the_name(firm: Organisation, title: str) -> None:
    assert read(firm, f"Could you send us an offer for a shop?\n\nEva Test, {title}\nTest AB").get("title") == title


SIGNED = "We need a website for 20 000 euro.\n\nKind regards\nEva Test\nSales Director\nAcme Ltd\n"
REACHED = f"{SIGNED}1 High Street\nLondon EC1A 1BB\nMobile 07700 900122\nwww.acme.example"


@pytest.mark.parametrize("text", [REACHED, SIGNED, "Hello", "Please write to Per Hansen <per.hansen@acme.example>."])
def test_a_signature_holds_what_the_whole_letter_says_of_the_sender(firm: Organisation, text: str) -> None:
    whole, sources = read_letter(evidence(firm, text))
    fields, places = read_signature(evidence(firm, text))
    others = ("first_name", "last_name", "email", "company", "budget", "service")
    assert fields == {name: value for name, value in whole.items() if name not in others}
    assert places == {name: sources[name] for name in fields}


def test_a_letter_that_names_somebody_else_tells_nothing_of_its_sender(firm: Organisation) -> None:
    text = f"The contact person is Per Hansen, per.hansen@acme.example.\n{REACHED}"
    assert read_letter(evidence(firm, text))[0]["email"] == "per.hansen@acme.example"
    assert read_signature(evidence(firm, text)) == ({}, {})
