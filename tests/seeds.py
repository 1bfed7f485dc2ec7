"""Synthetic conversations and records, put straight into the tables: fast, and the same for the same arguments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_model.records import RecordKind
from sync.store.database import Store, Unit, next_seq
from sync.store.record_facts import facts_of
from sync.store.tables import (
    crm_fields,
    crms,
    links,
    mail_accounts,
    message_texts,
    messages,
    record_emails,
    record_texts,
    records,
    thread_nodes,
    threads,
)

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
CRM = "local"
KINDS = ("contact", "lead", "account", "opportunity")
_BATCH = 5_000
_WORDS = tuple(
    first + second
    for first in ("pro", "con", "sal", "mar", "ten", "vol", "ber", "nor", "off", "plan", "ren", "tek")
    for second in ("ject", "tract", "es", "ket", "der", "ume", "gen", "wegian", "er", "ning", "ewal", "nisk", "ing")
)
_NAMES = ("Anna", "Bjørn", "Carla", "Dmitri", "Elena", "Fredrik", "Giulia", "Håkon", "Ingrid", "Jörg")
_FAMILY = ("Berg", "Öberg", "Rossi", "Ivanov", "Dahl", "Nilsen", "Conti", "Petrova", "Lund", "Weber")


def _spec(name: str, label: str, kind: str, **more: object) -> dict[str, object]:
    return {"name": name, "label": label, "type": kind, **more}


STAGES = [["new", "New"], ["qualified", "Qualified"], ["proposal", "Proposal sent"], ["won", "Won"], ["lost", "Lost"]]
_PERSON = [
    _spec("first_name", "First name", "text", max_length=60),
    _spec("last_name", "Last name", "text", required=True, max_length=60),
    _spec("email", "E-mail", "email"),
    _spec("phone", "Phone", "phone"),
]
SPECS: dict[str, list[dict[str, object]]] = {
    "lead": [
        *_PERSON,
        _spec("company", "Company", "text"),
        _spec("status", "Status", "picklist", options=[["new", "New"], ["open", "Open"], ["qualified", "Qualified"]]),
        _spec("description", "Description", "long_text"),
        _spec("owner_id", "Owner", "owner"),
    ],
    "contact": [
        *_PERSON,
        _spec("account_id", "Account", "reference", target="account"),
        _spec("owner_id", "Owner", "owner"),
    ],
    "account": [
        _spec("name", "Name", "text", required=True),
        _spec("website", "Website", "url"),
        _spec("owner_id", "Owner", "owner"),
    ],
    "opportunity": [
        _spec("name", "Name", "text", required=True),
        _spec("account_id", "Account", "reference", target="account"),
        _spec("stage", "Stage", "picklist", options=STAGES),
        _spec("probability", "Probability", "percent"),
        _spec("amount", "Amount", "money"),
        _spec("close_date", "Close date", "date"),
        _spec("created_at", "Created", "datetime", read_only=True),
        _spec("owner_id", "Owner", "owner"),
    ],
}
OWNERS = [{"id": "u1", "name": "Kari Nordmann", "email": "kari@us.example"}, {"id": "u2", "name": "Ola", "email": ""}]


def seed(store: Store, *, conversations: int = 60, mails_each: int = 2, people: int = 40, words: int = 40) -> None:
    """Fill an empty store. Every tenth conversation is noise, every fifth linked, every third unread."""
    with store.write() as unit:
        seq = next_seq(unit)
        unit.execute(mail_accounts.insert().values(name="work", kind="maildir", last_success_at=START))
        describe(unit)
        _insert(unit, records, _records(people, seq))
        _insert(unit, record_texts, _record_texts(people))
        _insert(unit, record_emails, _record_emails(people))
        _insert(unit, threads, (_thread(n, mails_each, seq) for n in range(1, conversations + 1)))
        _insert(unit, messages, _messages(conversations, mails_each))
        _insert(unit, message_texts, _texts(conversations, mails_each, words))
        _insert(unit, thread_nodes, _nodes(conversations, mails_each))
        _insert(unit, links, _links(conversations, mails_each, people))
        if not store.is_sqlite:
            _advance_sequences(unit)


def describe(unit: Unit) -> None:
    """One CRM whose fields are known."""
    unit.execute(crms.insert().values(name=CRM, backend="local", last_success_at=START, confirmed_at=START))
    rows = [{"crm": CRM, "kind": kind, "specs": specs, "owners": OWNERS} for kind, specs in SPECS.items()]
    unit.execute(crm_fields.insert(), rows)


def person(number: int) -> str:
    """The name of record `number` if it is a contact or lead."""
    return f"{_NAMES[number % 10]} {_FAMILY[number // 10 % 10]}{number}"


def _insert(unit: Unit, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            unit.execute(table.insert(), batch)
            batch = []
    if batch:
        unit.execute(table.insert(), batch)


def _advance_sequences(unit: Unit) -> None:
    for name in ("threads", "messages", "records"):
        unit.exec_driver_sql(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")


def _fields(number: int) -> dict[str, Any]:
    kind = KINDS[number % 4]
    if kind == "account":
        return {"name": f"Acme {number} AS", "website": f"https://acme{number}.example", "owner_id": "u1"}
    if kind == "opportunity":
        account = f"r{number - 1}"  # the account just before
        return {"name": f"Deal {number}", "account_id": account, "stage": "new", "amount": "1000.00", "owner_id": "u1"}
    first, _, last = person(number).partition(" ")
    fields = {"first_name": first, "last_name": last, "email": f"p{number}@acme{number}.example", "owner_id": "u1"}
    return {**fields, "company": f"Acme {number}"} if kind == "lead" else {**fields, "account_id": f"r{number + 2}"}


def _title(number: int) -> str:
    fields = _fields(number)
    return str(fields["name"]) if "name" in fields else person(number)


def _records(count: int, seq: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        fields = _fields(number)
        yield {
            "id": number,
            "crm": CRM,
            "kind": KINDS[number % 4],
            "remote_id": f"r{number}",
            "fields": fields,
            "base": fields,
            "revision": "1",
            "title": _title(number),
            "state": "live",
            "modified_at": START + timedelta(minutes=number),
            "modified_by": "Kari",
            "account_ref": fields.get("account_id", ""),
            "stage": fields.get("stage", ""),
            "owner_ref": fields["owner_id"],
            **facts_of(RecordKind(KINDS[number % 4]), fields),
            "seq": seq,
        }


def _record_texts(count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        words = " ".join(str(value) for value in _fields(number).values())
        yield {"record_id": number, "words": f"{_title(number)} {words}"}


def _record_emails(count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        email = _fields(number).get("email")
        if email:
            yield {"email": email, "record_id": number}


def _thread(number: int, mails_each: int, seq: int) -> dict[str, Any]:
    noise, linked = number % 10 == 0, number % 5 == 1
    return {
        "id": number,
        "family_id": number,
        "subject": _subject(number),
        "people": person(number),
        "snippet": "Hello, about the offer",
        "last_at": START + timedelta(minutes=10 * number + mails_each - 1),
        "message_count": mails_each,
        "unread_count": 1 if number % 3 == 0 else 0,
        "attachment_count": 0,
        "last_direction": "incoming" if mails_each % 2 else "outgoing",
        "linked": linked,
        "noise": noise,
        "seq": seq,
    }


def _subject(number: int) -> str:
    return f"{_WORDS[number % len(_WORDS)]} {_WORDS[number * 7 % len(_WORDS)]} {number}"


def _messages(conversations: int, mails_each: int) -> Iterator[dict[str, Any]]:
    for thread in range(1, conversations + 1):
        for place in range(mails_each):
            yield _message(thread, place, mails_each)


def _message(thread: int, place: int, mails_each: int) -> dict[str, Any]:
    number = (thread - 1) * mails_each + place + 1
    at = START + timedelta(minutes=10 * thread + place)
    incoming = place % 2 == 0
    them, us = [person(thread), f"p{thread}@acme{thread}.example"], ["Kari", "kari@us.example"]
    parties = {"parties": [them[1]]}
    sender, receiver = (them, us) if incoming else (us, them)
    return {
        "id": number,
        "key": f"k{number}",
        "thread_id": thread,
        "node": f"m{number}@seed.example",
        "thread_facts": {"chain": [f"m{number - 1}@seed.example"], **parties} if place else parties,
        "message_id": f"m{number}@seed.example",
        "subject": _subject(thread) if place == 0 else f"Re: {_subject(thread)}",
        "from_name": sender[0],
        "from_email": sender[1],
        "recipients": [["to", *receiver]],
        "sent_at": at,
        "received_at": at,
        "size": 2_000,
        "direction": "incoming" if incoming else "outgoing",
        "unread": place == mails_each - 1 and thread % 3 == 0,
        "attachments": [],
        "verdict": "newsletter" if thread % 10 == 0 else "enquiry",
        "probability": 0.9,
        "outcome": "ignored" if thread % 10 == 0 else "linked" if thread % 5 == 1 else "held",
        "rule": "seed",
        "reasons": [["seed", "made for a test"]],
    }


def _texts(conversations: int, mails_each: int, words: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    for number in range(1, conversations * mails_each + 1):
        thread, place = (number - 1) // mails_each + 1, (number - 1) % mails_each
        them, us = f"{person(thread)} p{thread}@acme{thread}.example", "Kari kari@us.example"
        body = " ".join(_WORDS[int(len(_WORDS) * chance.random() ** 2)] for _ in range(words))
        yield {
            "message_id": number,
            "subject": _subject(thread),
            "sender": us if place % 2 else them,
            "people": them if place % 2 else us,
            "body": f"Hello about w{number} {body}",
        }


def _nodes(conversations: int, mails_each: int) -> Iterator[dict[str, Any]]:
    for number in range(1, conversations * mails_each + 1):
        yield {"node": f"m{number}@seed.example", "family_id": (number - 1) // mails_each + 1}


def _links(conversations: int, mails_each: int, people: int) -> Iterator[dict[str, Any]]:
    for thread in range(1, conversations + 1):
        if thread % 5 == 1:
            yield {
                "thread_id": thread,
                "record_id": (thread - 1) % people + 1,
                "message_id": (thread - 1) * mails_each + 1,
                "rule": "address",
                "evidence": f"p{thread}@acme{thread}.example",
                "odds": 0.97,
                "author": "agent",
                "created_at": START,
            }
