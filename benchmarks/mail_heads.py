"""Headers of made mail: what relays, clients, newsletters and machines write."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cache

from benchmarks.mail_words import REPLY_PREFIXES, base64_lines, encoded_word

OUR_DOMAIN = "nordlys.example"
FORM_SENDER = f"website@{OUR_DOMAIN}"
_INDEX_STEP = b"\x10\x00\x02\x00\x05"
_CLIENTS = ("Microsoft Outlook 16.0", "Apple Mail (2.3654)", "Mozilla Thunderbird", "Some Webmail 7")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str

    @property
    def address(self) -> str:
        return f"{encoded_word(self.name)} <{self.email}>" if self.name else self.email


def thread_index(chance: random.Random) -> str:
    """A new Thread-Index: a date and a random part, 22 bytes."""
    return base64.b64encode(b"\x01" + chance.randbytes(21)).decode()


def grown_index(index: str, depth: int) -> str:
    """The Thread-Index of a reply: five bytes more for each step down."""
    return base64.b64encode(base64.b64decode(index) + _INDEX_STEP * min(depth - 1, 12)).decode()


def prefix(kind: str, language: str) -> str:
    """What the client writes before the subject."""
    if kind == "auto-reply":
        return "Automatic reply: "
    return REPLY_PREFIXES.get(language, "Re: ") if kind == "reply" else ""


def of_kind(kind: str, them: Person, number: int) -> list[str]:
    """The header fields that only this kind of mail has."""
    domain = them.email.partition("@")[2]
    if kind == "newsletter":
        return [
            f"List-Id: News of {domain} <news.{domain}>",
            f"List-Unsubscribe: <https://{domain}/leave/{number}>,\r\n <mailto:leave@{domain}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Precedence: bulk",
            f"Return-Path: <bounce-{number}@{domain}>",
        ]
    if kind == "notice":
        return ["Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", f"Return-Path: <noreply@{domain}>"]
    if kind == "auto-reply":
        return ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: auto_reply"]
    if kind == "bounce":
        return ["Auto-Submitted: auto-replied", "Return-Path: <>", "X-Failed-Recipients: " + them.email]
    if kind == "form":
        return [f"Reply-To: {them.address}"]
    return [f"X-Mailer: {_CLIENTS[number % len(_CLIENTS)]}"]


def sender_of(kind: str, them: Person) -> Person:
    """Who such a mail is from: not always the person."""
    domain = them.email.partition("@")[2]
    machines = {
        "newsletter": Person(f"News of {domain}", f"news@{domain}"),
        "notice": Person("", f"noreply@{domain}"),
        "bounce": Person("Mail Delivery System", f"mailer-daemon@{domain}"),
        "form": Person("Contact form", FORM_SENDER),
    }
    return machines.get(kind, them)


def head(chance: random.Random, parties: tuple[Person, Person], subject: str, at: datetime, fields: list[str]) -> bytes:
    """A whole header without its MIME fields; every line ends, no blank line follows."""
    sender, receiver = parties
    from_us = sender.email.endswith(OUR_DOMAIN)
    date = format_datetime(at)
    lines = [*_hops(chance, date, 1 if from_us else 5), *([] if from_us else _signature(chance, sender.email))]
    copied = [f"Cc: {receiver.address}"] if chance.random() < 0.2 else []
    lines += [
        f"From: {sender.address}",
        f"To: {receiver.address}",
        *copied,
        f"Subject: {encoded_word(subject)}",
        f"Date: {date}",
        *fields,
        "MIME-Version: 1.0",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _hops(chance: random.Random, date: str, count: int) -> list[str]:
    return [
        f"Received: from mx{hop}.relay.example (mx{hop}.relay.example [192.0.2.{hop}])\r\n"
        f"\tby in{hop}.{OUR_DOMAIN} (Postfix) with ESMTPS id {chance.getrandbits(48):012X}\r\n\tfor <x>; {date}"
        for hop in range(count)
    ]


def _signature(chance: random.Random, email: str) -> list[str]:
    domain = email.partition("@")[2]
    seal = _seals()[chance.getrandbits(5)]
    return [
        f"Authentication-Results: mx.{OUR_DOMAIN}; dkim=pass header.d={domain};\r\n spf=pass smtp.mailfrom={email}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\r\n"
        f" h=from:to:subject:date:message-id; bh={chance.getrandbits(128):032x};\r\n b={seal}",
    ]


@cache
def _seals() -> tuple[str, ...]:
    chance = random.Random(32)
    return tuple(base64_lines(chance.randbytes(57 * 5)).decode().strip().replace("\r\n", "\r\n ") for _ in range(32))
