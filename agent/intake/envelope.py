"""A submission written as a message, and read back: what people see is its text, what rules read its headers.

    X-Hitchpost-Form: NAME          X-Hitchpost-Leads: suggest | auto      X-Hitchpost-Trap: yes
    X-Hitchpost-Field: FIELD=base64 of the value in UTF-8, a long one over several of them

The headers count only in the folder of our own forms; anybody could write them into a mail.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from agent.web_forms.checking import is_address
from crm_model.mail import Message
from crm_model.safe_text import safe_text
from sync.composing.header_text import HeaderPolicy, header_text

_FORM, _LEADS, _TRAP, _FIELD = "x-hitchpost-form", "x-hitchpost-leads", "x-hitchpost-trap", "x-hitchpost-field"
_CHUNK = 3_000  # bytes of a value in one header
HOST = "web-form.invalid"
"""Where our own ids and the senders without an address are from: a name that can't exist (RFC 6761)."""

_POLICY = HeaderPolicy(linesep="\r\n", utf8=True, max_line_length=0)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a submission without its bytes."""

    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """All that the message of a submission says. `fields` are a lead's, as they were typed; `lines` is its text."""

    digest: str
    person: str
    at: datetime
    form: str
    title: str
    sender: str
    name: str
    lines: Sequence[str]
    fields: Mapping[str, str]
    leads: str = ""
    trapped: bool = False
    files: Sequence[Attached] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What the headers of a submission's message say."""

    form: str
    leads: str
    trapped: bool
    fields: dict[str, str] = field(default_factory=dict)


def message_id_of(digest: str) -> str:
    """The Message-ID of a submission, without angle brackets."""
    return f"{digest}@{HOST}"


def write_message(envelope: Envelope) -> bytes:
    """The message with empty files, whose parts are numbered from 2."""
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = f"<{message_id_of(envelope.digest)}>"
    # All that one person sends by forms is one conversation: whoever reads the second answer sees the first.
    message["References"] = f"<person-{envelope.person}@{HOST}>"
    message["Date"] = format_datetime(envelope.at)
    message["From"] = _address(envelope.name, envelope.sender, envelope.digest)
    message["To"] = Address(header_text(envelope.title), envelope.form, HOST)
    message["Subject"] = header_text(f"{envelope.title}: {envelope.name}" if envelope.name else envelope.title)
    message[_FORM] = envelope.form
    if envelope.leads:
        message[_LEADS] = envelope.leads
    if envelope.trapped:
        message[_TRAP] = "yes"
    for name, value in envelope.fields.items():
        for chunk in _chunks(value.encode("utf-8", "replace")):
            message[_FIELD] = f"{name}={base64.b64encode(chunk).decode('ascii')}"
    message.set_content(safe_text("\n".join(envelope.lines)) + "\n", cte="8bit")
    for file in envelope.files:
        maintype, _, subtype = file.content_type.partition("/")
        message.add_attachment(b"", maintype=maintype, subtype=subtype, cte="7bit", filename=file.name)
    return message.as_bytes()


def read_answers(message: Message) -> Answers | None:
    """The answers in a message of our folder; None if it holds none."""
    form = message.header(_FORM)
    if not form:
        return None
    values: dict[str, bytes] = {}
    for header in message.headers.get(_FIELD, ()):
        name, _, packed = header.partition("=")
        try:
            values[name] = values.get(name, b"") + base64.b64decode("".join(packed.split()), validate=True)
        except binascii.Error:
            continue
    fields = {name: value.decode("utf-8", "replace") for name, value in values.items()}
    return Answers(form, message.header(_LEADS), bool(message.header(_TRAP)), fields)


def _chunks(value: bytes) -> list[bytes]:
    return [value[start : start + _CHUNK] for start in range(0, len(value), _CHUNK)]


def _address(name: str, email: str, digest: str) -> Address:
    """The sender, or, without an address, somebody whom nobody else is."""
    is_sound = email == header_text(email) and is_address(email)
    local, _, domain = email.rpartition("@") if is_sound else (digest[:16], "@", HOST)
    return Address(header_text(name), local, domain)
