"""The postal address that somebody signs with or types into a form: street, postcode, place, country."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agent.judging.lexicon import any_of, fold, words_of

_LINE = 160
_PLACE = r"[^\W\d_][\w'’.-]*+(?:[ /][^\W\d_][\w'’.-]*+){0,3}"
# How postcodes are written beside their places; a country's letter may stand before it ("SE-", "D-", "I-").
_SHAPES = tuple(
    re.compile(rf"(?<![\w/+.-])(?:(?P<country>[A-Z]{{1,2}})[- ])?(?P<postcode>{code})[ ,]+(?P<city>{_PLACE})")
    for code in (
        r"\d{3} \d{2}(?!\d)",  # Sweden
        r"\d{6}(?!\d)",  # Russia
        r"\d{5}(?!\d)",  # Germany, Italy, France, Spain, Finland
        r"\d{2}-\d{3}(?!\d)",  # Poland
        r"\d{4} [A-Z]{2}(?!\w)",  # the Netherlands
        r"\d{4}(?![\d-])",  # Norway, Denmark, Switzerland, Austria
    )
)
_BEFORE = tuple(
    re.compile(rf"(?P<city>{_PLACE}),?\s+(?P<postcode>{code})(?!\w)")
    for code in (r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}", r"[A-Z]{2} \d{5}(?:-\d{4})?")  # Britain; America
)
_PROVINCE = re.compile(r"\s*+[(,]?\s*+(?P<province>[A-Z]{2})\)?(?=\s*(?:$|[,|–-]))")
_STREET = re.compile(
    rf"(?:\b{any_of('street_pattern')}.*\d|\b(?:{any_of('box_pattern')})\W{{0,2}}\d)"
    r"|^[^\W\d_][^\d,|]{2,40}\s\d{1,4}\s?[A-Za-z]?$|^\d{1,5}[A-Za-z]?,? [^\W\d_][^\d,|]{3,40}$",
    re.I,
)
_NO_STREET = re.compile(r"@|https?:|www\.|\d{6}|\+\d", re.I)
_CUTS = re.compile(r"\s*[|•·;]\s*|\s{3,}|\s+[–—-]\s+")
_NAMED = re.compile(rf"^\W*{any_of('address_label_pattern')}\s*[.:]\s*", re.I)
_CITY = re.compile(_PLACE)
_COUNTRIES = frozenset(map(fold, words_of("vocabulary", "country_names")))
_CITY_MARK = re.compile(r"^(?:г\.|гор\.|город)\s*", re.I)


class PostalAddress(NamedTuple):
    """What is stated of an address; "" for what is not."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""


def find_address(lines: Sequence[str]) -> PostalAddress:
    """The first address of some lines: a place with its postcode, else with its country; the street before it."""
    pieces = [_NAMED.sub("", piece) for line in lines for piece in _CUTS.split(line[:_LINE]) if piece]
    for at, piece in enumerate(pieces):
        found = _read(piece, pieces[at - 1] if at else "", pieces[at + 1] if at + 1 < len(pieces) else "")
        if found is not None:
            return found
    for at, piece in enumerate(pieces):
        found = _without_postcode(piece, pieces[at - 1] if at else "")
        if found is not None:
            return found
    return PostalAddress()


def as_fields(address: PostalAddress, source: str) -> dict[str, tuple[str, str]]:
    """The stated parts as fields with their source."""
    return {name: (value, source) for name, value in address._asdict().items() if value}


def read_typed(address: str, postcode: str, city: str, country: str) -> PostalAddress:
    """An address out of a form's fields, each alone or all of it in one."""
    whole = find_address(address.splitlines())
    both = f"{postcode} {city}".strip()[:_LINE]  # "Postcode and place: 0155 Oslo" fills one of the two
    town = next((match for shape in (*_BEFORE, *_SHAPES) if (match := shape.search(both))), None)
    return PostalAddress(
        whole.street or ("" if whole.postcode else " ".join(address.split())[:_LINE]),
        (town["postcode"] if town else postcode or whole.postcode)[:20],
        (town["city"] if town else city or whole.city)[:80],
        (country or whole.country)[:80],
    )


def _read(piece: str, above: str, below: str) -> PostalAddress | None:
    for shape in (*_BEFORE, *_SHAPES):
        match = shape.search(piece)
        if match is None:
            continue
        front = piece[: match.start()].rstrip(" ,")
        behind = piece[match.end() :]
        street = _street(front) or ("" if front else _street(above))
        city, rest = _city(match["city"], behind)
        if not street:  # Russian order: code, town, street
            street = _street(", ".join(part.strip() for part in behind.split(",") if part.strip()))
        if not street and (front or len(match["postcode"]) < 5):
            continue  # four digits before a word are a year or a sum as well
        country = _country(rest) or _country(below) or (match.groupdict().get("country") or "")
        return PostalAddress(street, match["postcode"], city, country)
    return None


def _without_postcode(piece: str, above: str) -> PostalAddress | None:
    """ "12 Harbour Street, Galway, Ireland": street, place, and a country that we know, or the street a line above."""
    *front, city, country = ("", *(part.strip(" .") for part in piece.split(",")))[-4:]
    if not _country(country) or not _CITY.fullmatch(city):
        return None
    street = _street(", ".join(filter(None, front))) or ("" if any(front) else _street(above))
    return PostalAddress(street, "", city, country) if street else None


def _street(text: str) -> str:
    """The end of a text that names a street or a box, "" if it names none."""
    text = text.strip(" ,.")
    if not text or len(text) > 90 or _NO_STREET.search(text):
        return ""
    parts = [part.strip() for part in text.split(",")]
    for start in range(len(parts)):
        candidate = ", ".join(parts[start:])
        if _STREET.search(parts[start]) and not _STREET.search(", ".join(parts[:start]) or "-"):
            return candidate
    return text if _STREET.search(text) else ""


def _city(city: str, behind: str) -> tuple[str, str]:
    """The place, with its Italian province; and what stands behind it."""
    words = city.split()
    if len(words) > 1 and _country(words[-1]):
        return " ".join(words[:-1]), words[-1]
    province = _PROVINCE.match(behind)
    city = _CITY_MARK.sub("", city).strip(" .,")
    if province is not None:
        return f"{city} ({province['province']})", behind[province.end() :]
    return city, behind


def _country(text: str) -> str:
    """The country's name if a text is nothing else."""
    name = text.strip(" ,.()-–")
    return name if fold(name) in _COUNTRIES else ""
