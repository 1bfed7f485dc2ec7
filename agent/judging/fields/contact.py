"""The person to answer: the sender, or whom the sender names instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.closing import Closing
from agent.judging.lexicon import Words, any_of, load

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_CAPITAL = r"[^\W\d_a-zа-яøåæäöß][\w'’-]*"
_RUN = re.compile(rf"{_CAPITAL}(?:[ \u00a0]+(?:{any_of('particles')}[ \u00a0]+)?{_CAPITAL}){{0,3}}")
_BEFORE = 160
_ROLE_LOCAL = re.compile(rf"^{any_of('role_local_pattern')}$")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to answer. `near` is the text around the place that names them, "" for the sender."""

    first: str
    last: str
    email: str
    source: str
    near: str = ""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()


def find_contact(mail: Evidence, closing: Closing) -> Person:
    """The contact person named with an address in the text; else the sender by display name or signature."""
    other = _named_person(mail)
    if other is not None:
        return other
    shown = names.clean(mail.sender_name)
    signed = _signed_name(mail, closing, shown)
    usable = names.looks_like_person(shown) and "@" not in shown
    if usable and (" " in shown or not signed):
        return _person(shown, mail.sender, "display name")
    if signed:
        return _person(signed, mail.sender, "signature")
    return Person("", "", mail.sender, "sender")


def _person(name: str, email: str, source: str, near: str = "") -> Person:
    first, last = names.split(name, email)
    return Person(first, last, email, source, near)


def _named_person(mail: Evidence) -> Person | None:
    """Somebody outside whose name stands before an address that was made of it."""
    text = mail.written
    for match in _EMAIL.finditer(text[:8000]):
        email = match.group().lower().strip("'.-")
        if email == mail.sender or mail.organisation.is_own(email):
            continue
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        for candidate in reversed(_RUN.findall(before)):
            name = _trimmed(candidate, email)
            if name:
                near = text[max(0, match.start() - _BEFORE) : match.end() + 100]
                if _stands_for_sender(mail, email):
                    return _person(name, email, "text", near)
    return None


def _trimmed(candidate: str, email: str) -> str:
    """The part of a run of capitalised words that is the name: titles and leading words that don't fit cut off."""
    words = names.clean(candidate).split()
    while words and _is_title(words[0]):
        words = words[1:]
    name = " ".join(words)
    return name if names.looks_like_person(name) and names.fits(name, email) else ""


def _is_title(word: str) -> bool:
    return any(hit.theme in ("title", "role") for hit in load("closing").find(Words(word).words))


def _stands_for_sender(mail: Evidence, email: str) -> bool:
    """Whether another address replaces the sender's: its house is the same, or the sender asks us to write there."""
    same_house = email.rpartition("@")[2] == mail.domain
    role = _ROLE_LOCAL.match(mail.local_part) is not None or mail.local_part.startswith("noreply")
    asked = bool(load("contact").find(mail.words))
    return (same_house and (role or asked)) or asked


def _signed_name(mail: Evidence, closing: Closing, shown: str) -> str:
    """The closing segment that is a person's name, by the display name or the address if they tell."""
    people = [names.clean(part) for part in closing.segments[:8]]
    people = [part for part in people if names.looks_like_person(part) and part[:1].isupper()]
    for part in people:
        if names.fits(part, mail.sender):
            return part
    first = names.clean(re.sub(r"[\d+().-]{5,}.*$", "", closing.segments[0])) if closing.segments else ""
    if names.looks_like_person(first) and len(first.split()) <= 3 and first[:1].isupper():
        return first
    role = _ROLE_LOCAL.match(mail.local_part) is not None
    return people[0] if people and role and " " in people[0] else ""
