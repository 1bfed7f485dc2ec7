"""The bytes of a mail: headers that can't be broken out of, text that every server carries, files as they are."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import headerregistry, message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from typing import cast

from crm_model.errors import Rejected
from crm_model.mail import Address
from crm_model.safe_text import safe_line, safe_text
from sync.composing.flowed import flow
from sync.composing.header_text import HeaderPolicy, header_text
from sync.composing.recipients import needs_utf8

_FIRST_IDS, _LAST_IDS = 2, 18
"""Of a long chain of References: its beginning and its end, as RFC 5537, section 3.4.4, has it for news."""

_IDS = frozenset(("references", "in-reply-to", "message-id", "list-unsubscribe"))
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class MailFile:
    """Something attached. `content_type` "" is guessed by the name."""

    name: str
    data: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a mail consists of. `html` "" leaves the HTML version out; ids have no angle brackets.

    `unsubscribe` is where a POST ends mail of this kind (RFC 8058), "" for a letter from one to one.

    Whoever rewrites links for tracking does so in `html`, before `build_mail`; `text` stays as it was written.
    """

    message_id: str
    date: datetime
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: Sequence[MailFile] = ()
    automatic: bool = False
    unsubscribe: str = ""

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everybody it goes to, each once."""
        return tuple({each.email.lower(): each for each in (*self.to, *self.cc, *self.bcc)}.values())

    @property
    def needs_utf8(self) -> bool:
        return any(needs_utf8(each) for each in (self.sender, *self.to, *self.cc, *self.bcc))


def build_mail(letter: Letter) -> bytes:
    """The mail with CRLF and without Bcc; 7 bits per byte unless an address is international.

    Errors: Rejected for what can't be written as a mail.
    """
    message = EmailMessage(policy=_UTF8 if letter.needs_utf8 else _ASCII)
    try:
        _write_headers(message, letter)
        _write_bodies(message, letter)
        return message.as_bytes()
    except (MessageError, ValueError, LookupError) as error:
        raise Rejected("The mail holds something that no mail can carry; look for odd characters in it.") from error


def with_bcc(data: bytes, bcc: tuple[Address, ...]) -> bytes:
    """The same mail as its sender keeps it: it says who got a blind copy."""
    if not bcc:
        return data
    header = EmailMessage(policy=_UTF8 if any(needs_utf8(each) for each in bcc) else _ASCII)
    header["Bcc"] = _group(bcc)
    return header.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n" + data


def with_html(data: bytes, html: str) -> bytes:
    """A mail that `build_mail` made, with another HTML version and the same in all else; the same for the same."""
    ascii_only = data.partition(b"\r\n\r\n")[0].isascii()
    policy = (_ASCII if ascii_only else _UTF8).clone(refold_source="none")
    message = cast("EmailMessage", message_from_bytes(data, policy=policy))  # what this policy makes
    part = message.get_body(("html",))
    if part is None or part.get_content().replace("\r\n", "\n") == html:
        return data
    part.set_content(html, subtype="html", cte=_encoding(html))
    return bytes(message.as_bytes())


def chain_of(references: Sequence[str], parent: str) -> tuple[str, ...]:
    """References of an answer to `parent`, which has these: the whole chain, a very long one cut in the middle."""
    chain = tuple(dict.fromkeys(each for each in (*references, parent) if each and each != parent)) + (
        (parent,) if parent else ()
    )
    return chain if len(chain) <= _FIRST_IDS + _LAST_IDS else (*chain[:_FIRST_IDS], *chain[-_LAST_IDS:])


def guess_type(name: str) -> str:
    """A content type by the file's name."""
    guessed, encoding = mimetypes.guess_type(name, strict=False)
    return guessed if guessed and not encoding else "application/octet-stream"


class _Policy(HeaderPolicy):
    """Ids are folded between, never within: the library would write long ones as encoded words."""

    def _fold_ids(self, name: str, value: str) -> str:
        return f"{name}: " + f"{self.linesep} ".join(value.split()) + self.linesep

    def fold(self, name: str, value: str) -> str:
        return self._fold_ids(name, value) if name.lower() in _IDS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _IDS:
            return self._fold_ids(name, value).encode("utf-8" if self.utf8 else "ascii")
        return super().fold_binary(name, value)


_ASCII = _Policy(linesep="\r\n", cte_type="7bit")
_UTF8 = _Policy(linesep="\r\n", cte_type="7bit", utf8=True)


def _write_headers(message: EmailMessage, letter: Letter) -> None:
    message["Message-ID"] = _id(letter.message_id)
    message["Date"] = format_datetime(letter.date)
    message["From"] = _group((letter.sender,))
    for name, people in (("To", letter.to), ("Cc", letter.cc)):
        if people:
            message[name] = _group(people)
    if not letter.to and not letter.cc:
        message["To"] = "undisclosed-recipients:;"
    message["Subject"] = header_text(letter.subject)
    if letter.automatic:  # RFC 3834, and Exchange's own word for it
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if letter.in_reply_to:
        message["In-Reply-To"] = _id(letter.in_reply_to)
    if letter.references:
        message["References"] = " ".join(map(_id, letter.references))
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{''.join(letter.unsubscribe.split())}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _write_bodies(message: EmailMessage, letter: Letter) -> None:
    text = flow(safe_text(letter.text).rstrip("\n"))
    message.set_content(f"{text}\n", cte=_encoding(text), params={"format": "flowed"})
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte=_encoding(letter.html))
    for file in letter.files:
        _attach(message, file)


def _attach(message: EmailMessage, file: MailFile) -> None:
    content_type = file.content_type if _TYPE.fullmatch(file.content_type) else guess_type(file.name)
    maintype, _, subtype = content_type.lower().partition("/")
    if maintype in ("message", "multipart"):  # would have to be taken apart and written anew: carried as it is
        maintype, subtype = "application", "octet-stream"
    message.add_attachment(file.data, maintype=maintype, subtype=subtype, cte="base64", filename=_name(file.name))


def _name(name: str) -> str:
    """A file's name that means no folder anywhere."""
    plain = re.sub(r"[/\\:*?\"<>|]", "_", safe_line(name)).strip(". ")
    return plain[-_LONGEST_NAME:] or "attachment"


def _encoding(text: str) -> str:
    """Quoted-printable keeps the blanks at line ends; where most letters are not ASCII, base64 is shorter."""
    others = sum(not letter.isascii() for letter in text)
    return "base64" if 3 * others > len(text) else "quoted-printable"


def _group(people: Sequence[Address]) -> list[headerregistry.Address]:
    if any("=?" in each.email for each in people):  # the library would read it as an encoded word
        raise Rejected("An address with “=?” in it can't be written to; look for odd characters in it.")
    parts = ((header_text(each.name), *each.email.rpartition("@")) for each in people)
    return [headerregistry.Address(name, local, domain) for name, local, _, domain in parts]


def _id(text: str) -> str:
    return f"<{''.join(text.split())}>"
