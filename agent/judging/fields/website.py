"""The website that a person signs with."""

from __future__ import annotations

import re

from agent.judging import domains
from agent.judging.evidence import Evidence
from agent.judging.fields.closing import Closing
from agent.judging.lexicon import words_of

_LABEL = r"[a-z0-9à-ÿа-я](?:[a-z0-9à-ÿа-я-]{0,61}[a-z0-9à-ÿа-я])?"
_URL = re.compile(rf"(?:https?://)?(?:{_LABEL}\.){{1,5}}[a-zа-я][a-z0-9а-я-]{{1,20}}(?:/[^\s|,;<>]*)?", re.I)
_SOCIAL = words_of("vocabulary", "social_hosts")
_KNOWN_ENDS = frozenset(words_of("vocabulary", "domain_ends"))


def find_website(mail: Evidence, closing: Closing) -> tuple[str, str]:
    """A host in the closing lines, as written; one that belongs to the sender's domain before any other."""
    found: list[str] = []
    for line in closing.lines:
        for match in _URL.finditer(line[:300]):
            text = match.group().rstrip(".,;:)")
            before = line[match.start() - 1 : match.start()]
            host = re.sub(r"^https?://", "", text.lower()).split("/")[0]
            after = line[match.end() : match.end() + 1]
            if before == "@" or after == "@" or host.rpartition(".")[2] not in _KNOWN_ENDS or host.startswith(_SOCIAL):
                continue
            if not mail.organisation.is_own(f"x@{host}"):
                found.append(text)
    related = [text for text in found if mail.domain and domains.label(_host(text)) == domains.label(mail.domain)]
    for text in related or found:
        return text, "signature"
    return "", ""


def _host(text: str) -> str:
    return re.sub(r"^https?://", "", text.lower()).split("/")[0]
