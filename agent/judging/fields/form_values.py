"""The fields of a lead out of a filled web form."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.address import PostalAddress, as_fields, read_typed
from agent.judging.fields.budget import find_budget
from agent.judging.fields.closing import Closing
from agent.judging.fields.company import find_company
from agent.judging.fields.contact import Person
from agent.judging.fields.form_guesses import guess
from agent.judging.fields.phones import Phone, find_phones, read_phones, stated
from agent.judging.fields.region import regions_of
from agent.judging.fields.service import services_of
from agent.judging.forms import Form, read_form
from crm_model.mail import Address, Message
from crm_model.records import FieldValue

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_EMPTY = re.compile(r"^[\s\-–—.\"'()]*$|^(?:n/?a|none|nei|no|нет|nessuno|ingen|ikke oppgitt)$", re.I)


def read_form_fields(mail: Evidence) -> tuple[dict[str, FieldValue], dict[str, str]]:
    """The visitor's fields and their sources; what the form did not ask is looked for in its message."""
    form = read_form(mail.message.text[:20_000])
    values = {name: value for name, value in form.values.items() if not _EMPTY.match(value)}
    contact = values.pop("contact", "")
    if contact:
        values.setdefault("email" if "@" in contact else "phone", contact)
    guess(form, values)
    person = _person(mail, form, values)
    typed = mail.seen_as(_typed_message(mail, values, person))
    regions = regions_of(person.email.rpartition("@")[2], _all_text(form, values), mail.organisation.default_region)
    closing = Closing(typed.parts, person.name)
    given: dict[str, tuple[str, str]] = {
        "first_name": (person.first, "form"),
        "last_name": (person.last, "form"),
        "email": (person.email, person.source),
        "company": _company(mail, values, typed, closing, person),
        **stated(_phones(mail, values, regions)),
        "title": (values.get("title", ""), "form"),
        "website": (values.get("website", ""), "form"),
        "budget": (values["budget"], "form") if values.get("budget") else find_budget(typed),
        "service": _service(values, typed),
        **as_fields(_address(values), "form"),
    }
    fields: dict[str, FieldValue] = {name: value for name, (value, _) in given.items() if value}
    return fields, {name: source for name, (value, source) in given.items() if value}


def _person(mail: Evidence, form: Form, values: dict[str, str]) -> Person:
    match = _EMAIL.search(values.get("email", "")) or _EMAIL.search(values.get("name", ""))
    email, source = (match.group().lower(), "form") if match else ("", "")
    replies = [address.email for address in mail.message.reply_to if not mail.organisation.is_own(address.email)]
    if not email and replies:
        email, source = replies[0], "Reply-To"
    if not email:
        others = (found.group().lower() for found in _EMAIL.finditer("\n".join(value for _, value in form.others)))
        email = next((other for other in others if not mail.organisation.is_own(other)), "")
        source = "form"
    name = re.sub(r"<[^>]*>|\S+@\S+", "", values.get("name", "")).strip()
    first, last = values.get("first_name", ""), values.get("last_name", "")
    if last and not first and name and name != last:
        first = name
    elif not last:
        given, family = names.split(" ".join(part for part in (first, name) if part), email)
        first, last = given or first, family
    return Person(_plain(first), last, email, source)


def _plain(first: str) -> str:
    return names.clean(first)


def _typed_message(mail: Evidence, values: dict[str, str], person: Person) -> Message:
    text = values.get("message", "")
    sender = Address(person.email, person.name)
    return replace(
        mail.message, from_=sender, text=text, html="", subject=values.get("subject", ""), headers={}, reply_to=()
    )


def _all_text(form: Form, values: dict[str, str]) -> str:
    """What the visitor wrote, with the labels in the form's language."""
    return "\n".join((*values.values(), *(f"{label} {value}" for label, value in form.others)))


def _company(
    mail: Evidence, values: dict[str, str], typed: Evidence, closing: Closing, person: Person
) -> tuple[str, str]:
    company = values.get("company", "")
    if company:
        kind, slash, name = company.partition(" / ")
        return (name.strip() if slash and kind[:1].islower() else company.splitlines()[0].strip()), "form"
    return find_company(typed, closing, person)


def _phones(mail: Evidence, values: dict[str, str], regions: tuple[str, ...]) -> list[Phone]:
    own = mail.organisation.phones
    if values.get("phone"):
        found = read_phones(values["phone"].split("\n"), regions, own, "form")
        if found:
            return found
    return find_phones(values.get("message", ""), [], "", regions, own)


def _address(values: dict[str, str]) -> PostalAddress:
    return read_typed(*(values.get(name, "") for name in ("address", "postcode", "city", "country")))


def _service(values: dict[str, str], typed: Evidence) -> tuple[str, str]:
    for name in ("service", "subject", "message"):
        text = values.get(name, "")
        if name == "service" and text:
            return text.splitlines()[0].strip(), "form"
        found = services_of(text)
        if found:
            return ", ".join(found[:3]), "form"
    return values.get("subject", ""), "form"
