"""vCards of three versions, broken ones, and whose card counts."""

from __future__ import annotations

from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from agent.judging import JudgeContext, judge
from agent.judging.fields.address import PostalAddress
from agent.judging.fields.vcard import read_card
from agent.parse import parse_message
from crm_model.mail import Direction, RawMessage
from crm_model.organisation import Organisation

CARD = """BEGIN:VCARD
VERSION:3.0
N:Nordmann;Kari;;;
FN:Kari Nordmann
ORG:Fjordtech AS;Sales
TITLE:Innkjøps
 sjef
item1.EMAIL;TYPE=INTERNET:kari@fjordtech.example
TEL;TYPE=WORK,VOICE:+47 22 55 01 22
TEL;TYPE=CELL:+47 918 44 027
TEL;TYPE=FAX:+47 22 33 44 56
ADR;TYPE=WORK:;;Storgata 12\\, 3. etg;Oslo;;0155;Norway
URL:https://fjordtech.example
END:VCARD
"""


def test_a_card_is_read_with_folded_and_escaped_lines() -> None:
    card = read_card(CARD)
    assert (card.first, card.last, card.company, card.title) == ("Kari", "Nordmann", "Fjordtech AS", "Innkjøpssjef")
    assert card.emails == ["kari@fjordtech.example"]
    assert card.phones == [("office", "+47 22 55 01 22"), ("mobile", "+47 918 44 027"), ("fax", "+47 22 33 44 56")]
    assert card.address == PostalAddress("Storgata 12, 3. etg", "0155", "Oslo", "Norway")


def test_an_old_card_in_quoted_printable() -> None:
    card = read_card(
        "BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=98deg=C3=A5rd;Bj=\n=C3=B8rn\nEND:VCARD"
    )
    assert (card.first, card.last) == ("Bjørn", "Ødegård")


def test_the_senders_card_beats_the_text_and_another_ones_does_not(firm: Organisation) -> None:
    mine = _judged(firm, CARD)
    assert (mine["phone"], mine["phone_type"], mine["other_phone"]) == ("+4791844027", "mobile", "+4722550122")
    assert (mine["title"], mine["city"], mine["postcode"]) == ("Innkjøpssjef", "Oslo", "0155")
    others = _judged(firm, CARD.replace("kari@", "ola@").replace("Kari", "Ola"))
    assert "title" not in others
    assert "city" not in others


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_card(f"BEGIN:VCARD\n{text}\nADR:{text}\nTEL;{text}:1")


def test_a_line_of_semicolons_is_read_at_once() -> None:
    quoted = '"a;b:c";' * 300
    card = read_card(f"BEGIN:VCARD\nTEL{';' * 3_000}\nTEL;TYPE={quoted}CELL:12\nFN:Kari\n")
    assert (card.full, card.phones) == ("Kari", [("mobile", "12")])


def _judged(firm: Organisation, card: str) -> dict[str, object]:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Kari Nordmann <kari@fjordtech.example>", "post@firm.example"
    mail["Subject"], mail["Message-ID"] = "Tilbud", "<1@fjordtech.example>"
    mail.set_content("Hei, kan vi få et tilbud på ny nettside? Hva koster det?\n\nMvh Kari\n")
    mail.add_attachment(card, subtype="vcard", filename="kari.vcf")
    data = mail.as_bytes()
    message = parse_message(RawMessage("1", data, len(data)))
    verdict = judge(message, firm, JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False))
    assert verdict.creates_lead
    return dict(verdict.fields)
