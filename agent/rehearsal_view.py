"""Records and conversations in memory, for rehearsals: the same questions as the database answers."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.decide import Decided
from agent.linking.view import LinkView
from crm_model.errors import ConfigError
from crm_model.mail import Direction, Message, Outcome
from crm_model.organisation import Organisation
from crm_model.records import FieldValue, KnownRecord, RecordKind
from sync.thread_facts import thread_facts
from sync.threads import ThreadFacts, UnionFind, partition

_KINDS = {
    "accounts": RecordKind.ACCOUNT,
    "contacts": RecordKind.CONTACT,
    "leads": RecordKind.LEAD,
    "opportunities": RecordKind.OPPORTUNITY,
}
_CLOSED = ("closed_won", "closed_lost")


class MemoryRecords:
    """The records of a JSON file, indexed as the database indexes them. `external` maps our ids to the file's."""

    def __init__(self) -> None:
        self.by_id: dict[int, KnownRecord] = {}
        self.external: dict[int, str] = {}
        self.by_email: dict[str, list[KnownRecord]] = defaultdict(list)
        self.by_domain: dict[str, list[KnownRecord]] = defaultdict(list)
        self.deals: dict[int, list[KnownRecord]] = defaultdict(list)
        self.roles: dict[int, list[KnownRecord]] = defaultdict(list)
        self.children: dict[int, list[int]] = defaultdict(list)

    @classmethod
    def read(cls, path: Path) -> MemoryRecords:
        """The records of a file. Errors: ConfigError that names the file."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            records = cls()
            records._fill(data)
        except OSError as problem:
            raise ConfigError(f"The file can't be read ({problem.strerror}).", file=path) from problem
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise ConfigError("The file does not hold records as docs/judgement.md describes.", file=path) from problem
        return records

    def _fill(self, data: dict[str, Any]) -> None:
        rows = [(kind, row) for name, kind in _KINDS.items() for row in data.get(name) or ()]
        ids = {str(row["id"]): number for number, (_, row) in enumerate(rows, 1)}
        for kind, row in rows:
            self._add(kind, row, ids)
        for kind, row in rows:
            parent = ids.get(str(row.get("parent_id")))
            if kind is RecordKind.ACCOUNT and parent is not None:
                self.children[parent].append(ids[str(row["id"])])

    def _add(self, kind: RecordKind, row: dict[str, Any], ids: dict[str, int]) -> None:
        number = ids[str(row["id"])]
        title = str(row.get("name") or f"{row.get('first_name') or ''} {row.get('last_name') or ''}".strip())
        fields: dict[str, FieldValue] = {
            key: value for key, value in row.items() if isinstance(value, str) and key not in ("id", "type", "created")
        }
        converted = ids.get(str(row.get("converted_contact_id")))
        is_open = (
            row.get("stage") not in _CLOSED
            if kind is RecordKind.OPPORTUNITY
            else row.get("status") in (None, "open", "active")
        )
        record = KnownRecord(
            number, "rehearsal", kind, title, fields, ids.get(str(row.get("account_id"))), is_open, converted
        )
        self.by_id[number] = record
        self.external[number] = str(row["id"])
        for email in row.get("emails") or ():
            self.by_email[str(email).lower()].append(record)
        if kind is RecordKind.ACCOUNT:
            for domain in row.get("domains") or ():
                self.by_domain[str(domain).lower()].append(record)
        if kind is RecordKind.OPPORTUNITY and is_open:
            if record.account_id is not None:
                self.deals[record.account_id].append(record)
            for person in row.get("contact_ids") or ():
                self.roles[ids[str(person)]].append(record)


@dataclass(slots=True)
class Conversation:
    """What was decided on one thread so far."""

    links: list[int] = field(default_factory=list)
    asked: bool = False
    deals_asked: set[int] = field(default_factory=set)
    ours: bool = False


class Conversations:
    """Threads over the messages seen so far, by the law that the database uses."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._sets = UnionFind()
        self._facts: dict[str, list[ThreadFacts]] = {}
        self._threads: dict[str, str] = {}
        self._states: dict[str, Conversation] = {}
        self.wanted: set[str] = set()

    def place(self, message: Message, at: datetime) -> str:
        """The name of the message's thread: the key of the earliest message seen in it."""
        facts = thread_facts(message, at, self._organisation)
        before = {self._sets.find(node) for node in facts.nodes}
        for node in facts.nodes:
            self._sets.union(facts.node, node)
        family = [fact for root in before for fact in self._facts.pop(root, [])]
        family.append(facts)
        self._facts[self._sets.find(facts.node)] = family
        mine = next(thread for thread in partition(family) if facts in thread)
        known = [self._threads[fact.key] for fact in mine if fact.key in self._threads]
        name = known[0] if known else message.key
        self._threads[facts.key] = name
        return name

    def state(self, thread: str) -> Conversation:
        """What was decided on a thread."""
        return self._states.setdefault(thread, Conversation())

    def answers_us(self, thread: str, message: Message) -> bool:
        """Whether one of us has written in the thread before and this message answers something."""
        return self.state(thread).ours and bool(message.in_reply_to or message.references)

    def remember(self, thread: str, decided: Decided, direction: Direction) -> None:
        """Keep what was decided, as the database would."""
        state = self.state(thread)
        state.links += [item.record_id for item in decided.links if item.record_id not in state.links]
        if decided.outcome == Outcome.SUGGESTED:
            state.asked = True
        if decided.links:
            state.deals_asked.update(item.record_id for item in decided.ask)
        if decided.suggest_lead:
            self.wanted.add(str(decided.suggest_lead.get("email") or ""))
        state.ours = state.ours or direction != Direction.INCOMING


class MemoryView(LinkView):
    """The records as seen from one conversation."""

    def __init__(self, records: MemoryRecords, conversations: Conversations, thread: str) -> None:
        self._records = records
        self._conversations = conversations
        self._thread = thread

    def records_by_email(self, email: str) -> tuple[KnownRecord, ...]:
        return tuple(self._records.by_email.get(email, ()))

    def accounts_by_domain(self, domain: str) -> tuple[KnownRecord, ...]:
        return tuple(self._records.by_domain.get(domain, ()))

    def record(self, record_id: int) -> KnownRecord | None:
        return self._records.by_id.get(record_id)

    def open_opportunities(self, account_id: int) -> tuple[KnownRecord, ...]:
        return tuple(self._records.deals.get(account_id, ()))

    def thread_links(self) -> tuple[int, ...]:
        return tuple(self._conversations.state(self._thread).links)

    def refused_links(self) -> frozenset[int]:
        return frozenset()

    def open_suggestion(self) -> bool:
        return self._conversations.state(self._thread).asked

    def deals_asked(self) -> frozenset[int]:
        return frozenset(self._conversations.state(self._thread).deals_asked)

    def lead_wanted_for(self, email: str) -> bool:
        return email in self._conversations.wanted

    def opportunities_of_person(self, record_id: int) -> tuple[KnownRecord, ...]:
        return tuple(self._records.roles.get(record_id, ()))

    def child_accounts(self, account_id: int) -> tuple[int, ...]:
        return tuple(self._records.children.get(account_id, ()))
