"""Postal addresses as people sign them in many countries, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.judging.fields.address import PostalAddress, find_address, read_typed


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["Storgata 12, 0155 Oslo"], PostalAddress("Storgata 12", "0155", "Oslo")),
        (
            ["Fjordtech AS", "Postboks 44 Sentrum", "N-5803 Bergen"],
            PostalAddress("Postboks 44 Sentrum", "5803", "Bergen", "N"),
        ),
        (
            ["Besøksadresse: Nedre Strandvei 3B, 3015 Drammen, Norge"],
            PostalAddress("Nedre Strandvei 3B", "3015", "Drammen", "Norge"),
        ),
        (
            ["Kungsgatan 5", "111 43 Stockholm", "Sweden"],
            PostalAddress("Kungsgatan 5", "111 43", "Stockholm", "Sweden"),
        ),
        (["Vestergade 8, 2. th | DK-8000 Aarhus C"], PostalAddress("Vestergade 8, 2. th", "8000", "Aarhus C", "DK")),
        (["Hauptstraße 12 · 50667 Köln"], PostalAddress("Hauptstraße 12", "50667", "Köln")),
        (["Via Roma 5 - 22100 Como (CO)"], PostalAddress("Via Roma 5", "22100", "Como (CO)")),
        (["12 rue des Lilas, 69003 Lyon, France"], PostalAddress("12 rue des Lilas", "69003", "Lyon", "France")),
        (["Calle Mayor 7, 28013 Madrid"], PostalAddress("Calle Mayor 7", "28013", "Madrid")),
        (["14 High Street, Bristol BS1 4ST"], PostalAddress("14 High Street", "BS1 4ST", "Bristol")),
        (["900 Elm St, Dallas, TX 75201"], PostalAddress("900 Elm St", "TX 75201", "Dallas")),
        (["125009, г. Москва, ул. Тверская, д. 7"], PostalAddress("ул. Тверская, д. 7", "125009", "Москва")),
        (["12 Harbour Street, Galway, Ireland"], PostalAddress("12 Harbour Street", "", "Galway", "Ireland")),
        (["Storgata 5", "Bergen, Norge"], PostalAddress("Storgata 5", "", "Bergen", "Norge")),
        (["Via Roma 12, Torino, Italia"], PostalAddress("Via Roma 12", "", "Torino", "Italia")),
        (["ул. Ленина, д. 5, Казань, Россия"], PostalAddress("ул. Ленина, д. 5", "", "Казань", "Россия")),
        (["Keizersgracht 12, 1015 CS Amsterdam"], PostalAddress("Keizersgracht 12", "1015 CS", "Amsterdam")),
    ],
)
def test_addresses_under_letters(lines: list[str], address: PostalAddress) -> None:
    assert find_address(lines) == address


@pytest.mark.parametrize(
    "line",
    [
        "Org.nr 918 440 271 MVA",
        "Sommeren 2024 Oslo",
        "Tlf 22 33 44 55",
        "We need 2000 labels",
        "Mobil 070-555 01 22",
        "P.IVA 01234567890",
        "Sales Director, Bergen, Norway",
        "Bergen, Norway",
    ],
)
def test_what_is_no_address(line: str) -> None:
    assert find_address(["Kari Nordmann", line]) == PostalAddress()


def test_a_form_asks_for_parts_or_for_all_in_one() -> None:
    assert read_typed("Storgata 12", "0155", "Oslo", "") == PostalAddress("Storgata 12", "0155", "Oslo")
    assert read_typed("Storgata 12\n0155 Oslo", "", "", "Norge") == PostalAddress(
        "Storgata 12", "0155", "Oslo", "Norge"
    )
    assert read_typed("", "", "0155 Oslo", "") == PostalAddress("", "0155", "Oslo")
    assert read_typed("The old mill", "", "", "") == PostalAddress("The old mill")
    assert read_typed("", "", "", "") == PostalAddress()


@given(st.lists(st.text(max_size=200), max_size=8))
def test_no_line_breaks_the_search(lines: list[str]) -> None:
    assert isinstance(find_address(lines), PostalAddress)
