"""Address headers, well-formed and otherwise."""

from __future__ import annotations

import pytest

from agent.parsing.addresses import clean_email, parse_addresses, parse_sender
from crm_model.mail import Address


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a@x.com", [("a@x.com", "")]),
        ("Ola Nordmann <OLA@X.com>", [("ola@x.com", "Ola Nordmann")]),
        ('"Nordmann, Ola" <ola@x.com>, b@y.com', [("ola@x.com", "Nordmann, Ola"), ("b@y.com", "")]),
        ("Nordmann, Ola <ola@x.com>", [("ola@x.com", "Nordmann, Ola")]),
        ("a@x.com (Ola (the) Man)", [("a@x.com", "Ola (the) Man")]),
        # The brackets hold the address: what stands before them is any text that the sender likes.
        ("a@x.com <b@y.com>", [("b@y.com", "a@x.com")]),
        ('"ceo@ours.no" <evil@y.com>', [("evil@y.com", "ceo@ours.no")]),
        ("Sales: a@x.com, B <b@y.com>;", [("a@x.com", ""), ("b@y.com", "B")]),
        ("undisclosed-recipients:;", []),
        ("a@x.com; b@y.com", [("a@x.com", ""), ("b@y.com", "")]),
        ("mailto:a@x.com", [("a@x.com", "")]),
        ("Ola <mailto:a@x.com>", [("a@x.com", "Ola")]),
        ("<@relay.x,@b:a@x.com>", [("a@x.com", "")]),
        ('"john doe"@x.com', [('"john doe"@x.com', "")]),
        ('"john"@x.com', [("john@x.com", "")]),
        ("Ola < a@x.com >", [("a@x.com", "Ola")]),
        ("'Ola' <a@x.com>", [("a@x.com", "Ola")]),
        ('"Ola <a@x.com>', [("a@x.com", "Ola")]),
        ("Ola a@x.com", [("a@x.com", "Ola")]),
        ("=?utf-8?q?Nordmann=2C_K=C3=A5re?= <a@x.com>", [("a@x.com", "Nordmann, Kåre")]),
        ("=?utf-8?q?K=C3=A5re_=3Ca=40x=2Ecom=3E?=", [("a@x.com", "Kåre")]),
        ('"=?utf-8?q?K=C3=A5re?=" <a@x.com>', [("a@x.com", "Kåre")]),
        ("Kåre <a@blåbær.no>", [("a@xn--blbr-roah.no", "Kåre")]),
        ("a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
        ("just words", []),
        ("", []),
    ],
)
def test_reads(header: str, expected: list[tuple[str, str]]) -> None:
    assert parse_addresses(header.encode()) == tuple(Address(email, name) for email, name in expected)


def test_raw_8_bit_names_take_the_charset_of_the_message() -> None:
    raw = "Андрей <a@x.ru>".encode("koi8-r")
    assert parse_addresses(raw, "koi8-r") == (Address("a@x.ru", "Андрей"),)


def test_the_first_from_header_with_an_address_counts() -> None:
    assert parse_sender([b"Nobody", b"A <a@x.com>", b"b@y.com"]) == Address("a@x.com", "A")


def test_a_sender_without_address_keeps_the_name() -> None:
    assert parse_sender([b"Mail System <MAILER-DAEMON>"]) == Address("", "Mail System")
    assert parse_sender([b""]) is None


@pytest.mark.parametrize("text", ["", "@", "a@", "@x.com", "a b", "a@b@c", "a@" + "x" * 400])
def test_refuses(text: str) -> None:
    assert clean_email(text) == ""


def test_a_header_of_thousands_is_capped() -> None:
    assert len(parse_addresses(b"a@x.com," * 5000)) == 2000
