"""The sample messages, composed from `sample/*.toml` with dates counted back from now."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr
from html import escape

OWNER = "Kari Nordmo <kari@fjordlys.example>"

_QUOTE = {
    "SV": "Den {at} skrev {name}:",
    "Sv": "Den {at} skrev {name}:",
    "AW": "Am {at} schrieb {name}:",
    "R": "Il giorno {at} {name} ha scritto:",
}
_KIND_HEADERS: dict[str, dict[str, str]] = {
    "newsletter": {"Precedence": "bulk", "List-Id": "<{domain}>", "List-Unsubscribe": "<https://{domain}/unsubscribe>"},
    "notification": {"Auto-Submitted": "auto-generated"},
    "auto_reply": {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
    "bounce": {"Auto-Submitted": "auto-replied"},
}
_PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(64)

Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SampleMail:
    """A message as the Maildir holds it. `sent` says that the mailbox's owner wrote it."""

    data: bytes
    at: datetime
    unread: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """What an answer needs of the message it answers."""

    sender: str
    recipient: str
    subject: str
    ids: tuple[str, ...]
    text: str
    at: datetime


def compose(entries: Iterable[Entry], now: datetime) -> Iterator[SampleMail]:
    """Every message; an answer stands after what it answers in `entries`."""
    written: dict[str, _Written] = {}
    for entry in entries:
        parent = written.get(_text(entry, "re"))
        facts = _facts(entry, parent, now)
        written[_text(entry, "id")] = facts
        yield SampleMail(
            data=_bytes(entry, facts, parent),
            at=facts.at,
            unread=bool(entry.get("unread")),
            sent=facts.sender == OWNER,
        )


def _bytes(entry: Entry, facts: _Written, parent: _Written | None) -> bytes:
    data = _message(entry, facts, parent).as_bytes(policy=SMTP.clone(linesep="\n"))
    if entry.get("raw_subject"):  # no writer lets control characters pass, so they are put in afterwards
        data = data.replace(b"Subject: placeholder", b"Subject: " + facts.subject.encode(), 1)
    return data


def _text(entry: Entry, key: str, default: str = "") -> str:
    return str(entry.get(key, default))


def _facts(entry: Entry, parent: _Written | None, now: datetime) -> _Written:
    sender = _text(entry, "from")
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return _Written(
        sender=sender,
        recipient=_text(entry, "to") or (parent.sender if parent else OWNER),
        subject=_subject(entry, parent),
        ids=(*(parent.ids if parent else ()), f"<{_text(entry, 'id')}@{domain}>"),
        text=_text(entry, "text").strip() + "\n",
        at=now - timedelta(days=float(_text(entry, "days"))),
    )


def _subject(entry: Entry, parent: _Written | None) -> str:
    if parent is None or "subject" in entry:
        return _text(entry, "subject")
    base = re.sub(r"^(?:Re|SV|Sv|AW|R): ", "", parent.subject)
    return f"{_text(entry, 'prefix', 'Re')}: {base}"


def _message(entry: Entry, facts: _Written, parent: _Written | None) -> Message:
    is_bounce = entry.get("kind") == "bounce"
    message = _bounce(entry, facts) if is_bounce else _letter(entry, facts, parent)
    domain = parseaddr(facts.sender)[1].rpartition("@")[2]
    for name, value in _KIND_HEADERS.get(_text(entry, "kind"), {}).items():
        message[name] = value.format(domain=domain)
    return message


def _letter(entry: Entry, facts: _Written, parent: _Written | None) -> EmailMessage:
    message = EmailMessage()
    _address(message, entry, facts)
    if parent:
        message["In-Reply-To"] = parent.ids[-1]
        message["References"] = " ".join(parent.ids)
    text = facts.text + (_quoted(entry, parent) if parent and entry.get("kind") != "auto_reply" else "")
    message.set_content(text, charset=_text(entry, "charset", "utf-8"))
    if entry.get("html"):
        message.add_alternative(_html(text), subtype="html")
    if entry.get("kind") == "calendar":
        message.add_alternative(_invitation(entry, facts), subtype="calendar", params={"method": "REQUEST"})
    attached = entry.get("attach", [])
    for name in attached if isinstance(attached, list) else []:
        main, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(_PIXEL, maintype=main, subtype=sub, filename=name)
    return message


def _address(message: Message, entry: Entry, facts: _Written) -> None:
    message["From"] = _addresses(facts.sender)
    message["To"] = _addresses(facts.recipient)
    if "cc" in entry:
        message["Cc"] = _addresses(_text(entry, "cc"))
    if "reply_to" in entry:
        message["Reply-To"] = _text(entry, "reply_to")
    message["Subject"] = "placeholder" if entry.get("raw_subject") else facts.subject
    message["Date"] = format_datetime(facts.at)
    message["Message-ID"] = facts.ids[-1]


def _addresses(text: str) -> str:
    """Addresses as a header wants them: display names quoted where they must be."""
    pairs = getaddresses([text])
    return ", ".join(str(Address(name, addr_spec=email)) for name, email in pairs)


def _quoted(entry: Entry, parent: _Written) -> str:
    name = parseaddr(parent.sender)[0] or parent.sender
    opening = _QUOTE.get(_text(entry, "prefix"), "On {at}, {name} wrote:")
    lines = "".join(f"> {line}\n" for line in parent.text.splitlines())
    return f"\n{opening.format(at=f'{parent.at:%Y-%m-%d %H:%M}', name=name)}\n{lines}"


def _html(text: str) -> str:
    paragraphs = (escape(part).replace("\n", "<br>\n") for part in text.strip().split("\n\n"))
    body = "\n".join(f"<p>{part}</p>" for part in paragraphs)
    return f"<html><head><style>p {{ font-family: sans-serif }}</style></head><body>\n{body}\n</body></html>\n"


def _invitation(entry: Entry, facts: _Written) -> str:
    start = facts.at + timedelta(days=7)
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:REQUEST", "BEGIN:VEVENT"),
        f"UID:{_text(entry, 'id')}@{parseaddr(facts.sender)[1].rpartition('@')[2]}",
        f"DTSTAMP:{facts.at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT130000Z}",
        f"DTEND:{start:%Y%m%dT140000Z}",
        f"SUMMARY:{facts.subject}",
        *("END:VEVENT", "END:VCALENDAR"),
    )
    return "\n".join(lines) + "\n"


def _bounce(entry: Entry, facts: _Written) -> Message:
    """A delivery report: multipart/report (RFC 3464) with the words, the status and the headers of what failed."""
    failed = _text(entry, "failed")
    report = MIMEBase("multipart", "report", report_type="delivery-status")
    report.policy = SMTP
    _address(report, entry, facts)
    words = EmailMessage()
    words.set_content(facts.text)
    status = MIMEBase("message", "delivery-status")
    reporter, recipient, original = Message(), Message(), EmailMessage()
    reporter["Reporting-MTA"] = "dns; mx.fjordlys.example"
    recipient["Final-Recipient"] = f"rfc822; {failed}"
    delayed = "Delay" in facts.subject
    recipient["Action"] = "delayed" if delayed else "failed"
    recipient["Status"] = "4.4.1" if delayed else "5.1.1"
    status.set_payload([reporter, recipient])
    original["From"], original["To"], original["Subject"] = OWNER, failed, "Hei"
    headers = MIMEBase("text", "rfc822-headers")
    headers.set_payload(str(original))
    report.set_payload([words, status, headers])
    return report
