"""Judging and linking: messages a second on one core, beside a CRM of 100,000 contacts and 20,000 open deals."""

from __future__ import annotations

import email
import email.policy
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from agent.decide import decide, direction_of
from agent.judging import JudgeContext, judge
from agent.page_records import PageRecords
from agent.parse import parse_message
from agent.rules import Rules
from benchmarks.mailbox import US, mails
from benchmarks.measure import Row
from crm_model.mail import MailboxRole, Message, RawMessage
from crm_model.organisation import Organisation
from crm_model.records import Record, RecordKind
from sync.store import crms, records
from sync.store.database import Store
from sync.store.schema import open_store

CONTACTS, DEALS = 100_000, 20_000
_PEOPLE_EACH = 3  # as many as the generated mail knows of each company
_LARGEST = 60_000
_PAGE = 200
_MARK = 1_000
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_WORDS = ("webshop", "nettside", "ERP", "label printer", "booking app", "intranet", "spare parts", "hosting")


def measure(count: int) -> list[Row]:
    """One row: our messages a CPU second over those whose headers and parts the standard library only parses."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            _fill(store)
            raws = [mail.data for mail in islice(mails(3, _LARGEST), count)]
            messages = [parse_message(RawMessage(str(n), data, len(data))) for n, data in enumerate(raws)]
            ours = count / _deciding(store, messages)
        finally:
            store.close()
    plain = count / _parsing(raws)
    what = f"judging and linking {count:,} mails, {CONTACTS:,} contacts, {DEALS:,} deals"
    yardstick = f"standard library's parser {plain:,.0f}/s"
    return [Row(what, f"{ours:,.0f}/s of one core", yardstick, f"{ours / plain:.2f}", f"≥ {_MARK:,}/s")]


def _deciding(store: Store, messages: list[Message]) -> float:
    """CPU seconds for all, page by page as the agent decides them."""
    organisation = Organisation(
        name="Nordlys", domains=frozenset({US[0].email.rpartition("@")[2]}), default_region="NO"
    )
    rules = Rules(organisation=organisation)
    started = time.process_time()
    for first in range(0, len(messages), _PAGE):
        page = messages[first : first + _PAGE]
        emails = {one.email for each in page for one in (each.from_, *each.recipients) if one and one.email}
        with store.write() as unit:
            known = PageRecords(unit, emails, range(first, first + len(page)), _NOW)
            for number, message in enumerate(page, first):
                sender = message.from_.email if message.from_ else ""
                direction = direction_of(message, MailboxRole.INBOX, organisation)
                context = JudgeContext(direction, bool(message.in_reply_to), bool(known.by_email(sender)))
                verdict = judge(message, organisation, context)
                decide(message, verdict, known.of_thread(number), rules, age=timedelta(days=1))
    return time.process_time() - started


def _parsing(raws: list[bytes]) -> float:
    started = time.process_time()
    for data in raws:
        email.message_from_bytes(data, policy=email.policy.compat32)
    return time.process_time() - started


def _fill(store: Store) -> None:
    accounts = CONTACTS // _PEOPLE_EACH + 1
    with store.write() as unit:
        crms.ensure(unit, "bench", "local")
        for page in _pages(_account(number) for number in range(accounts)):
            records.insert_remote(unit, "bench", page)
        for page in _pages(_contact(number) for number in range(CONTACTS)):
            records.insert_remote(unit, "bench", page)
        for page in _pages(_deal(number, accounts) for number in range(DEALS)):
            records.insert_remote(unit, "bench", page)


def _pages(made: Iterator[Record]) -> Iterator[list[Record]]:
    while page := list(islice(made, 1_000)):
        yield page


def _account(number: int) -> Record:
    fields = {"name": f"Firma {number} AS", "website": f"https://www.firma{number}.example"}
    return Record(RecordKind.ACCOUNT, f"A{number}", fields, "1", _NOW)


def _contact(number: int) -> Record:
    company = number // _PEOPLE_EACH
    fields = {
        "first_name": "Kari",
        "last_name": f"Nordmann {number}",
        "email": f"person{number}@firma{company}.example",
        "account_id": f"A{company}",
    }
    return Record(RecordKind.CONTACT, f"C{number}", fields, "1", _NOW)


def _deal(number: int, accounts: int) -> Record:
    chance = random.Random(number)
    fields = {
        "name": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {number}",
        "account_id": f"A{chance.randrange(accounts)}",
        "stage": "qualified",
    }
    return Record(RecordKind.OPPORTUNITY, f"O{number}", fields, "1", _NOW)
