"""The company as the writer names it: legal form, likeness to the mail domain, place in the closing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from agent.judging import domains
from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.closing import Closing
from agent.judging.fields.contact import Person
from agent.judging.lexicon import Words, any_of, load
from sync.free_mail import is_free

_SUFFIX = any_of("legal_suffix_pattern")
_FORM = any_of("legal_prefix_pattern")
_LEGAL = re.compile(rf"(?:^|\s){_SUFFIX}(?=$|[\s,.;)])")
_PREFIX = re.compile(rf"{_FORM}\s+[«\"“„]?[\w -]+[»\"”]?")
_QUOTED = re.compile(rf"(?:{_FORM}\s+)?[«\"“„]([^«»\"“”„\n]{{2,60}})[»\"”“]")
_WORD = r"[^\W\d_a-zа-яøåæäöüéß](?:[\w'’&+-]|\.(?=\w))*"
_LINK = r"(?:&|og|och|and|of|i|e|et|de|di|del|della|dell|des|du|la|le|les|l'|d'|und|für|the|y)[ ]"
_RUN = re.compile(rf"{_WORD}(?:[ ](?:{_LINK}){{0,2}}(?:{_WORD}|&|\+))*")
_LEGAL_RUN = re.compile(rf"(?<![\w'’&./+-])((?:[\w'’&./+-]++\s++){{1,6}}?){_SUFFIX}(?=$|[\s,.;)(])")
_LEGAL_END = re.compile(rf"\s{_SUFFIX}(?=$|[\s,.;)(])")  # quick to find; without it there is no such run
_NOT_COMPANY = re.compile(r"@|https?:|www\.|\d{5,}|^\W*$|\.(?:com|no|se|it|ru|de|example|net|org)\b", re.I)
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})  # type: dict[int, str]
_LIKE = 0.5
_STREET = re.compile(r"\b\d{1,4}[A-Za-z]?\b.*|^(?:via|rue|calle|ul\.?|ул\.?|strada|piazza)\b", re.I)


def find_company(mail: Evidence, closing: Closing, person: Person) -> tuple[str, str]:
    """The company and its source; ("", "") where none is stated: it is never made out of the domain."""
    segments = [part for part in closing.segments if _may_be(part, person)]
    lines = [line.strip(" .,;*") for line in closing.lines]
    for candidate in _with_legal_form(segments, lines):
        return candidate, "signature"
    email = person.email or mail.sender
    domain = email.rpartition("@")[2]
    own = not is_free(domain)
    if own:
        liked = [part for part in segments if closeness(part, domain) >= _LIKE and not _is_title(part)]
        if liked:
            return _tidy(max(liked, key=lambda part: (round(closeness(part, domain), 1), len(part)))), "signature"
    told = _told(mail, domain if own else "", person)
    if told:
        return told, "text"
    signed = _after_name(closing, segments, person)
    return (signed, "signature") if signed else ("", "")


def _with_legal_form(segments: list[str], lines: list[str]) -> list[str]:
    legal = [part for part in segments if _PREFIX.search(part) or (_LEGAL.search(part) and " " in part)]
    found = [_tidy(part) for part in legal]
    if found:
        return found
    return [_tidy(line) for line in lines if _LEGAL.search(line) and len(line) < 60 and not _NOT_COMPANY.search(line)]


def _may_be(part: str, person: Person) -> bool:
    """Whether a closing segment can be a company: no number, address, person, title."""
    if _NOT_COMPANY.search(part) or len(part) < 3 or len(part) > 70:
        return False
    plain = names.clean(part)
    if person.name and plain and set(plain.casefold().split()) <= set(person.name.casefold().split()):
        return False
    return bool(re.search(r"[^\W\d_]{2}", part))


def _is_title(part: str) -> bool:
    hits = [hit for hit in load("closing").find(Words(part).words) if hit.theme == "title"]
    return bool(hits)


def _like(run: str, domain: str) -> bool:
    return closeness(run, domain) >= (0.7 if " " in run else 0.85)


def _without_role(run: str) -> str:
    """A run of words without a department's or a small word before the name ("Upphandling Norrvikens Bostäder")."""
    words = run.split()
    while len(words) > 1 and (not words[0][:1].isupper() or _is_role(words[0])):
        words = words[1:]
    return " ".join(words)


def _is_role(word: str) -> bool:
    return any(hit.theme in ("role", "title") for hit in load("closing").find(Words(word).words))


def closeness(text: str, domain: str) -> float:
    """0 to 1: how much of the label the name explains, Cyrillic spelt in Latin, umlauts either way."""
    label = re.sub(r"[^a-z0-9]", "", domains.label(domain))
    if not label:
        return 0.0
    best = 0.0
    for spelling in _spellings(text):
        squeezed = re.sub(r"[^a-z0-9]", "", spelling)
        if not squeezed:
            continue
        if len(label) >= 4 and (label in squeezed or (squeezed in label and len(squeezed) * 2 >= len(label))):
            best = max(best, 0.9)
        best = max(best, SequenceMatcher(None, squeezed, label, autojunk=False).ratio())
        words = [word for word in re.findall(r"[a-z0-9]+", spelling) if len(word) >= 4]
        covered = sum(len(word) for word in words if word in label)
        best = max(best, min(0.85, covered / len(label)))
    return best


def _spellings(text: str) -> set[str]:
    short = text[:80]
    german = short.casefold().translate(_GERMAN)
    return {names.latin(short), names.latin(german)}


def _told(mail: Evidence, domain: str, person: Person) -> str:
    """A company in the text: a capitalised run like the domain, one with a legal form, a name in Russian quotes."""
    text = mail.parts.new[:4000]
    own_names = {name.casefold() for name in (mail.organisation.name, *mail.organisation.also_called) if name}
    if domain:
        runs = [run for run in _RUN.findall(f"{text}\n{mail.sender_name}\n{mail.topic}") if len(run) > 2]
        runs += [match.group() for match in (*_QUOTED.finditer(text), *_legal_runs(text))]
        runs = [_without_role(run) for run in runs]
        liked = [run for run in runs if run.casefold() not in own_names and _may_be(run, person) and _like(run, domain)]
        legal = [run for run in liked if _LEGAL.search(run)]
        if liked:
            liked = legal or liked
            return _tidy(max(liked, key=lambda run: (round(closeness(run, domain), 1), len(run))))
    for match in _legal_runs(text):
        words = match.group(0).split()
        while words and not (words[0][:1].isupper() or words[0] == "&"):
            words = words[1:]
        name = _tidy(" ".join(words))
        if len(words) >= 2 and name.casefold() not in own_names:
            return name
    quoted = _QUOTED.search(text) if max(text[:200] or " ") >= "\u0400" else None
    return _tidy(quoted.group()) if quoted else ""


def _legal_runs(text: str) -> Iterable[re.Match[str]]:
    """Runs of words that end in a legal form."""
    return _LEGAL_RUN.finditer(text) if _LEGAL_END.search(text) else ()


def _after_name(closing: Closing, segments: list[str], person: Person) -> str:
    """The first closing segment under the name that is neither title nor street."""
    wanted = set(person.name.casefold().split())
    at = next(
        (n for n, part in enumerate(closing.segments) if wanted and wanted & set(names.clean(part).casefold().split())),
        -1,
    )
    if at < 0:
        return ""
    for part in closing.segments[at + 1 :]:
        if part not in segments or _is_title(part) or _STREET.search(part):
            continue
        if part[:1].isupper() or part[:1] in '«"“':
            return _tidy(part)
    return ""


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,;:|–—-*")
