"""Address headers: RFC 5322 with the obsolete syntax, and what is written instead of it.

Rules: in `a@x.com <b@y.com>` the angle brackets hold the address; of several From headers the first with an address
counts; addresses are lower case, international domains in their ASCII form (punycode), as DNS and CRMs compare them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agent.parsing.encoded_words import decode_words, unfold
from agent.parsing.limits import MAX_ADDRESSES, MAX_EMAIL_CHARS, MAX_NAME_CHARS
from crm_model.mail import Address

# One token of an address list; an unclosed quote, comment or bracket is a letter like any other. So is one that is
# longer than any name: ten thousand unclosed ones would each be looked for to the end.
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.){0,300}+)"(?P<at>@)?'
    r"|\((?P<comment>(?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]{0,100}+\)){0,100}+\)){0,300}+)\)"
    r"|<(?P<angle>[^<>]*)>"
    r"|(?P<encoded>=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)"
    r"|(?P<special>[,;:])"
    r'|(?P<text>[^"(<,;:=]+|.)',
    re.DOTALL,
)
_SIMPLE = re.compile(
    r'(?:"?([^"(<>,;:@\\=?]{0,200}?)"?\s*<([\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)>|([\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+))',
    re.ASCII,
)
_BARE = re.compile(r'(?:"[^"@]{1,64}"|[^\s<>()",;:\[\]@]{1,64})@(?:\[[^\s\]]{1,64}\]|[^\s<>()",;:\[\]@]{1,255})')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_WORDS_OF_A_NAME = 30
_CACHED_BYTES = 512


def parse_addresses(raw: bytes, charset: str | None = None) -> tuple[Address, ...]:
    """The mailboxes of one header, groups taken apart, in order. Entries without an address are left out."""
    return _parse_cached(raw, charset) if len(raw) <= _CACHED_BYTES else _parse(raw, charset)


def parse_all(raws: Sequence[bytes], charset: str | None = None) -> tuple[Address, ...]:
    """The mailboxes of all headers of one name."""
    if len(raws) == 1:
        return parse_addresses(raws[0], charset)
    found: list[Address] = []
    for raw in raws:
        found += parse_addresses(raw, charset)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


def parse_sender(raws: Sequence[bytes], charset: str | None = None) -> Address | None:
    """The first mailbox of the first From header that holds one; only a name, with the e-mail "", if none does."""
    for raw in raws:
        found = parse_addresses(raw, charset)
        if found:
            return found[0]
    for raw in raws:
        name = _clean_name(decode_words(unfold(raw, charset)).partition("<")[0])
        if name:
            return Address("", name)
    return None


def _parse(raw: bytes, charset: str | None) -> tuple[Address, ...]:
    text = unfold(raw, charset)
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        return (Address((simple[2] or simple[3]).lower(), _clean_name(simple[1] or "")),)
    found = _scan(text)
    if not found and "=?" in text:
        # Some programs encode the whole header, address included (against RFC 2047, section 5).
        found = _scan(decode_words(text))
    return tuple(found)


_parse_cached = lru_cache(maxsize=8192)(_parse)


class _Mailbox:
    """What was read of one entry so far. The display name is kept as text, the encoded words still in it."""

    __slots__ = ("angle", "comments", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def take(self, token: re.Match[str]) -> None:
        if token.lastgroup in ("quoted", "at"):
            content = _ESCAPED.sub(r"\1", token["quoted"])
            # "local part"@domain is an address, "name" a display name.
            self.words.append(f'"{content}"@' if token["at"] else content)
        elif token.lastgroup == "comment":
            self.comments.append(decode_words(_ESCAPED.sub(r"\1", token["comment"])))
        elif token.lastgroup != "angle":
            self.words.append(token[0])
        elif self.angle is None or "@" in token["angle"]:
            self.angle = token["angle"]

    def finish(self) -> Address | None:
        if self.angle is None and not any("@" in word for word in self.words):
            return None
        text = "".join(self.words)
        if self.angle is not None:
            email = clean_email(self.angle)
            if email:
                return Address(email, _clean_name(text) or _clean_name(" ".join(self.comments)))
        for match in _BARE.finditer(text):
            email = clean_email(match[0])
            if email:
                name = (text[: match.start()] + text[match.end() :]).strip(" '\"[]<>-")
                return Address(email, _clean_name(name) or _clean_name(" ".join(self.comments)))
        return None


def _scan(text: str) -> list[Address]:
    found: list[Address] = []
    mailbox = _Mailbox()
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "special":
            mailbox.take(match)
        elif match[0] != ":":
            address = mailbox.finish()
            if address is not None:
                found.append(address)
            if address is not None or match[0] == ";" or mailbox.angle is not None:
                mailbox = _Mailbox()
            else:
                # `Doe, John <john@x>` without quotes; a name has few commas
                mailbox.words = [*mailbox.words[-_WORDS_OF_A_NAME:], ", "]
        elif mailbox.angle is None:
            mailbox = _Mailbox()  # that was a group's name, or "mailto"
        if len(found) >= MAX_ADDRESSES:
            return found
    address = mailbox.finish()
    return [*found, address] if address is not None else found


def clean_email(text: str) -> str:
    """An address in lower case with an ASCII domain, "" if it is none."""
    text = text.rpartition(":")[2] if text.lstrip().startswith(("@", "mailto:", "MAILTO:")) else text
    if "=?" in text:
        text = decode_words(text)
    text = text.strip().strip("<>'")
    local, at, domain = text.rpartition("@")
    local, domain = _strip_spaces(local), _strip_spaces(domain).strip(".")
    if not at or not local or not domain or len(text) > MAX_EMAIL_CHARS or ("@" in local and local[0] != '"'):
        return ""
    return f"{local.lower()}@{ascii_domain(domain)}"


def _strip_spaces(text: str) -> str:
    if text[:1] == '"' == text[-1:]:
        inner = text[1:-1]
        return inner if inner and not re.search(r'[\s"(),:;<>@\[\]\\]', inner) else _SPACE.sub(" ", text)
    return _CONTROL.sub("", text)


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """A domain in lower case, international ones in punycode; as it stands if that can't be done."""
    domain = domain.lower()
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _clean_name(text: str) -> str:
    text = _SPACE.sub(" ", decode_words(text)).strip(" '\",")
    return text[:MAX_NAME_CHARS].rstrip()
