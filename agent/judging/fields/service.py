"""What is asked for, in a few words of the message."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.lexicon import Hit, Words, load

_MOST = 3


def find_service(mail: Evidence) -> tuple[str, str]:
    """The words in text and subject that name something we sell; else a short subject as it stands."""
    found = services_in(Words(mail.written), mail.hits("service"))
    for phrase in services_in(Words(mail.topic), mail.subject_hits("service")):
        if phrase not in found:
            found.append(phrase)
    if found:
        return ", ".join(found[:_MOST]), "text"
    own = mail.services
    if own:
        return ", ".join(own[:_MOST]), "text"
    topic = mail.topic
    return (topic, "subject") if 0 < len(topic.split()) <= 8 else ("", "")


def services_in(words: Words, hits: list[Hit]) -> list[str]:
    """The different services a text names, the longer of two that overlap, in the order of the text."""
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in sorted(hits, key=lambda hit: (hit.first - hit.last, hit.first)):
        places = range(hit.first, hit.last + 1)
        if taken.isdisjoint(places):
            kept.append(hit)
            taken.update(places)
    kept.sort(key=lambda hit: hit.first)
    return list(dict.fromkeys(words.as_written(hit.first, hit.last) for hit in kept))


def services_of(text: str) -> list[str]:
    """The services that a piece of text names."""
    words = Words(text)
    return services_in(words, [hit for hit in load("services").find(words.words) if hit.theme == "service"])
