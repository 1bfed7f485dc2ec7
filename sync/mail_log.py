"""Mails of linked conversations, logged as activities on their records through the outbox, each once."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from crm_model.changes import ChangeKind
from crm_model.records import Activity, ActivityKind
from sync.store import activities, logged_mail, outbox, preferences
from sync.store.activities import NewMail
from sync.store.compensation import forget_change
from sync.store.database import Store, Unit
from sync.store.logged_mail import LoggableMail

OFF, HEADERS, TEXT = "off", "headers", "text"
_PREFERENCE = "log_mail"
_LONGEST_BODY = 32_000  # characters; vendors refuse or cut longer descriptions


def set_policy(store: Store, log_mail: str) -> None:
    """Tell every process what of a mail may leave for the CRM: off, headers or text.

    Whoever reads the settings says it at its start: edits are also made where there are none.
    """
    with store.read() as unit:
        if policy(unit) == log_mail:
            return
    with store.write() as unit:
        preferences.put(unit, _PREFERENCE, log_mail)


def policy(unit: Unit) -> str:
    """What may leave; nothing while nobody has said."""
    return preferences.get(unit, _PREFERENCE, OFF)


def log_thread(unit: Unit, thread_id: int, record_id: int, now: datetime, *, with_text: bool) -> list[int]:
    """Log every mail of a thread on a record it is linked to; the ids of the new activities."""
    mails = logged_mail.messages_of(unit, thread_id)
    return log_messages(unit, mails, [record_id], now, with_text=with_text)


def log_messages(
    unit: Unit, message_ids: Collection[int], record_ids: Collection[int], now: datetime, *, with_text: bool
) -> list[int]:
    """Log these mails (row ids) on each of these records; the ids of the new activities.

    Left out: what stands logged already, what could not be read, automatic replies and bounces, deleted records.
    """
    crm_of = logged_mail.crms_of(unit, record_ids)
    if not crm_of:
        return []
    mails = logged_mail.loggable(unit, message_ids, with_text=with_text)
    wanted = {logged_mail.key_of(mail.key, record_id): (mail, record_id) for mail in mails for record_id in crm_of}
    held = logged_mail.logged(unit, list(wanted))
    fresh = [
        NewMail(crm_of[record_id], key, record_id, _activity(mail))
        for key, (mail, record_id) in wanted.items()
        if key not in held
    ]
    made = activities.insert_mails(unit, fresh)
    outbox.enqueue_mails(unit, dict(zip(made, fresh, strict=True)), now)
    for known in held.values():
        if known.removed:
            activities.set_removed(unit, known.activity_id, None)
            _enqueue(unit, ChangeKind.LOG, known.activity_id, wanted[known.key][0].sender, now)
            made.append(known.activity_id)
    return made


def withdraw(unit: Unit, activity_id: int, author: str, now: datetime) -> int | None:
    """Take an activity back, here and in the CRM; the change that does it, None if the CRM never had it.

    One that the CRM shows on another of our records too (a converted lead's) only disappears here.
    """
    activities.set_removed(unit, activity_id, now)
    if forget_change(unit, activity_id, now) or logged_mail.is_shared(unit, activity_id):
        return None
    return _enqueue(unit, ChangeKind.DELETE, activity_id, author, now)


def restore(unit: Unit, activity_id: int, withdrawal: int | None, author: str, now: datetime) -> None:
    """The reverse of `withdraw`, which gave `withdrawal`."""
    activities.set_removed(unit, activity_id, None)
    if withdrawal is None or not outbox.cancel(unit, withdrawal, now):
        _enqueue(unit, ChangeKind.LOG, activity_id, author, now)


def _activity(mail: LoggableMail) -> Activity:
    from sync.quotes import split_text  # its patterns take long to compile; a pass with nothing new logs nothing

    return Activity(
        kind=ActivityKind.EMAIL,
        subject=mail.subject,
        at=mail.at,
        about=(),
        body=split_text(mail.body).new[:_LONGEST_BODY],
        author=mail.sender,
        message_id=mail.message_id,
        direction=mail.direction,
    )


def _enqueue(unit: Unit, kind: ChangeKind, activity_id: int, author: str, now: datetime) -> int | None:
    stored = activities.find(unit, activity_id)
    if stored is None:
        return None
    return outbox.enqueue(
        unit,
        crm=stored.crm,
        kind=kind,
        key=uuid.uuid4().hex,
        record_id=stored.record_id,
        activity_id=activity_id,
        author=author,
        now=now,
    )
