"""The title a person signs with."""

from __future__ import annotations

import re

from agent.judging.fields import names
from agent.judging.fields.closing import Closing
from agent.judging.fields.contact import Person
from agent.judging.lexicon import Words, load

_NUMBER = re.compile(r"\d{4,}|@|https?:|www\.")


def find_title(closing: Closing, person: Person) -> tuple[str, str]:
    """The closing segment that holds a title's word, cut where a company begins; or a title before a named contact."""
    for part in closing.segments:
        title = _title_in(part, person)
        if title:
            return title, "signature"
    if person.near and person.name:
        before = person.near.partition(person.first or person.last)[0]
        words = re.split(r"[\s,.:]+", before.strip(" ,:"))[-4:]
        for size in (4, 3, 2, 1):
            phrase = " ".join(words[-size:])
            if phrase and _is_whole_title(phrase):
                return phrase, "text"
    return "", ""


def _title_in(part: str, person: Person) -> str:
    if _NUMBER.search(part) or len(part.split()) > 8 or len(part) > 70:
        return ""
    words = Words(part)
    hits = [hit for hit in load("closing").find(words.words) if hit.theme == "title"]
    if not hits:
        return ""
    plain = set(names.clean(part).casefold().split())
    if person.name and plain and plain <= set(person.name.casefold().split()):
        return ""
    quoted = re.split(r"\s*[«\"“]", part)[0]
    return quoted.strip(" ,;|–-")


def _is_whole_title(phrase: str) -> bool:
    words = Words(phrase).words
    return any(
        hit.theme == "title" and hit.first == 0 and hit.last == len(words) - 1 for hit in load("closing").find(words)
    )
