"""A vCard attached to a mail (RFC 6350, 2426, vCard 2.1): who the sender is, in his own program's words."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass, field

from agent.judging.fields.address import PostalAddress

_FOLDED = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")  # vCard 2.1's quoted-printable goes on behind it
_PROPERTY = re.compile(  # no text but one way to read it: a line of semicolons must not take for ever
    r"^(?:[\w-]{1,40}\.)?(?P<name>[A-Za-z-]{1,40})(?P<parameters>(?:;(?:[^:\"]|\"[^\"]*\")*)?):(?P<value>.*)$"
)
_ESCAPED = re.compile(r"\\(.)")
_SEPARATOR = re.compile(r"(?<!\\);")
_KINDS = (("fax", "fax"), ("cell", "mobile"), ("mobile", "mobile"), ("work", "office"), ("voice", "office"))
_LINES = 200
_VALUE = 400


@dataclass(slots=True)
class Card:
    """What a vCard states; `phones` are pairs of kind (mobile, office, fax) and number as written."""

    first: str = ""
    last: str = ""
    full: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    company: str = ""
    website: str = ""
    address: PostalAddress = field(default_factory=PostalAddress)


def read_card(text: str) -> Card:
    """The first card of a text; what is no line of a vCard is passed over."""
    card = Card()
    unfolded = _FOLDED.sub("", _SOFT_BREAK.sub("", text))
    for line in unfolded.splitlines()[:_LINES]:
        match = _PROPERTY.match(line[:4000])
        if match is None:
            continue
        name, parameters = match["name"].upper(), match["parameters"].lower()
        if name == "END":
            break
        _take(card, name, parameters, _decoded(match["value"], parameters))
    return card


def _take(card: Card, name: str, parameters: str, value: str) -> None:
    parts = [_plain(part) for part in _SEPARATOR.split(value)]
    match name:
        case "N":
            card.last, card.first = parts[0], parts[1] if len(parts) > 1 else ""
        case "FN":
            card.full = parts[0]
        case "EMAIL":
            card.emails.append(parts[0].lower().removeprefix("mailto:"))
        case "TEL":
            card.phones.append((_kind(parameters), parts[0].removeprefix("tel:")))
        case "TITLE":
            card.title = parts[0]
        case "ORG":
            card.company = parts[0]
        case "URL" if not card.website:
            card.website = _plain(value)
        case "ADR" if not card.address.city:
            parts += [""] * (7 - len(parts))
            street = ", ".join(part for part in (parts[0], parts[2], parts[1]) if part)
            card.address = PostalAddress(street, parts[5], parts[3], parts[6])


def _kind(parameters: str) -> str:
    return next((kind for word, kind in _KINDS if word in parameters), "office")


def _decoded(value: str, parameters: str) -> str:
    if "quoted-printable" not in parameters:
        return value
    raw = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _plain(value: str) -> str:
    text = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return " ".join(text.split())[:_VALUE]
