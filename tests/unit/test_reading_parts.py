"""Parts, texts, attachments, embedded mails, and the limits on all of them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.parse import parse_message, parse_with
from agent.parsing.bodies import clean_filename
from agent.parsing.careful import read_tree_carefully
from agent.parsing.charsets import decode_text, find_codec
from agent.parsing.flowed import unwrap_flowed
from agent.parsing.html_text import html_to_text
from agent.parsing.structure import read_tree
from crm_model.errors import BadMessage
from crm_model.mail import Message, RawMessage
from sync.mailboxes.transfer import decode_base64, decode_transfer


def read(data: bytes) -> Message:
    return parse_message(RawMessage("1", data, len(data)))


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return b"From: a@x.com\nSubject: s\nContent-Type: multipart/" + kind + b"; boundary=b\n\n" + inner + b"--b--\n"


PLAIN = b"Content-Type: text/plain\n\nplain text"
HTML = b"Content-Type: text/html\n\n<p>" + b"marked up text " * 40 + b"</p>"


def test_plain_is_preferred_to_html() -> None:
    message = read(mixed(PLAIN, b"Content-Type: text/html\n\n<p>marked up text</p>", kind=b"alternative"))
    assert message.text == "plain text"
    assert message.html == "<p>marked up text</p>"


@pytest.mark.parametrize("stub", [b"", b" \n", b"This message is in HTML only.", b"Your client does not support HTML"])
def test_a_stub_is_not(stub: bytes) -> None:
    message = read(mixed(b"Content-Type: text/plain\n\n" + stub, HTML, kind=b"alternative"))
    assert message.text.startswith("marked up text")


def test_html_in_related_within_an_alternative() -> None:
    related = (
        b'Content-Type: multipart/related; boundary="c"\n\n--c\nContent-Type: text/html\n\n<b>hi</b>\n'
        b"--c\nContent-Type: image/png; name=a.png\nContent-ID: <x>\n\nPNG\n--c--\n"
    )
    message = read(mixed(PLAIN, related, kind=b"alternative"))
    assert (message.text, message.html) == ("plain text", "<b>hi</b>")
    assert [(a.name, a.part) for a in message.attachments] == [("a.png", "2.2")]


def test_texts_of_a_mixed_mail_follow_each_other() -> None:
    named = b'Content-Type: text/plain; name="notes.txt"\n\nnot for reading'
    message = read(mixed(PLAIN, named, b"\nfooter"))
    assert message.text == "plain text\n\nfooter"
    assert [(a.name, a.part, a.size) for a in message.attachments] == [("notes.txt", "2", 15)]


def test_embedded_mails_are_not_merged_into_the_text() -> None:
    inner = b"From: c@y.com\nSubject: inner\nMessage-ID: <in@y>\n\ninner text"
    message = read(mixed(PLAIN, b"Content-Type: message/rfc822\n\n" + inner))
    assert message.text == "plain text"
    (embedded,) = message.embedded
    assert (embedded.subject, embedded.text, embedded.message_id) == ("inner", "inner text", "in@y")
    assert embedded.key == read(inner).key


def test_headers_of_a_bounced_mail_are_an_embedded_mail() -> None:
    report = mixed(
        PLAIN,
        b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x\n",
        b"Content-Type: text/rfc822-headers\n\nMessage-ID: <sent@ours>\nSubject: Offer\n",
        kind=b"report; report-type=delivery-status",
    )
    message = read(report)
    assert message.text == "plain text"
    assert message.embedded[0].message_id == "sent@ours"
    assert "multipart/report; report-type=delivery-status" in message.content_types
    assert "message/delivery-status" in message.content_types


def test_calendar_method_is_listed() -> None:
    message = read(mixed(PLAIN, b"Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR", kind=b"alternative"))
    assert message.text == "plain text"
    assert "text/calendar; method=reply" in message.content_types


def test_mails_in_mails_end_at_the_limit() -> None:
    message = read(b"From: a@x\n" + b"Content-Type: message/rfc822\n\n" * 20_000 + b"Subject: x\n\nhi")
    depth = 0
    while message.embedded:
        (message,) = message.embedded
        depth += 1
    assert depth == 5
    many = mixed(*[b"Content-Type: message/rfc822\n\nSubject: x\n\nhi"] * 50)
    assert len(read(many).embedded) == 10


@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_a_defect_not_a_crash(closed: bool) -> None:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000))
    ending = b"".join(b"\n--b%d--" % n for n in reversed(range(20_000))) if closed else b""
    message = read(b"From: a@x.com\n" + opened + b"\nhello" + ending)
    assert "nested-too-deep" in message.defects


def test_many_parts_are_cut_off() -> None:
    message = read(mixed(*[b"Content-Type: x/y\n\na"] * 1500))
    assert "too-many-parts" in message.defects
    assert len(message.attachments) == 500


def test_nested_html_does_not_reach_the_parser() -> None:
    assert html_to_text("<div>" * 100_000 + "deep") == "deep"


@pytest.mark.parametrize("data", [mixed(PLAIN)[:-6], mixed(PLAIN).replace(b"--b\n", b"--c\n")])
def test_broken_boundaries_lose_no_text(data: bytes) -> None:
    message = read(data)
    assert "plain text" in message.text
    assert message.defects


def test_html_to_text() -> None:
    html = """<html><head><title>t</title><style>p {}</style></head><body>
    <div style="display:none">preheader</div><p>Hello <b>you</b></p><div>one</div><div>two</div>
    <table><tr><td>Name:</td><td>Kari</td></tr><tr><td>Phone</td><td>123</td></tr><tr><td></td><td>x</td></tr></table>
    <a href="https://shop.example/p?id=1">our shop</a> <a href="https://www.x.no/">x.no</a>
    <a href="mailto:a@x.no">a@x.no</a><ul><li>a</li><li>b</li></ul><script>no</script>
    <blockquote>old<br>text</blockquote>    </body></html>"""
    assert html_to_text(html) == (
        "Hello you\none\ntwo\n\nName: Kari\nPhone\t123\nx\n\nour shop <https://shop.example/p?id=1> x.no a@x.no\n\n"
        "- a\n- b\n\n> old\n> text"
    )


def test_flowed_text_is_unwrapped() -> None:
    assert unwrap_flowed("a \nb\n> c \n> d\n  e\n-- \nf", delete_space=False) == "a b\n> c d\n e\n-- \nf"
    assert unwrap_flowed("ab \ncd", delete_space=True) == "abcd"


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("iso-8859-1", b"\x93\xe6\x94", "“æ”"),
        ("us-ascii", "blåbær".encode(), "blåbær"),
        ("iso-8859-1", "blåbær og mer".encode(), "blåbær og mer"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("ks_c_5601-1987", "똠".encode("cp949"), "똠"),
        ("utf-16", "hei".encode("utf-16"), "hei"),
        ("utf-8", "Привет, как дела у вас сегодня?".encode("cp1251"), "Привет, как дела у вас сегодня?"),
        ("x-unknown", "Привет, как дела у вас сегодня?".encode("koi8-r"), "Привет, как дела у вас сегодня?"),
        ("unicode_escape", b"\\u0041", "\\u0041"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
    ],
)
def test_charsets(charset: str, data: bytes, text: str) -> None:
    assert decode_text(data, charset)[0] == text


@pytest.mark.parametrize("name", ["base64", "zlib", "rot13", "unicode_escape", "idna", "", "\x00", "no such", "a" * 99])
def test_codecs_that_are_no_charsets(name: str) -> None:
    assert find_codec(name) is None


def test_transfer_encodings() -> None:
    assert decode_base64(b"aGVs\r\nbG8") == b"hello"
    assert decode_base64(b"aGVs*bG8=") == b"hello"
    assert decode_base64(b"aGk=aGk=") == b"hihi"
    assert decode_base64(b"aGVsbG8A=Z") == b"hello\0"
    assert decode_transfer(b"a=\nb=E6=ZZ", "quoted-printable") == b"ab\xe6=ZZ"
    assert decode_transfer(b"begin 644 x\n#:&5I\n`\nend\n", "x-uuencode") == b"hei"
    assert decode_transfer(b"as it is", "x-unknown") == b"as it is"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Temp\\a.pdf", "a.pdf"),
        ("a\x00\x1b[31mb.pdf", "ab.pdf"),
        ("x" * 400 + ".pdf", "x" * 238 + ".pdf"),
        ("", ""),
    ],
)
def test_file_names_are_harmless(name: str, cleaned: str) -> None:
    assert clean_filename(name) == cleaned


def test_archives_and_tnef_are_only_listed() -> None:
    tnef = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+Ig=="
    message = read(mixed(PLAIN, tnef))
    assert [(a.name, a.content_type, a.size) for a in message.attachments] == [
        ("winmail.dat", "application/ms-tnef", 4)
    ]


def test_no_text_holds_what_databases_refuse() -> None:
    word = base64.b64encode(b"a\x00b").decode()
    data = f"From: =?utf-8?b?{word}?= <a@x>\nSubject: =?utf-7?q?+2AA-x?=\n\nnul\x00 here".encode()
    message = read(data)
    for text in (message.text, message.subject, message.from_.name if message.from_ else ""):
        assert "\x00" not in text
        text.encode("utf-8")


def test_truncated_mails_have_one_key_whatever_their_line_ends() -> None:
    whole = mixed(
        PLAIN, b"Content-Type: x/y\nContent-Transfer-Encoding: base64\n\n" + b"A" * 60 + b"\n" + b"QUJD\n" * 900_000
    )
    limit = 4 * 1024 * 1024
    as_imap, as_maildir = whole.replace(b"\n", b"\r\n")[:limit], whole[:limit]
    keys = {parse_message(RawMessage("1", data, len(whole), truncated=True)).key for data in (as_imap, as_maildir)}
    assert len(keys) == 1


FRAGMENTS = st.sampled_from(
    [
        *(
            b"From: ",
            b"Subject: ",
            b"Content-Type: multipart/mixed; boundary=b\n",
            b"\n",
            b"\n\n",
            b"--b\n",
            b"--b--\n",
        ),
        *(
            b"Content-Type: text/html\n\n",
            b"<p><a href=x>",
            b"=?utf-8?b?",
            b"?=",
            b"Content-Transfer-Encoding: base64\n",
        ),
        *(
            b"Content-Type: message/rfc822\n\n",
            b'"',
            b"<",
            b"@",
            b"=\xe6",
            b"\x00",
            b"References: <",
            b"filename*0*=x''%",
        ),
        *(
            b"charset=utf-16;",
            b"Date: ",
            b"Thread-Index: ",
            b"format=flowed",
            b"From x\n",
            b"\r",
            b"multipart/alternative",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=40)), max_size=40).map(b"".join))
@example(b"Content-Type: multipart/mixed; boundary=\n\nx")
@example(b"\xff")
def test_arbitrary_bytes_are_a_message_or_a_bad_message(data: bytes) -> None:
    for reader in (read_tree, read_tree_carefully):
        try:
            message = parse_with(RawMessage("1", data, len(data)), reader)
        except BadMessage:
            continue
        for text in (message.text, message.html, message.subject, *message.headers):
            text.encode("utf-8")
            assert "\x00" not in text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=20).map(str.encode)), max_size=30).map(b"".join))
def test_line_ends_do_not_change_the_key(body: bytes) -> None:
    data = b"From: a@x.com\nMessage-ID: <a@b>\nSubject: s\n\n" + body.replace(b"\r", b"")
    assert read(data).key == read(data.replace(b"\n", b"\r\n")).key
