"""What is written can be read again, by our own reader and by the standard library, whatever a person typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.parse import parse_message
from crm_model.errors import Rejected
from crm_model.mail import Address, Message, RawMessage
from crm_model.safe_text import safe_line, safe_text
from sync.composing.flowed import FORWARDED
from sync.composing.header_text import HeaderPolicy
from sync.composing.html_version import html_version
from sync.composing.mime import Letter, MailFile, build_mail, chain_of, with_bcc

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KARI = Address("kari@fjord.example", "Kari Ødegård")
OLA = Address("ola@bergen.example", 'Ola "O" Li, dr.')

texts = st.text(st.characters(codec="utf-8"), max_size=300)
lines = texts.map(safe_line)


def letter(**changed: Any) -> Letter:
    return Letter(**{"message_id": "1@fjord.example", "date": AT, "sender": KARI, "to": (OLA,), **changed})


def read(data: bytes) -> Message:
    return parse_message(RawMessage("1", data, len(data)))


def test_everything_comes_back() -> None:
    files = [MailFile("Tilbud “2026”.pdf", b"%PDF\0\xff"), MailFile("../../etc/x.eml", b"From: x\n\ny")]
    text = "Hei Ola,\n\n" + "et ganske langt avsnitt " * 12 + "\nFrom oss\n> sitert\n>> eldre\n-- \nKari"
    chain = tuple(f"{'r' * 90}{number}@x.example" for number in range(5))
    made = letter(
        cc=(KARI,), subject="Tilbud på kai 😀 " * 9, text=text, html=html_version(text), references=chain,
        in_reply_to=chain[-1], files=files,
    )  # fmt: skip
    found = read(build_mail(made))
    assert (found.subject, found.text) == (made.subject.strip(), text.replace("avsnitt \n", "avsnitt\n"))
    assert (found.from_, found.to, found.cc) == (KARI, (OLA,), (KARI,))
    assert (found.message_id, found.references, found.in_reply_to) == ("1@fjord.example", chain, (chain[-1],))
    assert found.in_reply_to_clean
    assert [each.name for each in found.attachments] == ["Tilbud “2026”.pdf", "_.._etc_x.eml"]
    assert found.defects == ()


@given(subject=texts, text=texts, name=texts, file=texts)
def test_no_text_breaks_out_of_its_place(subject: str, text: str, name: str, file: str) -> None:
    data = build_mail(
        letter(subject=subject, text=text, to=(Address("ola@x.example", name),), files=[MailFile(file, b"x")])
    )
    head = data.partition(b"\r\n\r\n")[0]
    found = read(data)
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert names == [*(b"Message-ID", b"Date", b"From", b"To", b"Subject", b"MIME-Version", b"Content-Type")]
    assert [each.email for each in found.to] == ["ola@x.example"]
    assert found.subject == safe_line(subject)
    assert len(found.attachments) == 1


@given(text=texts)
def test_paragraphs_survive_the_wire(text: str) -> None:
    body = message_from_bytes(build_mail(letter(text=text)), policy=default).get_content()
    assert all(len(line) <= 78 or " " not in line[1:72].strip() for line in body.split("\n"))
    unquoted = "\n".join(line for line in safe_text(text).split("\n") if not line.startswith(">"))
    kept = read(build_mail(letter(text=unquoted))).text
    assert kept.split() == unquoted.split()


def test_a_blind_copy_shows_in_our_own_copy_only() -> None:
    data = build_mail(letter(bcc=(Address("sec@ret.example", "Øyvind"),)))
    own = with_bcc(data, (Address("sec@ret.example", "Øyvind"),))
    assert b"sec@ret" not in data
    assert read(own).bcc == (Address("sec@ret.example", "Øyvind"),)
    assert read(own).key == read(data).key, "the same mail, in Sent as elsewhere"
    assert with_bcc(data, ()) == data


def test_only_international_addresses_need_eight_bits() -> None:
    made = letter(to=(Address("bjørn@fjord.example", "Bjørn"),))
    assert made.needs_utf8
    assert "bjørn@fjord.example".encode() in build_mail(made)
    assert not letter(subject="Blåbær").needs_utf8


@pytest.mark.parametrize("count", [1, 5, 20, 21, 400])
def test_a_long_chain_keeps_its_beginning_and_its_end(count: int) -> None:
    chain = chain_of([f"{number}@x.example" for number in range(count)], "parent@x.example")
    assert len(chain) == min(count + 1, 20)
    assert chain[0] == "0@x.example"
    assert chain[-1] == "parent@x.example"
    assert chain_of(chain, "parent@x.example") == chain


def test_html_holds_no_markup_of_the_writer() -> None:
    html = html_version('<script>alert("1")</script> see https://x.example/?a=1&b="2". \n> <b>quoted</b>\n\n> > deep')
    assert "<script" not in html
    assert "<b>" not in html
    assert '<a href="https://x.example/?a=1&amp;b=">' in html
    assert html.count("<blockquote") == html.count("</blockquote>") == 3


def test_quotes_stand_in_one_another_as_the_letters_did() -> None:
    body = html_version("new\n> first\n> > second\n> first again\nnew again").partition("<body>")[2]
    assert re.findall(r"<(/?)blockquote|<div>(.*?)</div>", body) == [
        ("", "new"), ("", ""), ("", "first"), ("", ""), ("", "second"), ("/", ""), ("", "first again"), ("/", ""),
        ("", "new again"),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 20), max_size=30))
def test_marks_that_jump_make_a_page_that_grows_with_its_text(depths: list[int]) -> None:
    """Twice the text is at most twice the page, but for the quotes that any mail may open."""
    text = "\n".join(">" * depth + "ø" for depth in depths * 40)
    html = html_version(text)
    assert html.count("ø") == text.count("ø")
    assert html.count("<blockquote") == html.count("</blockquote>") <= 500
    assert len(re.sub("</?blockquote[^>]*>", "", html)) <= 150 + 30 * len(text)


def test_words_in_brackets_become_a_link_in_what_the_person_writes_alone() -> None:
    text = (
        "Se [prisene <våre>](https://fjord.example/p?a=1&b=2), [x](javascript:alert) og (https://fjord.example/x).\n"
        "> [sitert](https://evil.example/)\n"
        f"{FORWARDED}\n[videresendt](https://evil.example/)\n"
    )
    made = html_version(text)
    assert '<a href="https://fjord.example/p?a=1&amp;b=2">prisene &lt;våre&gt;</a>' in made
    assert '(<a href="https://fjord.example/x">https://fjord.example/x</a>)' in made
    assert "[x](javascript:alert)" in made
    assert ">sitert</a>" not in made
    assert ">videresendt</a>" not in made
    assert made.index('<div class="gmail_quote">') < made.index("videresendt")


def test_what_no_person_wrote_says_so() -> None:
    told = message_from_bytes(build_mail(letter(automatic=True)))
    assert told["Auto-Submitted"] == "auto-generated"
    assert message_from_bytes(build_mail(letter()))["Auto-Submitted"] is None


@pytest.mark.parametrize(
    "told",
    [
        "Re: =?utf-8?q?a=0D=0ABcc:_all=40x.example?=",
        "=?utf-8*en?q?a=0ABcc:_all=40x.example?=",
        "=?us-ascii?b?DQpCY2M6IGFsbEB4LmV4YW1wbGU=?=",
    ],
)
@pytest.mark.parametrize("international", [False, True])
def test_an_encoded_word_in_what_a_stranger_wrote_is_text(told: str, international: bool) -> None:
    """A subject that was encoded twice is read as an encoded word, and then answered."""
    to = Address("ø@x.example" if international else "o@x.example", told)
    message = read(build_mail(letter(subject=told, to=(to,), cc=(to,), sender=Address("me@x.example", told))))
    assert message.bcc == ()
    assert message.subject == told.replace("=?", "= ?")
    assert message.to[0].name == told.replace("=?", "= ?")


def test_an_address_that_would_be_read_as_an_encoded_word_is_refused() -> None:
    with pytest.raises(Rejected, match="address"):
        build_mail(letter(to=(Address("=?utf-8?b?DQpCY2M6IHhAeQ==?=@x.example"),)))


def test_a_header_that_holds_another_is_not_written() -> None:
    """Should the library find another way to decode what it is given."""
    broken = EmailMessage(policy=HeaderPolicy(linesep="\r\n"))
    broken["Subject"] = "=?utf-8?q?a=0D=0ABcc:_x=40y?="
    with pytest.raises(MessageError):
        broken.as_bytes()
    with pytest.raises(MessageError):
        broken.as_string()
