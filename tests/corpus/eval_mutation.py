"""The labelled sets with other names, domains, numbers and order of sentences: rules must not know the files."""

from __future__ import annotations

import email
import email.header
import email.policy
import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path
from typing import Any

Substitution = Callable[[str], str]
_OWN = re.compile(r"nordvik", re.IGNORECASE)
_DOMAIN = re.compile(r"\b([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?=\.example\b)", re.IGNORECASE)
_LOCAL_PART = re.compile(r"[\w.+-]+(?=@)")
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[^\W\d_a-zа-я])")
_SYLLABLES = ["ba", "ren", "lo", "mi", "stu", "ka", "del", "fo", "vin", "sa", "tor", "pe", "gra", "nu", "li"]
_MAILED = (
    "subject",
    "from",
    "to",
    "cc",
    "reply-to",
    "sender",
    "return-path",
    "message-id",
    "references",
    "in-reply-to",
)


def mutate_set(source: Path, records: Path, target: Path, seed: int) -> None:
    """Write a mutated copy of one half's task folder to `target`, with labels.jsonl and crm.json mutated alike."""
    target.mkdir(parents=True, exist_ok=True)
    labels = [json.loads(line) for line in (source / "labels.jsonl").read_text(encoding="utf-8").splitlines() if line]
    substitute = substitution(labels, json.loads(records.read_text(encoding="utf-8")), random.Random(seed))
    labelled = (source / "labels.jsonl").read_text(encoding="utf-8")
    (target / "labels.jsonl").write_text(_in_json(labelled, substitute), encoding="utf-8")
    (target / "crm.json").write_text(_in_json(records.read_text(encoding="utf-8"), substitute), encoding="utf-8")
    for file in sorted(source.glob("*.eml")):
        (target / file.name).write_bytes(
            mutate_mail(file.read_bytes(), substitute, random.Random(f"{seed}{file.name}"))
        )


def mutate_mail(raw: bytes, substitute: Substitution, chance: random.Random) -> bytes:
    """The mail with everything substituted, its sentences in another order. What is no clean MIME stays as it is."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    if any(part.defects for part in message.walk()):
        return raw
    for part in message.walk():
        _mutate_headers(part, substitute)
        if part.get_content_maintype() == "text" and not part.is_multipart():
            _mutate_text(part, substitute, chance)
    return message.as_bytes()


def _mutate_headers(part: Message, substitute: Substitution) -> None:
    for name in _MAILED:
        values = part.get_all(name)
        if not values:
            continue
        del part[name]
        for value in values:
            try:
                text = str(email.header.make_header(email.header.decode_header(value)))
            except (LookupError, UnicodeError, ValueError):
                text = ""
            part[name] = _encoded(name, substitute(text)) if text else value


def _encoded(name: str, text: str) -> str:
    text = " ".join(text.split())
    if name == "subject" or text.isascii():
        return email.header.Header(text, "utf-8" if not text.isascii() else "us-ascii", 900).encode()
    return email.policy.default.header_factory(name, text).fold(policy=email.policy.default).partition(":")[2].strip()


def _mutate_text(part: Message, substitute: Substitution, chance: random.Random) -> None:
    charset = str(collapse_rfc2231_value(part.get_content_charset() or "us-ascii"))
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    try:
        text = payload.decode(charset)
    except (LookupError, UnicodeError):
        return
    changed = substitute(text)
    if part.get_content_subtype() == "plain":
        changed = "\n".join(_shuffled(line, chance) for line in changed.split("\n"))
    if changed == text:
        return
    del part["content-transfer-encoding"]
    part.set_payload(changed, "utf-8")


def _shuffled(line: str, chance: random.Random) -> str:
    """The sentences of a line in another order; quotes, numbered lines and the first sentence stay."""
    sentences = _SENTENCE.split(line)
    if len(sentences) < 3 or not line[:1].isalpha():
        return line
    middle = sentences[1:]
    chance.shuffle(middle)
    return " ".join([sentences[0], *middle])


def substitution(labels: list[dict[str, Any]], records: dict[str, Any], chance: random.Random) -> Substitution:
    """One function for mail, labels and records, so that they stay about the same people and deals.

    People swap names, companies swap name and domain together, with others who write the same language: a
    signature, an address and a domain then still speak of the same person, as they do in real mail.
    """
    words = _exchange(_names(labels, records, "first_name"), chance)
    words |= _exchange(_names(labels, records, "last_name"), chance)
    locals_ = {plain: _plain(other) for name, other in words.items() if (plain := _plain(name)).isascii()}
    companies, domains = _exchanged_companies(labels, records, chance)
    words |= companies | {number: _other_digits(number) for number in _numbers(labels, records)}
    phones = [_phone_pattern(phone) for phone in _phones(labels, [*records["contacts"], *records["leads"]])]
    named, addressed, called = _any_word(words), _any_word(locals_), re.compile("|".join(phones) or "(?!)")

    def domain(match: re.Match[str]) -> str:
        label = match.group().lower()
        if _OWN.search(label):
            return match.group()
        return domains.setdefault(label, "".join(chance.choice(_SYLLABLES) for _ in range(4)))

    def substitute(text: str) -> str:
        text = _DOMAIN.sub(domain, text)
        text = _LOCAL_PART.sub(
            lambda part: addressed.sub(lambda name: locals_[name.group()], part.group().lower()), text
        )
        text = called.sub(lambda match: _other_end(match.group()), text)
        return named.sub(lambda match: words[match.group()], text)

    return substitute


def _any_word(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(
        "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True) if word)
    )


def _plain(name: str) -> str:
    """A name as it stands in addresses: lower case, without accents and blanks."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("ø", "o").replace("æ", "ae").replace(" ", ""))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _exchanged_companies(
    labels: list[dict[str, Any]], records: dict[str, Any], chance: random.Random
) -> tuple[dict[str, str], dict[str, str]]:
    """Company names and, apart, the first labels of their .example domains: who gets whose."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for label in labels:
        fields = label.get("fields", {})
        company, at = str(fields.get("company") or ""), str(fields.get("email") or "").partition("@")[2]
        if company and at.endswith(".example") and not _OWN.search(at) and at.count(".") == 1:
            groups[label["language"]].setdefault(company, at.removesuffix(".example"))
    for account in records["accounts"] if not any(groups.values()) else ():
        if len(account["domains"]) == 1 and account["parent_id"] is None:
            groups["records"][account["name"]] = account["domains"][0].removesuffix(".example")
    names: dict[str, str] = {}
    domains: dict[str, str] = {}
    for group in groups.values():
        exchanged = _exchange([sorted(group)], chance)
        names |= exchanged
        domains |= {group[company]: group[other] for company, other in exchanged.items()}
    return names, domains


def _in_json(text: str, substitute: Substitution) -> str:
    return "".join(
        json.dumps(_in_value(json.loads(part), substitute), ensure_ascii=False) + "\n" for part in _parts(text)
    )


def _parts(text: str) -> Iterator[str]:
    """The whole of a JSON file, or the lines of a JSON Lines file."""
    lines = text.splitlines()
    yield from [line for line in lines if line] if len(lines) > 1 and lines[0].endswith("}") else [text]


def _in_value(value: Any, substitute: Substitution) -> Any:
    if isinstance(value, dict):
        kept = ("file", "files", "id", "verdict", "language", "person", "account", "opportunity", "note")
        return {key: item if key in kept else _in_value(item, substitute) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_value(item, substitute) for item in value]
    return substitute(value) if isinstance(value, str) else value


def _names(labels: list[dict[str, Any]], records: dict[str, Any], field: str) -> list[list[str]]:
    """Names that may be exchanged with each other: those of labelled leads by language, the records' apart."""
    found: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        found[label["language"]].add(str(label.get("fields", {}).get(field) or ""))
    labelled = set().union(*found.values())
    found["records"] = {str(person.get(field) or "") for person in (*records["contacts"], *records["leads"])} - labelled
    return [sorted(name for name in names if len(name) > 3) for names in found.values()]


def _exchange(groups: list[list[str]], chance: random.Random) -> dict[str, str]:
    """Each name becomes that of somebody else who writes the same language."""
    exchanged = {}
    for names in groups:
        chance.shuffle(names)
        exchanged |= dict(zip(names, names[1:] + names[:1], strict=True))
    return exchanged


def _numbers(labels: list[dict[str, Any]], records: dict[str, Any]) -> set[str]:
    budgets = {str(label.get("fields", {}).get("budget") or "") for label in labels}
    references = {str(deal.get("reference") or "") for deal in records["opportunities"]}
    return {text for text in budgets | references if any(char.isdigit() for char in text)}


def _other_digits(text: str) -> str:
    """Another number of the same length: no digit becomes or was a zero."""
    return re.sub(r"[1-9]", lambda match: str(int(match.group()) % 9 + 1), text)


def _phones(labels: list[dict[str, Any]], people: list[dict[str, Any]]) -> set[str]:
    found = {str(label.get("fields", {}).get("phone_e164") or "") for label in labels}
    found |= {phone for label in labels for phone in label.get("phone_any", ())}
    return {phone for phone in found | {str(person.get("phone") or "") for person in people} if len(phone) > 7}


def _phone_pattern(phone: str) -> str:
    """The last seven digits of a number, however it is written."""
    return r"(?<!\d)(?:[\d\s()./-]*)" + r"[\s()./-]*".join(re.sub(r"\D", "", phone)[-7:]) + r"(?!\d)"


def _other_end(phone: str) -> str:
    """The number with its last two digits changed: the same country, area and length."""
    head, tail = re.match(r"(?s)(.*?)((?:\d\D*){2})$", phone).groups()  # type: ignore[union-attr]
    return head + re.sub(r"\d", lambda match: str((int(match.group()) + 3) % 10), tail)
