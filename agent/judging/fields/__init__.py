"""The fields of a lead: who wants something, how to reach them, what they want and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping

from agent.judging.evidence import Evidence
from agent.judging.fields.address import as_fields, find_address
from agent.judging.fields.answers import read_answer_fields
from agent.judging.fields.attached_card import card_address, card_fields, card_of, card_phones
from agent.judging.fields.budget import find_budget
from agent.judging.fields.closing import Closing
from agent.judging.fields.company import find_company
from agent.judging.fields.contact import Person, find_contact
from agent.judging.fields.form_values import read_form_fields
from agent.judging.fields.phones import find_phones, stated
from agent.judging.fields.region import regions_of
from agent.judging.fields.service import find_service
from agent.judging.fields.titles import find_title
from agent.judging.fields.vcard import Card
from agent.judging.fields.website import find_website
from crm_model.links import VerdictKind
from crm_model.records import FieldValue

Found = tuple[dict[str, FieldValue], dict[str, str]]


def read_fields(mail: Evidence, kind: VerdictKind) -> Found:
    """The fields of a lead as far as they are stated, and where each came from."""
    if mail.context.submitted:
        return read_answer_fields(mail)
    if kind is VerdictKind.WEB_FORM:
        return read_form_fields(mail)
    if kind is VerdictKind.FORWARDED_ENQUIRY and mail.inner is not None:
        return _inner_fields(mail)
    return read_letter(mail)


def _inner_fields(mail: Evidence) -> Found:
    assert mail.inner is not None  # noqa: S101 - the caller looked
    inner = mail.seen_as(mail.inner)
    fields, sources = read_letter(inner)
    return fields, {name: f"forwarded: {source}" for name, source in sources.items()}


def read_letter(mail: Evidence) -> Found:
    """Fields out of a letter: its display name, closing lines, vCard, and what the text says of budget and service."""
    closing = Closing(mail.parts, mail.sender_name)
    person = find_contact(mail, closing)
    card = card_of(mail, person)
    return _found(
        {
            "first_name": (person.first, person.source),
            "last_name": (person.last, person.source),
            "email": (person.email, person.source if person.email != mail.sender else "sender"),
            "company": find_company(mail, closing, person),
            **_numbers(mail, closing, person, card),
            "title": find_title(closing, person),
            "website": find_website(mail, closing),
            "budget": find_budget(mail),
            "service": find_service(mail),
            **_address(closing, card),
            **(card_fields(card) if card else {}),
        }
    )


def read_signature(mail: Evidence) -> Found:
    """Of `read_letter`, what tells how to reach the sender; nothing where somebody else is to be answered."""
    closing = Closing(mail.parts, mail.sender_name)
    person = find_contact(mail, closing)
    if not mail.sender or person.email != mail.sender:
        return {}, {}
    card = card_of(mail, person)
    return _found(
        {
            **_numbers(mail, closing, person, card),
            "title": find_title(closing, person),
            "website": find_website(mail, closing),
            **_address(closing, card),
            **(card_fields(card) if card else {}),
        }
    )


def _numbers(mail: Evidence, closing: Closing, person: Person, card: Card | None) -> dict[str, tuple[str, str]]:
    regions = regions_of(mail.domain, mail.written, mail.organisation.default_region)
    ours = mail.organisation.phones
    phones = card_phones(card, regions, ours) if card else []
    return stated(phones or find_phones(mail.parts.new, closing.lines, person.near, regions, ours))


def _address(closing: Closing, card: Card | None) -> dict[str, tuple[str, str]]:
    address = card_address(card) if card else None
    return as_fields(address, "vCard") if address else as_fields(find_address(closing.lines), "signature")


def _found(given: Mapping[str, tuple[str, str]]) -> Found:
    fields: dict[str, FieldValue] = {name: value for name, (value, _) in given.items() if value}
    return fields, {name: source for name, (value, source) in given.items() if value}
