"""Dates, ids, encoded words, parameters and header blocks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from agent.parsing.dates import parse_date
from agent.parsing.encoded_words import decode_header
from agent.parsing.head import read_head, skip_envelope
from agent.parsing.ids import clean_id, parse_in_reply_to, parse_message_id, parse_references, thread_guid
from agent.parsing.kept_headers import keep_headers
from agent.parsing.limits import MAX_WORD_RUNS
from agent.parsing.parameters import read_content_type, read_parameters


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 6 May 2024 10:00:00 +0200",
        "6 May 2024 10:00:00 +0200",
        "Mon,  6 May 2024 10:00:00 +0200 (CEST)",
        "Mon, 06 May 2024 08:00:00 GMT",
        "Mon May  6 08:00:00 2024",
        "2024-05-06T10:00:00+02:00",
        "2024-05-06 08:00:00Z",
        "Mon, 6 May 24 08:00:00 -0000",
        "Mon, 6 May 2024 04:00:00 EDT",
        "monday, 6 may 2024 10:00 +0200",
    ],
)
def test_reads_dates(text: str) -> None:
    assert parse_date(text) == datetime(2024, 5, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Mon, 32 May 2024 10:00:00 +0200", "1 Jan 1900 00:00:00 +0000", "9" * 500]
)
def test_an_unusable_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"=?utf-8?q?Caf=C3=A9?= au lait", "Café au lait"),
        (b"=?utf-8?b?w6bDuMOl?=", "æøå"),
        (b"=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab"),
        (b"=?utf-8?b?w6bD?=\r\n =?utf-8?b?uMOl?=", "æøå"),  # cut inside a letter
        (b"=?iso-8859-1?q?=E6_=F8?=", "æ ø"),
        (b"=?koi8-r?b?8NLJ18XU?=", "Привет"),
        (b"=?utf-8?b?w6bDuMOl", "=?utf-8?b?w6bDuMOl"),
        (b"=?utf-8?b?w6bDuMO?=", "æø\ufffd"),
        (b"=?utf-8*en?q?a?=", "a"),
        (b"=?nonsense?q?a=E6?=", "aæ"),
        (b"=?utf-8?q?a b?=", "a b"),
        (b"=?utf-8?q?why??=", "why?"),
        (b"x=?utf-8?q?a?=y", "xay"),
        ("blåbær".encode(), "blåbær"),
        ("blåbær".encode("latin-1"), "blåbær"),
        (b"a\r\n\tb", "a b"),
        (b"a\x00b", "ab"),
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
    ],
)
def test_decodes_headers(raw: bytes, expected: str) -> None:
    assert decode_header(raw) == expected


def test_only_so_many_encoded_words_apart_are_decoded() -> None:
    """Each may need its charset guessed, which takes a millisecond or two."""
    shown = decode_header(b"=?utf-8?q?=E9t=E9?= and " * 1000)
    assert shown.count("=?utf-8?q?") == 1000 - MAX_WORD_RUNS
    assert shown.count(" and") == 1000


def test_ids() -> None:
    assert parse_message_id(b" <a.b@c> (comment)") == "a.b@c"
    assert parse_message_id(b"a.b@c") == "a.b@c"
    assert parse_message_id(b'<"a.b"@c>') == "a.b@c"
    assert parse_message_id(b"<a.\r\n b@c>") == "a.b@c"
    assert parse_message_id(b"") is None
    assert clean_id("nobody") is None
    assert clean_id("@") is None
    assert clean_id("x" * 600 + "@y") is None
    assert clean_id("0102018f4c9a1b2c-d3e4") == "0102018f4c9a1b2c-d3e4"


def test_references_are_kept_once_and_capped_in_the_middle() -> None:
    assert parse_references([b"<a@x> <b@x>\r\n <a@x>"]) == ("b@x", "a@x")
    many = parse_references([b" ".join(b"<%d@x>" % number for number in range(300))])
    assert len(many) == 100
    assert many[:5] == ("0@x", "1@x", "2@x", "3@x", "4@x")
    assert many[-1] == "299@x"
    assert many[5] == "205@x"


def test_in_reply_to_is_clean_if_it_holds_one_id_and_nothing_else() -> None:
    assert parse_in_reply_to([b"<a@x>"]) == (("a@x",), True)
    assert parse_in_reply_to([b"Message of Monday <a@x>"]) == (("a@x",), False)
    assert parse_in_reply_to([b"<a@x> <b@x>"]) == (("a@x", "b@x"), False)
    assert parse_in_reply_to([b"Your mail <ola@x.no>"], {"ola@x.no"}) == ((), False)
    assert parse_in_reply_to([]) == ((), False)


def test_thread_index_is_the_conversation() -> None:
    head = bytes(range(22))
    guid = bytes(range(6, 22)).hex()
    assert thread_guid(base64.b64encode(head)) == guid
    assert thread_guid(base64.b64encode(head + b"child")) == guid
    assert thread_guid(b"AQHZ") is None
    assert thread_guid(b"\xff") is None
    assert thread_guid(None) is None


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        (b'attachment; filename="a;b.pdf"', "filename", "a;b.pdf"),
        (b"attachment; filename=a b.pdf", "filename", "a b.pdf"),
        (b"attachment; filename*=utf-8'no'bl%C3%A5.pdf", "filename", "blå.pdf"),
        (b"attachment; filename*0*=utf-8''bl%C3; filename*1*=%A5; filename*2=.pdf", "filename", "blå.pdf"),
        (b'attachment; filename*1="b"; filename*0="a"', "filename", "ab"),
        (b'attachment; filename="=?utf-8?q?bl=C3=A5.pdf?="', "filename", "blå.pdf"),
        (
            'attachment; filename="Коммерческое предложение.doc"'.encode("koi8-r"),
            "filename",
            "Коммерческое предложение.doc",
        ),
        (b'attachment; filename="a\\"b"', "filename", 'a"b'),
        (b'multipart/mixed;\r\n boundary="x y"', "boundary", "x y"),
        (b"text/plain; charset=us-ascii (plain)", "charset", "us-ascii"),
    ],
)
def test_parameters(raw: bytes, name: str, expected: str) -> None:
    assert read_parameters(raw).get(name) == expected


def test_content_type_without_sense_is_text() -> None:
    assert read_content_type(b"text").value == "text/plain"
    assert read_content_type(b"TEXT/HTML").value == "text/html"
    assert read_content_type(b"").value == "text/plain"


def test_header_block() -> None:
    head = read_head(b"A: 1\r\nB : 2\r\n  more\r\na: 3\r\n\r\nbody", 0, 33)
    assert head.fields == [("a", b"1"), ("b", b"2\r\n  more"), ("a", b"3")]
    assert head.all("a") == [b"1", b"3"]
    assert head.body_start == 29
    assert head.defects == []


def test_junk_between_headers_is_skipped() -> None:
    data = b"Subject: a\nthis line is junk\nFrom: a@x\n\nbody"
    head = read_head(data, 0, len(data))
    assert [name for name, _ in head.fields] == ["subject", "from"]
    assert head.defects == ["junk-in-headers"]


def test_a_body_may_follow_without_a_blank_line() -> None:
    data = b"Subject: a\nhello there\nhttp://x\n"
    head = read_head(data, 0, len(data))
    assert data[head.body_start :] == b"hello there\nhttp://x\n"
    assert head.defects == ["no-blank-line"]


def test_envelope_line_is_skipped() -> None:
    assert skip_envelope(b"From a@x Mon May 6\nSubject: x\n") == 19
    assert skip_envelope(b"From here on it is text\nreally\n") == 0
    assert skip_envelope(b"\r\n\r\nSubject: x\n") == 4


def test_headers_for_judging_are_kept_and_the_bulk_is_not() -> None:
    data = (
        b"Received: x\nAuthentication-Results: mx.ours; dkim=pass\nAuthentication-Results: forged; dkim=pass\n"
        b"DKIM-Signature: x\nARC-Seal: x\nX-MS-Exchange-Organization-SCL: 5\nX-MS-Exchange-CrossTenant-id: x\n"
        b"List-Id: Some\n list <l.x>\nAuto-Submitted: auto-replied\nX-Custom: =?utf-8?q?=C3=A5?=\n\n"
    )
    assert keep_headers(read_head(data, 0, len(data)), None) == {
        "authentication-results": ("mx.ours; dkim=pass",),
        "x-ms-exchange-organization-scl": ("5",),
        "list-id": ("Some list <l.x>",),
        "auto-submitted": ("auto-replied",),
        "x-custom": ("å",),
    }
