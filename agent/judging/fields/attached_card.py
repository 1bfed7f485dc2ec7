"""What the sender's own vCard adds to a letter: it beats what the text says, for no guess is in it."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.address import PostalAddress
from agent.judging.fields.contact import Person
from agent.judging.fields.phones import Phone, read_phones
from agent.judging.fields.vcard import Card, read_card

SOURCE = "vCard"


def card_of(mail: Evidence, person: Person) -> Card | None:
    """The attached card that is the person's: of the same address, or without one and of the same name."""
    for text in mail.message.cards:
        card = read_card(text)
        named = card.full or f"{card.first} {card.last}".strip()
        if person.email in card.emails or (not card.emails and named and names.fits(named, person.email)):
            return card
    return None


def card_fields(card: Card) -> dict[str, tuple[str, str]]:
    """The fields of a lead that a card states, without numbers and address."""
    first, last = (card.first, card.last) if card.last else names.split(card.full)
    stated = {
        "first_name": first,
        "last_name": last,
        "company": card.company,
        "title": card.title,
        "website": card.website,
    }
    return {name: (value, SOURCE) for name, value in stated.items() if value}


def card_phones(card: Card, regions: tuple[str, ...], ours: frozenset[str]) -> list[Phone]:
    """The card's numbers, the one to call first; their kinds are those of the card."""
    lines = [f"{kind}: {number}" for kind, number in card.phones]
    return read_phones(lines, regions, ours, SOURCE)


def card_address(card: Card) -> PostalAddress | None:
    """The card's address, None without a place."""
    return card.address if card.address.city or card.address.street else None
