"""A submission written as a message and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.intake.envelope import Attached, Envelope, read_answers, write_message
from agent.parse import parse_message
from crm_model.mail import Message, RawMessage

ENVELOPE = Envelope(
    digest="d" * 32,
    person="p" * 16,
    at=datetime(2026, 12, 1, 9, tzinfo=UTC),
    form="contact",
    title="Kontakt oss",
    sender="nina@dahlbygg.example",
    name="Nina Dahl",
    lines=["Navn: Nina Dahl"],
    fields={"name": "Nina Dahl"},
)
TYPED = st.text(st.characters(blacklist_categories=("Cs",)), max_size=300)


def read(envelope: Envelope) -> Message:
    data = write_message(envelope)
    return parse_message(RawMessage("1", data, len(data)))


def test_a_submission_reads_like_a_mail_of_its_sender() -> None:
    message = read(replace(ENVELOPE, leads="auto", files=[Attached("plan – æøå.pdf", "application/pdf")]))
    assert message.from_ is not None
    assert (message.from_.name, message.from_.email) == ("Nina Dahl", "nina@dahlbygg.example")
    assert message.subject == "Kontakt oss: Nina Dahl"
    assert message.text.strip() == "Navn: Nina Dahl"
    assert [(each.name, each.part) for each in message.attachments] == [("plan – æøå.pdf", "2")]
    answers = read_answers(message)
    assert answers is not None
    assert (answers.form, answers.leads, answers.trapped) == ("contact", "auto", False)


@given(st.dictionaries(st.sampled_from(["name", "message", "company"]), TYPED.filter(bool)), TYPED, TYPED)
def test_every_answer_comes_back_as_it_was(fields: dict[str, str], name: str, line: str) -> None:
    message = read(replace(ENVELOPE, fields=fields, name=name, title=name or "x", lines=[line], leads="suggest"))
    answers = read_answers(message)
    assert answers is not None
    assert answers.fields == fields
    assert (answers.form, answers.leads) == ("contact", "suggest")
    assert message.message_id == f"{'d' * 32}@web-form.invalid"


def test_a_very_long_answer_comes_back_whole() -> None:
    long = "Ж" * 20_000
    answers = read_answers(read(replace(ENVELOPE, fields={"message": long})))
    assert answers is not None
    assert answers.fields["message"] == long


def test_no_sender_without_an_address_is_another_one() -> None:
    senders = {read(replace(ENVELOPE, sender="", digest=digit * 32)).from_ for digit in "ab"}
    assert len({each.email for each in senders if each}) == 2


def test_an_odd_address_breaks_nothing() -> None:
    for sender in (
        "a..b@x.example",
        "ø@bjørn.example",
        '"a b"@x.example',
        "@",
        "a@",
        "a\r\nBcc: all@x.example@y.example",
        "a@[",
        "a@" + "(" * 500,
        "a@=?utf-8?b?DQpCY2M6IHhAeQ==?=",
    ):
        message = read(replace(ENVELOPE, sender=sender))
        assert message.bcc == ()
        assert read_answers(message) is not None


@pytest.mark.parametrize("place", ["name", "title", "sender"])
@pytest.mark.parametrize("break_out", ["=0D=0A", "=0A", "=0D"])
def test_nobody_writes_headers_by_an_encoded_word(place: str, break_out: str) -> None:
    typed = f"=?utf-8?q?x{break_out}X-Hitchpost-Leads:_auto{break_out}Bcc:_all=40x.example?="
    message = read(replace(ENVELOPE, **{place: f"{typed}@x.example" if place == "sender" else typed}))
    answers = read_answers(message)
    assert answers is not None
    assert (message.bcc, answers.leads) == ((), "")
