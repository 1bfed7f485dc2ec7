"""A mailbox of any size, the same for the same seed, shaped as a business mailbox was measured to be.

Sizes (median 11.6 k, p90 54.6 k, p99 692 k, at most 3.2 M), 83 % multipart, In-Reply-To 76 %, References 70 %,
Thread-Index 16 %, some duplicate and missing ids. About a quarter begins something: newsletters, notices of machines,
enquiries of strangers, talks; the rest are replies, some by machines. All names and addresses are made up.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from benchmarks import mail_heads
from benchmarks.mail_body import body
from benchmarks.mail_heads import OUR_DOMAIN, Person
from benchmarks.mail_words import LANGUAGES, sentence

US = (Person("Kari Nordmann", f"kari@{OUR_DOMAIN}"), Person("Ola Bø", f"ola@{OUR_DOMAIN}"))
COMPANIES = 300
_PEOPLE_EACH = 3
_START = datetime(2022, 1, 3, 6, tzinfo=UTC)
_MINUTES_BETWEEN = 25.0
_FIRST_NAMES = ("Anna", "Bjørn", "Carla", "Dmitri", "Elena", "Frédéric", "Giulia", "Håkon", "Ingrid", "Jörg", "Zofia")
_LAST_NAMES = ("Berg", "Öberg", "Rossi", "Ivanov", "Dahl", "Nilsen", "Conti", "Petrova", "Lund", "Weber", "Wójcik")
_SIZES = ((0.0, 1_800), (0.5, 11_600), (0.9, 54_600), (0.99, 692_000), (1.0, 3_200_000))
_LARGEST_SINGLE_PART = 40_000
_MULTIPART = 0.83
_OPEN_TALKS = 300

# Shares of all mail. What begins something comes to the 23.3 % that name no other mail.
_BEGINNINGS = (
    ("newsletter", 0.090),
    ("notice", 0.045),
    ("talk", 0.055),
    ("enquiry", 0.028),
    ("form", 0.008),
    ("bounce", 0.007),
)
_REPLY = 0.767
_AUTO_REPLY = 0.02
_ONLY_IN_REPLY_TO = 0.09
_ONLY_REFERENCES = 0.009
_THREAD_INDEX = 0.16 / 0.86
_DUPLICATE = 0.0034
_NO_ID = 0.0014
_FROM_US = 0.42


@dataclass(frozen=True, slots=True)
class Mail:
    """A made mail; `kind` says what it was made as."""

    number: int
    kind: str
    at: datetime
    data: bytes


@dataclass(slots=True)
class _Talk:
    """A conversation as it goes on."""

    subject: str
    language: str
    them: Person
    index: str
    ids: list[str] = field(default_factory=list)


@cache
def people() -> tuple[Person, ...]:
    """The people of the companies that we know, three of each; a company's address is its number."""
    return tuple(
        _person(number, f"firma{number // _PEOPLE_EACH}.example") for number in range(COMPANIES * _PEOPLE_EACH)
    )


def _person(number: int, domain: str) -> Person:
    first, last = _FIRST_NAMES[number % 11], _LAST_NAMES[number // 11 % 11]
    return Person(f"{first} {last}", f"person{number}@{domain}")


def mails(seed: int = 1, largest: int = _SIZES[-1][1]) -> Iterator[Mail]:
    """Mail without end, oldest first: take as many as wanted, and later those that came since.

    `largest` caps the sizes where only the number of mails counts.
    """
    maker = _Maker(random.Random(seed), largest)
    last: Mail | None = None
    number = 0
    while True:
        number += 1
        if last is not None and maker.chance.random() < _DUPLICATE:
            hop = b"Received: from list.example by mx.nordlys.example; " + last.at.ctime().encode() + b"\r\n"
            last = Mail(number, last.kind, last.at, hop + last.data)
        else:
            last = maker.mail(number)
        yield last


class _Maker:
    """Draws one mail after another; the time and the open talks go on between them."""

    def __init__(self, chance: random.Random, largest: int) -> None:
        self.chance = chance
        self._largest = largest
        self._at = _START
        self._talks: list[_Talk] = []

    def mail(self, number: int) -> Mail:
        self._at += timedelta(minutes=self.chance.expovariate(1 / _MINUTES_BETWEEN))
        if self._talks and self.chance.random() < _REPLY:
            return self._reply(number)
        return self._beginning(number)

    def _beginning(self, number: int) -> Mail:
        (kind,) = self.chance.choices([name for name, _ in _BEGINNINGS], [share for _, share in _BEGINNINGS])
        language = self.chance.choice(LANGUAGES)
        subject = sentence(language, self.chance, 4)
        them = self.chance.choice(people())
        if kind in ("enquiry", "form"):
            domain = "freemail.example" if self.chance.random() < 0.3 else f"stranger{number}.example"
            them = _person(number, domain)
        talk = _Talk(subject, language, them, mail_heads.thread_index(self.chance))
        if kind in ("talk", "enquiry"):
            self._talks.append(talk)
            if len(self._talks) > _OPEN_TALKS:
                self._talks.pop(0)
        from_us = kind == "talk" and self.chance.random() < _FROM_US
        return self._made(number, kind, talk, from_us=from_us, fields=mail_heads.of_kind(kind, talk.them, number))

    def _reply(self, number: int) -> Mail:
        # Most replies go to what is young; some wake old talks.
        place = int(len(self._talks) * (1 - self.chance.random() ** 3 * 0.999))
        talk = self._talks[min(place, len(self._talks) - 1)]
        automatic = self.chance.random() < _AUTO_REPLY
        kind = "auto-reply" if automatic else "reply"
        from_us = not automatic and self.chance.random() < _FROM_US
        fields = mail_heads.of_kind(kind, talk.them, number)
        return self._made(number, kind, talk, from_us=from_us, fields=fields + self._ancestry(talk))

    def _ancestry(self, talk: _Talk) -> list[str]:
        back = 1 if self.chance.random() < 0.8 else self.chance.randint(1, len(talk.ids))
        chain = talk.ids[: len(talk.ids) - back + 1]
        shown = chain if len(chain) <= 20 else [chain[0], *chain[-19:]]
        draw = self.chance.random()
        fields = []
        if draw >= _ONLY_REFERENCES:
            fields.append(f"In-Reply-To: <{chain[-1]}>")
        if draw < _ONLY_REFERENCES or draw >= _ONLY_REFERENCES + _ONLY_IN_REPLY_TO:
            fields.append("References: " + "\r\n ".join(f"<{each}>" for each in shown))
        return fields

    def _made(self, number: int, kind: str, talk: _Talk, *, from_us: bool, fields: list[str]) -> Mail:
        chance = self.chance
        us = US[chance.random() < 0.2]
        sender, receiver = (us, talk.them) if from_us else (mail_heads.sender_of(kind, talk.them), us)
        message_id = f"{number}.{chance.getrandbits(48):x}@{sender.email.partition('@')[2]}"
        talk.ids.append(message_id)
        if chance.random() >= _NO_ID:
            fields = [f"Message-ID: <{message_id}>", *fields]
        if kind in ("talk", "enquiry", "reply", "auto-reply") and chance.random() < _THREAD_INDEX:
            fields = [*fields, f"Thread-Index: {mail_heads.grown_index(talk.index, len(talk.ids))}"]
        prefix = mail_heads.prefix(kind, talk.language)
        head = mail_heads.head(chance, (sender, receiver), prefix + talk.subject, self._at, fields)
        size = min(self._largest, _size(chance.random()))
        multipart = size > _LARGEST_SINGLE_PART or chance.random() < _single_part_left()
        inner = body(kind, talk.language, chance, max(300, size - len(head)), multipart=multipart)
        return Mail(number, kind, self._at, head + inner)


def _size(draw: float) -> int:
    """Bytes by quantile, log-linear between the measured ones."""
    for (low, small), (high, large) in pairwise(_SIZES):
        if draw <= high:
            return int(math.exp(math.log(small) + (draw - low) / (high - low) * math.log(large / small)))
    return _SIZES[-1][1]


@cache
def _single_part_left() -> float:
    """The share of multipart among the mails small enough to be of one part."""
    steps = 1_000
    small = sum(_size(step / steps) <= _LARGEST_SINGLE_PART for step in range(steps)) / steps
    return (_MULTIPART - (1 - small)) / small


def write_maildir(folder: Path, made: Iterable[Mail]) -> int:
    """Write mails as a server stores them: LF, sizes in the name, times of delivery; how many bytes."""
    for place in ("cur", "new", "tmp"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    total, cur = 0, os.fspath(folder / "cur")
    for mail in made:
        data = mail.data.replace(b"\r\n", b"\n")
        stamp = int(mail.at.timestamp())
        flags = "S" if mail.number % 8 else ""
        # Dovecot numbers files by the time in their names; S and W are the sizes with LF and CRLF.
        name = f"{cur}/{stamp}.M{mail.number:07}P1.bench,S={len(data)},W={len(data) + data.count(10)}:2,{flags}"
        with open(name, "wb") as file:  # noqa: PTH123 - 20,000 times
            file.write(data)
        os.utime(name, (stamp, stamp))
        total += len(data)
    return total
