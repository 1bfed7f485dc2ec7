"""Whole messages through `parse_message`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.parse import parse_message
from crm_model.errors import BadMessage
from crm_model.mail import Address, Message, RawMessage


def read(data: bytes) -> Message:
    return parse_message(RawMessage("1", data, len(data)))


ALTERNATIVE = b"""\
From: =?utf-8?q?K=C3=A5re?= <Kare@Example.no>
To: Sales <sales@ours.example>, "Doe, Jane" <jane@ours.example>
Subject: =?utf-8?B?VGlsYnVk?= on
 40 pumps
Date: Mon, 6 May 2024 10:00:00 +0200
Message-ID: <one@example.no>
In-Reply-To: <zero@ours.example>
References: <root@ours.example> <zero@ours.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hei, vi =C3=B8nsker et tilbud.
--inner
Content-Type: text/html; charset=utf-8

<p>Hei, vi \xc3\xb8nsker et <b>tilbud</b>.</p>
--inner--
--outer
Content-Type: application/pdf; name="spec.pdf"
Content-Disposition: attachment; filename*=utf-8''spec%20%C3%A5.pdf
Content-Transfer-Encoding: base64

aGVsbG8=
--outer--
"""


def test_reads_a_business_mail() -> None:
    message = read(ALTERNATIVE)
    assert message.from_ == Address("kare@example.no", "Kåre")
    assert [address.email for address in message.to] == ["sales@ours.example", "jane@ours.example"]
    assert message.to[1].name == "Doe, Jane"
    assert message.subject == "Tilbud on 40 pumps"
    assert message.sent_at == datetime(2024, 5, 6, 8, 0, tzinfo=UTC)
    assert message.message_id == "one@example.no"
    assert message.references == ("root@ours.example", "zero@ours.example")
    assert message.in_reply_to == ("zero@ours.example",)
    assert message.in_reply_to_clean
    assert message.text == "Hei, vi ønsker et tilbud."
    assert "<b>tilbud</b>" in message.html
    assert [(a.name, a.content_type, a.size, a.part) for a in message.attachments] == [
        ("spec å.pdf", "application/pdf", 5, "2")
    ]
    assert message.content_types == (
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    )
    assert message.defects == ()


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\x00" * 50, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00"])
def test_nothing_readable_is_a_bad_message(data: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        read(data)
    assert caught.value.source == "1"


def test_text_without_headers_is_kept() -> None:
    message = read(b"Just some words\n\nand more\n")
    assert message.text == "Just some words\n\nand more"
    assert "no-headers" in message.defects


def test_line_ends_and_stores_do_not_change_the_key() -> None:
    there = ALTERNATIVE.replace(b"\n", b"\r\n")
    added = b"Received: from a by b\nX-Keywords: Label\nDelivered-To: me@ours.example\n" + ALTERNATIVE + b"\n\n"
    mbox = b"From a@b Mon May  6 10:00:00 2024\n" + ALTERNATIVE
    assert {read(data).key for data in (ALTERNATIVE, there, added, mbox)} == {read(ALTERNATIVE).key}


def test_another_mail_with_the_same_id_has_another_key() -> None:
    key = read(ALTERNATIVE).key
    assert read(ALTERNATIVE.replace(b"spec%20", b"other%20")).key != key
    assert read(ALTERNATIVE.replace(b"Subject: ", b"Subject: Another ")).key != key
    # What an attachment holds does not count: a source may leave it out.
    assert read(ALTERNATIVE.replace(b"aGVsbG8=", b"aGVsbG9=")).key == key
