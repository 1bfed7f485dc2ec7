"""The rows of a busy desk: companies with their people, deals and leads, and years of talk with them.

Values are as the databases take them: times in milliseconds, JSON as text. Everything hangs on numbers, so that two
desks of one size are the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from benchmarks.mail_words import sentence
from crm_model.records import Fields, RecordKind
from sync.store.record_facts import facts_of
from tests import seeds

PEOPLE_EACH = 3
"""People of a company: as `benchmarks.mailbox` has them, so that mail which comes is from somebody known."""

LEADS = 2_000
OUR_MAIL = 2_000
TASKS = 3_000
_OPEN_TASKS = 40
_MINUTES_BETWEEN = 12
_PARAGRAPHS = 400
_NAMES = ("Anna", "Bjørn", "Carla", "Dmitri", "Elena", "Frédéric", "Giulia", "Håkon", "Ingrid", "Jörg", "Zofia")
_FAMILY = ("Berg", "Öberg", "Rossi", "Ivanov", "Dahl", "Nilsen", "Conti", "Petrova", "Lund", "Weber", "Wójcik")
_STAGES = ("new", "new", "qualified", "proposal", "won")
_US = ("Kari Nordmann", "kari@nordlys.example")

Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; `now` is when the newest mail came."""

    mails: int
    conversations: int
    contacts: int
    deals: int
    now: datetime = datetime(2026, 11, 30, 12, tzinfo=UTC)

    @property
    def accounts(self) -> int:
        return -(-self.contacts // PEOPLE_EACH)

    @property
    def records(self) -> int:
        return self.contacts + self.accounts + self.deals + LEADS

    def first_mail(self, thread: int) -> int:
        """The number of a conversation's first mail; the mails are shared out evenly."""
        return (thread - 1) * self.mails // self.conversations + 1

    def last_mail(self, thread: int) -> int:
        return thread * self.mails // self.conversations

    def contact(self, thread: int) -> int:
        """The contact whom a conversation is with."""
        return thread * 7 % self.contacts + 1

    def deal(self, contact: int) -> int:
        """The record of the deal that a contact's company has, 0 for none."""
        number = (contact - 1) // PEOPLE_EACH + 1
        return self.contacts + self.accounts + number if number <= self.deals else 0


def name_of(contact: int) -> str:
    return f"{_NAMES[contact % 11]} {_FAMILY[contact // 11 % 11]}"


def email_of(contact: int) -> str:
    return f"person{contact}@firma{contact // PEOPLE_EACH}.example"


def subject_of(thread: int) -> str:
    """Never the same twice."""
    return f"{_paragraph(thread)[:24].rpartition(' ')[0]} {thread}"


def linked(thread: int) -> bool:
    return thread % 5 < 2


def noise(thread: int) -> bool:
    return thread % 10 == 9


def suggested(thread: int) -> bool:
    return thread % 50 == 3


def incoming(thread: int, place: int) -> bool:
    """Whether a mail is theirs; every other conversation ends with one of ours."""
    return (place + thread) % 2 == 0 or noise(thread)


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def at_of(size: Size, thread: int, mail: int) -> int:
    """When a mail came: conversations one after the other, the mails of one a minute apart."""
    last = size.now - timedelta(minutes=_MINUTES_BETWEEN * (size.conversations - thread))
    return milliseconds(last) - 60_000 * (size.last_mail(thread) - mail)


@cache
def _paragraphs() -> tuple[str, ...]:
    chance = random.Random(11)
    return tuple(sentence("en", chance, 8 + number % 30) for number in range(_PARAGRAPHS))


def _paragraph(number: int) -> str:
    return _paragraphs()[number * 31 % _PARAGRAPHS]


def body_of(mail: int, place: int) -> str:
    """A letter; an answer quotes what was said before."""
    said = f"Hello w{mail},\n\n{_paragraph(mail)}.\n\n{_paragraph(mail + 7)}.\n"
    if place == 0:
        return f"{said}\nKind regards"
    quoted = "".join(f"> {_paragraph(mail - 1 + line)}\n" for line in (0, 7))
    return f"{said}\nKind regards\n\nOn Tue, 3 Nov 2026 at 09:12 somebody wrote:\n{quoted}"


# --- records ---------------------------------------------------------------------------------------------------


def _held(size: Size) -> Iterator[tuple[int, RecordKind, str, Fields]]:
    """Id, kind, title and fields of every record; contacts first, so that a contact's number is its id."""
    for number in range(1, size.contacts + 1):
        first, _, last = name_of(number).partition(" ")
        account = f"r{size.contacts + number // PEOPLE_EACH + 1}"
        person = {"first_name": first, "last_name": last, "email": email_of(number), "phone": f"+47 22{number:06}"}
        yield number, RecordKind.CONTACT, name_of(number), {**person, "account_id": account, "owner_id": "u1"}
    for number in range(size.accounts):
        name = f"Firma {number} AS"
        yield (
            size.contacts + number + 1,
            RecordKind.ACCOUNT,
            name,
            {"name": name, "website": f"https://firma{number}.example", "owner_id": "u1"},
        )
    for number in range(size.deals):
        yield size.contacts + size.accounts + number + 1, RecordKind.OPPORTUNITY, *_deal(size, number)
    for number in range(LEADS):
        yield size.records - LEADS + number + 1, RecordKind.LEAD, *_lead(size, number)


def _deal(size: Size, number: int) -> tuple[str, Fields]:
    name = f"Pumps {number} for Firma {number}"
    closes = size.now + timedelta(days=number % 200 - 60)
    stage, owner = _STAGES[number % len(_STAGES)], f"u{number % 2 + 1}"
    named: Fields = {"name": name, "account_id": f"r{size.contacts + number + 1}", "stage": stage, "owner_id": owner}
    amount = {"amount": f"{number % 90 + 10}000.00", "currency": ("NOK", "EUR")[number % 7 == 0]}
    return name, {**named, **amount, "probability": number % 10 * 10, "close_date": closes.date().isoformat()}


def _lead(size: Size, number: int) -> tuple[str, Fields]:
    first, last = _NAMES[number % 11], f"{_FAMILY[number % 7]}{number}"
    touch = size.now + timedelta(days=number % 400 + 1)
    fields: Fields = {
        "first_name": first,
        "last_name": last,
        "email": f"lead{number}@stranger{number}.example",
        "company": f"Stranger {number} AS",
        "status": "new",
        "owner_id": "u1",
        "next_contact_on": touch.date().isoformat(),
    }
    return f"{first} {last}", fields


def records(size: Size) -> Rows:
    for number, kind, title, fields in _held(size):
        held = json.dumps(fields)
        yield {
            "id": number,
            "crm": seeds.CRM,
            "kind": kind.value,
            "remote_id": f"r{number}",
            "fields": held,
            "base": held,
            "revision": "1",
            "title": title,
            "state": "live",
            "modified_at": milliseconds(size.now) - 60_000 * number,
            "modified_by": "Kari",
            "account_ref": str(fields.get("account_id", "")),
            "stage": str(fields.get("stage", fields.get("status", ""))),
            "owner_ref": str(fields["owner_id"]),
            "activities_at": milliseconds(size.now),
            **facts_of(kind, fields),
            "seq": 1,
        }


def record_texts(size: Size) -> Rows:
    for number, _, title, fields in _held(size):
        words = [str(fields[name]) for name in ("email", "company", "phone") if name in fields]
        yield {"record_id": number, "words": " ".join((title, *words))}


def record_emails(size: Size) -> Rows:
    for number, _, _, fields in _held(size):
        if "email" in fields:
            yield {"email": fields["email"], "record_id": number}


def record_domains(size: Size) -> Rows:
    for number in range(size.accounts):
        yield {"domain": f"firma{number}.example", "record_id": size.contacts + number + 1}


def activities(size: Size) -> Rows:
    """Tasks of the deals, a few of them open, and notes of calls."""
    for number in range(TASKS):
        task, is_open = number % 3 == 0, number < 3 * _OPEN_TASKS
        at = milliseconds(size.now - timedelta(hours=number))
        yield {
            "crm": seeds.CRM,
            "remote_id": f"a{number}",
            "key": f"a{number}",
            "kind": "task" if task else "call",
            "record_id": size.deal(1) + number * 5 % size.deals,
            "subject": _paragraph(number)[:60],
            "body": _paragraph(number),
            "author": _US[0],
            "at": at,
            "due_at": at if task else None,
            "done": not is_open,
        }


# --- mail ------------------------------------------------------------------------------------------------------


def threads(size: Size) -> Rows:
    for thread in range(1, size.conversations + 1):
        first, last = size.first_mail(thread), size.last_mail(thread)
        yield {
            "id": thread,
            "family_id": thread,
            "subject": subject_of(thread),
            "people": name_of(size.contact(thread)),
            "snippet": _paragraph(last)[:120],
            "last_at": at_of(size, thread, last),
            "message_count": last - first + 1,
            "unread_count": int(_unread(size, thread)),
            "attachment_count": int(thread % 9 == 0),
            "last_direction": "incoming" if incoming(thread, last - first) else "outgoing",
            "linked": linked(thread),
            "suggested": suggested(thread),
            "noise": noise(thread),
            "archived_at": at_of(size, thread, last) if thread % 4 == 1 and thread < size.conversations // 2 else None,
            "seq": 1,
        }


def _unread(size: Size, thread: int) -> bool:
    return thread > size.conversations - 600 and incoming(thread, size.last_mail(thread) - size.first_mail(thread))


def _mails(size: Size) -> Iterator[tuple[int, int, int]]:
    """The conversation, the number and the place of every mail."""
    for thread in range(1, size.conversations + 1):
        first = size.first_mail(thread)
        for mail in range(first, size.last_mail(thread) + 1):
            yield thread, mail, mail - first


def messages(size: Size) -> Rows:
    reasons = json.dumps([["enquiry_words", "asks for an offer"]])
    files = json.dumps([["drawing.pdf", "application/pdf", 48_000, "2"]])
    for thread, mail, place in _mails(size):
        contact, theirs = size.contact(thread), incoming(thread, place)
        them = (name_of(contact), email_of(contact))
        sender, receiver = (them, _US) if theirs else (_US, them)
        chain = {"chain": [f"m{mail - 1}@seed.example"]} if place else {}
        at = at_of(size, thread, mail)
        yield {
            "id": mail,
            "key": f"k{mail}",
            "thread_id": thread,
            "node": f"m{mail}@seed.example",
            "thread_facts": json.dumps({**chain, "parties": [them[1]]}),
            "message_id": f"m{mail}@seed.example",
            "subject": f"{'Re: ' if place else ''}{subject_of(thread)}",
            "from_name": sender[0],
            "from_email": sender[1],
            "recipients": json.dumps([["to", *receiver]]),
            "sent_at": at,
            "received_at": at,
            "size": 4_000,
            "direction": "incoming" if theirs else "outgoing",
            "unread": theirs and mail == size.last_mail(thread) and _unread(size, thread),
            "attachments": files if place == 0 and thread % 9 == 0 else "[]",
            "verdict": "newsletter" if noise(thread) else "enquiry",
            "probability": 0.9,
            "outcome": "ignored" if noise(thread) else "linked" if linked(thread) else "held",
            "rule": "seed",
            "reasons": reasons,
        }


def message_texts(size: Size) -> Rows:
    for thread, mail, place in _mails(size):
        contact = size.contact(thread)
        them, us = f"{name_of(contact)} {email_of(contact)}", " ".join(_US)
        theirs = incoming(thread, place)
        yield {
            "message_id": mail,
            "subject": subject_of(thread),
            "sender": them if theirs else us,
            "people": us if theirs else them,
            "body": body_of(mail, place),
        }


def thread_nodes(size: Size) -> Rows:
    for thread, mail, _ in _mails(size):
        yield {"node": f"m{mail}@seed.example", "family_id": thread}


def links(size: Size) -> Rows:
    """Two fifths of the conversations hang on their contact, and on its company's deal if there is one."""
    for thread in range(1, size.conversations + 1):
        contact = size.contact(thread)
        for record in filter(None, (contact, size.deal(contact)) if linked(thread) else ()):
            yield {
                "thread_id": thread,
                "record_id": record,
                "message_id": size.first_mail(thread),
                "rule": "address",
                "evidence": email_of(contact),
                "odds": 0.97,
                "author": "agent",
                "created_at": at_of(size, thread, size.first_mail(thread)),
            }


def suggestions(size: Size) -> Rows:
    for thread in filter(suggested, range(1, size.conversations + 1)):
        contact = size.contact(thread)
        first, _, last = name_of(contact).partition(" ")
        fields = {"first_name": first, "last_name": last, "email": f"new.{email_of(contact)}"}
        yield {
            "thread_id": thread,
            "message_id": size.first_mail(thread),
            "kind": "create_lead",
            "email": fields["email"],
            "fields": json.dumps(fields),
            "candidates": json.dumps([[contact, 0.4, "name", "the same name"]]),
            "odds": 0.8,
            "reasons": json.dumps([["enquiry_words", "asks for an offer"]]),
            "state": "open",
            "created_at": at_of(size, thread, size.first_mail(thread)),
        }


def outgoing(size: Size) -> Rows:
    """Mail of ours that left."""
    for number in range(1, min(OUR_MAIL, size.conversations) + 1):
        thread = size.conversations - number + 1
        at = at_of(size, thread, size.last_mail(thread))
        to = email_of(size.contact(thread))
        draft = {"account": "work", "kind": "new", "to": to, "subject": subject_of(thread), "text": _paragraph(number)}
        yield {
            "node": f"out{number}@nordlys.example",
            "account": "work",
            "state": "sent",
            "message_id": size.last_mail(thread),
            "draft": json.dumps(draft),
            "recipients": json.dumps([[to, "sent", ""]]),
            "sent_at": at,
            "created_at": at,
            "author": _US[0],
            "seq": 1,
        }
