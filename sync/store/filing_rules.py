"""Filing rules as people keep them, and the mail that one would have meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.links import FilingRule
from crm_model.mail import Direction
from sync.store.database import Unit
from sync.store.tables import filing_rules, links, message_texts, messages, records
from sync.views import FilingRuleRow

_F, _M = filing_rules.c, messages.c
_BODY = 6_000  # characters that are searched for a rule's words, as in linking


@dataclass(frozen=True, slots=True)
class PastMail:
    """A message from a rule's sender; `text` is its subject and the beginning of its body."""

    message_id: int
    thread_id: int
    subject: str
    text: str


def active(unit: Unit) -> tuple[FilingRule, ...]:
    """Every rule whose record can still take mail."""
    query = sa.select(filing_rules).outerjoin(records, records.c.id == _F.record_id)
    usable = sa.or_(_F.record_id.is_(None), records.c.state == "live")
    return tuple(_rule(row) for row in unit.execute(query.where(usable).order_by(_F.id)))


def listed(unit: Unit) -> tuple[FilingRuleRow, ...]:
    """Every rule with its record's title, oldest first."""
    query = sa.select(filing_rules, records.c.title, records.c.state).outerjoin(records, records.c.id == _F.record_id)
    return tuple(
        FilingRuleRow(_rule(row), row.title or "", row.author, row.created_at, broken=row.state not in (None, "live"))
        for row in unit.execute(query.order_by(_F.id))
    )


def get(unit: Unit, rule_id: int) -> FilingRule | None:
    row = unit.execute(sa.select(filing_rules).where(_F.id == rule_id)).one_or_none()
    return None if row is None else _rule(row)


def add(unit: Unit, rule: FilingRule, author: str, now: datetime) -> int:
    """Keep a rule; its id. One that is kept already keeps its id."""
    same = sa.select(filing_rules).where(_F.sender == rule.sender, _F.record_id.is_not_distinct_from(rule.record_id))
    for row in unit.execute(same):
        if _rule(row).words == rule.words:
            return int(row.id)
    values = {"sender": rule.sender, "words": list(rule.words), "record_id": rule.record_id}
    statement = filing_rules.insert().values(**values, author=author, created_at=now)
    return int(unit.execute(statement.returning(_F.id)).scalar_one())


def change(unit: Unit, rule: FilingRule) -> None:
    """Replace what a kept rule says."""
    values = {"sender": rule.sender, "words": list(rule.words), "record_id": rule.record_id}
    unit.execute(filing_rules.update().where(_F.id == rule.id).values(**values))


def remove(unit: Unit, rule_id: int) -> None:
    unit.execute(filing_rules.delete().where(_F.id == rule_id))


def put_back(unit: Unit, row: dict[str, Any], author: str, now: datetime) -> None:
    """A removed rule again, under its old id."""
    unit.execute(filing_rules.insert().values(**row, author=author, created_at=now))


def as_row(rule: FilingRule) -> dict[str, Any]:
    """Plain JSON that `put_back` and `from_row` read."""
    return {"id": rule.id, "sender": rule.sender, "words": list(rule.words), "record_id": rule.record_id}


def from_row(row: dict[str, Any]) -> FilingRule:
    return FilingRule(row["sender"], tuple(row["words"]), row["record_id"], row["id"])


def past_mail(unit: Unit, sender: str, since: datetime) -> Iterator[PastMail]:
    """Incoming mail from an address or @domain since then, newest first."""
    held, texts = _M, message_texts.c
    from_sender = held.from_email == sender if not sender.startswith("@") else _under(sender)
    query = (
        sa.select(held.id, held.thread_id, held.subject, sa.func.substr(texts.body, 1, _BODY).label("body"))
        .outerjoin(message_texts, texts.message_id == held.id)
        .where(from_sender, held.received_at >= since, held.direction == Direction.INCOMING.value)
        .order_by(held.received_at.desc())
    )
    for row in unit.execute(query):
        yield PastMail(row.id, row.thread_id, row.subject, f"{row.subject}\n{row.body or ''}")


def linked_threads(unit: Unit, thread_ids: list[int], record_id: int | None) -> tuple[set[int], set[int]]:
    """Which of these threads hang on the record, and which were taken off it."""
    if record_id is None:
        return set(), set()
    here = sa.select(links.c.thread_id, links.c.removed_at).where(links.c.record_id == record_id)
    rows = unit.execute(here.where(links.c.thread_id.in_(thread_ids))).all() if thread_ids else []
    return {row.thread_id for row in rows if row.removed_at is None}, {row.thread_id for row in rows if row.removed_at}


def _under(domain: str) -> sa.ColumnElement[bool]:
    escaped = domain[1:].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(_M.from_email.like(f"%@{escaped}", escape="\\"), _M.from_email.like(f"%@%.{escaped}", escape="\\"))


def _rule(row: Any) -> FilingRule:
    return FilingRule(row.sender, tuple(row.words), row.record_id, row.id)
