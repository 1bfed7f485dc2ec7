"""The title a person signs with."""

from __future__ import annotations

import re

from agent.judging.fields import names
from agent.judging.fields.closing import Closing
from agent.judging.fields.contact import Person
from agent.judging.lexicon import Words, any_of, fold, load

_BEFORE = 90
_VERB = re.compile(r"(?:^|\s)(?:is|er|ar|e|ist|est|es|the|ing)(?:\s|$)|[.,:;(]")
_TITLE_END = re.compile(rf"{any_of('title_ending_pattern')}$")
_NUMBER = re.compile(r"\d{4,}|@|https?:|www\.")


def find_title(closing: Closing, person: Person) -> tuple[str, str]:
    """The closing segment that holds a title's word; for a contact named in the text the title before the name."""
    signed = {word for part in closing.segments for word in names.clean(part).casefold().split()}
    if person.near and not set(person.name.casefold().split()) <= signed:
        told = _title_before(person)
        return (told, "text") if told else ("", "")
    for part in closing.segments:
        title = _title_in(part, person)
        if title:
            return title, "signature"
    placed = _title_by_place(closing, person)
    if placed:
        return placed, "signature"
    told = _title_before(person) if person.near else ""
    return (told, "text") if told else ("", "")


def _title_by_place(closing: Closing, person: Person) -> str:
    """What stands right behind the name and ends as titles do ("badmästare", "festivalsjef"), in no list of ours."""
    named = set(person.name.casefold().split())
    places = [at for at, part in enumerate(closing.segments) if named and set(part.casefold().split()) <= named]
    for at in places:
        after = closing.segments[at + 1] if at + 1 < len(closing.segments) else ""
        words = after.split()
        if 0 < len(words) <= 6 and not _NUMBER.search(after) and any(_TITLE_END.search(fold(word)) for word in words):
            return after
    return ""


def _title_before(person: Person) -> str:
    """The last title in the words before a name: "Il Responsabile del procedimento è l'ing. Saverio ..."."""
    before = Words(person.near.partition(person.first or person.last)[0][-_BEFORE:])
    hits = [hit for hit in load("closing").find(before.words) if hit.theme == "title"]
    if not hits:
        return ""
    end = before.spans[-1][1]
    last = max(hit.last for hit in hits)
    first = min(hit.first for hit in hits if hit.last == last)
    start = before.spans[first][0]
    phrase = _VERB.split(before.folded[start:end])[0].strip(" .,;:")
    count = len(phrase.split())
    return before.as_written(first, first + count - 1) if 0 < count <= 5 else ""


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
