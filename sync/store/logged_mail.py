"""Which mails are logged as activities on which records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_model.links import VerdictKind
from crm_model.mail import Outcome
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import activities, message_texts, messages, outgoing, records

_M = messages.c
_UNREADABLE = (Outcome.QUARANTINED.value, Outcome.FAILED.value)
_MACHINES = (VerdictKind.AUTO_REPLY.value, VerdictKind.BOUNCE.value)

_UNSENT = sa.exists().where(outgoing.c.message_id == _M.id, outgoing.c.sent_at.is_(None))


@dataclass(frozen=True, slots=True)
class LoggableMail:
    """A mail as it is logged. `id` is its row's, `message_id` its Message-ID or what stands for one."""

    id: int
    key: str
    message_id: str
    subject: str
    sender: str
    direction: str
    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class LoggedMail:
    """An activity that stands for a mail on a record; `removed` if it was taken back."""

    activity_id: int
    key: str
    removed: bool


def key_of(mail_key: str, record_id: int) -> str:
    """The activity key of a mail on a record."""
    return f"mail:{mail_key}:{record_id}"


def messages_of(unit: Unit, thread_id: int) -> list[int]:
    """The row ids of a thread's messages."""
    return list(unit.execute(sa.select(_M.id).where(_M.thread_id == thread_id).order_by(_M.id)).scalars())


def loggable(unit: Unit, message_ids: Collection[int], *, with_text: bool) -> list[LoggableMail]:
    """Those of these mails that people wrote and that could be read, oldest first; none of ours before it is sent."""
    found: list[LoggableMail] = []
    body = message_texts.c.body if with_text else sa.literal("")
    for some in batches(message_ids):
        rows = unit.execute(
            sa.select(messages, body.label("body"))
            .outerjoin(message_texts, message_texts.c.message_id == _M.id)
            .where(_M.id.in_(some), _M.outcome.not_in(_UNREADABLE), _M.verdict.not_in(_MACHINES), ~_UNSENT)
        )
        found += [
            LoggableMail(
                id=row.id,
                key=row.key,
                message_id=row.message_id or row.node,
                subject=row.subject,
                sender=row.from_name or row.from_email,
                direction=row.direction,
                at=row.sent_at or row.received_at,
                body=row.body or "",
            )
            for row in rows
        ]
    return sorted(found, key=lambda mail: (mail.at, mail.id))


def logged(unit: Unit, keys: Collection[str]) -> dict[str, LoggedMail]:
    """The activities with these keys, by key."""
    a, found = activities.c, {}
    for some in batches(keys):
        rows = unit.execute(sa.select(a.id, a.key, a.removed_at).where(a.key.in_(some)))
        found.update({key: LoggedMail(activity_id, key, removed is not None) for activity_id, key, removed in rows})
    return found


def logged_of_thread(unit: Unit, thread_id: int, record_id: int) -> list[LoggedMail]:
    """The activities of a thread's mails on a record that stand."""
    keys = unit.execute(sa.select(_M.key).where(_M.thread_id == thread_id)).scalars()
    found = logged(unit, [key_of(key, record_id) for key in keys])
    return [each for each in found.values() if not each.removed]


def is_shared(unit: Unit, activity_id: int) -> bool:
    """Whether the CRM's activity behind this one stands on another of our records as well."""
    this, other = activities.alias(), activities.alias()
    same = sa.and_(this.c.crm == other.c.crm, this.c.remote_id == other.c.remote_id, this.c.id != other.c.id)
    found = sa.select(other.c.id).join(this, same).where(this.c.id == activity_id, other.c.removed_at.is_(None))
    return unit.execute(found.limit(1)).first() is not None


def crms_of(unit: Unit, record_ids: Collection[int]) -> dict[int, str]:
    """The CRM of each of these records that is not deleted."""
    r, found = records.c, dict[int, str]()
    for some in batches(record_ids):
        rows = unit.execute(sa.select(r.id, r.crm).where(r.id.in_(some), r.state != "deleted"))
        found.update((record_id, crm) for record_id, crm in rows)
    return found
