"""Typed addresses to ones that can be written to: names, lists, international domains and local parts."""

from __future__ import annotations

import re
from email.utils import formataddr

import idna

from crm_model.errors import Rejected
from crm_model.mail import Address
from crm_model.safe_text import safe_line

MOST_RECIPIENTS = 100
"""More is a mailing; submission servers refuse it, and so do we."""

_LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_DOT_ATOM = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+(?:\.[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+)*")
_PIECE = re.compile(r'(?:[^,;\r\n"<]|"(?:[^"\\]|\\.){0,400}+"|<[^<>\r\n]{0,400}+>|["<])+')
_NAMED = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<name>[^<>"]*+))\s*+<(?P<email>[^<>]*+)>')
_ESCAPED = re.compile(r"\\(.)")


def read_recipients(text: str, field: str) -> tuple[Address, ...]:
    """The addresses in a text, each once, domains in ASCII; commas, semicolons and line ends part them.

    Errors: Rejected that names the one that is no address, beside `field`.
    """
    found: dict[str, Address] = {}
    for piece in _PIECE.findall(text):
        if piece.strip():
            address = _read(piece.strip(), field)
            found.setdefault(address.email.lower(), address)
    if len(found) > MOST_RECIPIENTS:
        sentence = f"That is {len(found)} people; at most {MOST_RECIPIENTS} can be written to at once."
        raise Rejected(sentence, field_errors={field: sentence})
    return tuple(found.values())


def show_recipients(addresses: tuple[Address, ...]) -> str:
    """A line that `read_recipients` reads back."""
    return ", ".join(show_recipient(address) for address in addresses)


def show_recipient(address: Address) -> str:
    """ "Kari <kari@fjord.example>", the name quoted where it must be."""
    name = safe_line(address.name)
    return formataddr((name, address.email), "utf-8") if name.isascii() else _unicode(name, address.email)


def needs_utf8(address: Address) -> bool:
    """Whether an address can't be written in ASCII, so that the server must know SMTPUTF8 (RFC 6531)."""
    return not address.email.isascii()


def _unicode(name: str, email: str) -> str:
    """As formataddr does for ASCII names: a person types and sees letters, not encoded words."""
    plain = not re.search(r'[()<>@,:;\\".\[\]]', name)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f"{name} <{email}>" if plain else f'"{quoted}" <{email}>'


def _read(piece: str, field: str) -> Address:
    named = _NAMED.fullmatch(piece)
    if named is None:
        return Address(_checked(piece, field))
    name = _ESCAPED.sub(r"\1", named["quoted"]) if named["quoted"] is not None else named["name"]
    return Address(_checked(named["email"], field), safe_line(name))


def _checked(typed: str, field: str) -> str:
    local, at, domain = typed.strip().rpartition("@")
    if not at or not _DOT_ATOM.fullmatch(local) or "=?" in typed:  # which Python's library reads as an encoded word
        raise _no_address(typed, field)
    email = f"{local}@{_ascii_domain(domain, typed, field)}"
    if len(email.encode("utf-8", "replace")) > _LONGEST:
        raise _no_address(typed, field)
    return email


def _ascii_domain(domain: str, typed: str, field: str) -> str:
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _no_address(typed, field) from error
    if "." not in ascii_domain:
        raise _no_address(typed, field)
    return ascii_domain


def _no_address(typed: str, field: str) -> Rejected:
    shown = safe_line(typed)[:80]
    sentence = f"“{shown}” is no e-mail address; write it like name@company.example."
    return Rejected(sentence, field_errors={field: sentence})
