"""Linking a conversation to a record by hand, and taking it off."""

from __future__ import annotations

from typing import Any

from crm_model.errors import NotFound, Rejected
from crm_model.mail import Outcome
from crm_model.records import RecordKind
from sync import file_log, mail_log
from sync.edits.edit import Edit, edit, named
from sync.store import compensation, file_changes, links, logged_mail, outbox, suggestions, thread_wishes
from sync.store.conversations import surviving_thread
from sync.store.database import Store
from sync.store.records import StoredRecord

_FILES_STAY = "the files that the CRM has of it stay on the record"


def link_thread(store: Store, thread_id: int, record_id: int, author: str) -> int:
    """Link a conversation to a record; its mails are logged there and its open question is settled."""
    with edit(store, "link", author) as making:
        record = making.record(record_id)
        if link(making, surviving_thread(making.unit, thread_id), record):
            making.label = f"linked to {named(record)}"
    return making.action_id


def unlink_thread(store: Store, thread_id: int, record_id: int, author: str) -> int:
    """Take a conversation off a record for good: the agent won't link them again, what it logged is withdrawn."""
    with edit(store, "unlink", author) as making:
        thread_id = surviving_thread(making.unit, thread_id)
        before = links.snapshot(making.unit, thread_id, record_id)
        if not links.remove(making.unit, thread_id, record_id, making.now):
            raise NotFound("This conversation is not linked to that record (any more).")
        making.remember("link", thread_id, record_id, before)
        for mail in logged_mail.logged_of_thread(making.unit, thread_id, record_id):
            change = mail_log.withdraw(making.unit, mail.activity_id, author, making.now)
            making.remember("withdrawn", mail.activity_id, change)
        stopped, staying = file_log.withdraw(making.unit, thread_id, record_id, making.now)
        for change_id in stopped:
            making.remember("unattached", change_id)
        if not links.linked_records(making.unit, thread_id):
            _move_outcomes(making, thread_id, old=(Outcome.LINKED,), new=Outcome.HELD)
        making.threads.add(thread_id)
        making.label = f"unlinked from {_named_or_gone(making, record_id)}" + (f"; {_FILES_STAY}" if staying else "")
    return making.action_id


def _named_or_gone(making: Edit, record_id: int) -> str:
    """A record's title even if it is deleted."""
    try:
        return named(making.record(record_id))
    except NotFound:
        return "a deleted record"


def link(making: Edit, thread_id: int, record: StoredRecord, rule: str = links.BY_HAND, how: str = "chosen") -> bool:
    """The parts of linking that every edit shares; False if the thread was linked so already. `how` says why."""
    unit = making.unit
    newest = thread_wishes.newest_message(unit, thread_id)
    if newest is None:
        raise Rejected("This conversation holds no message that could be linked.")
    before = links.snapshot(unit, thread_id, record.id)
    why = links.Evidence(newest, rule, f"{how} by {making.author}")
    if not links.add(unit, thread_id, record.id, why, author=making.author, now=making.now):
        return False
    making.remember("link", thread_id, record.id, before)
    settle_questions(making, thread_id, "superseded", linked=record.kind)
    _move_outcomes(making, thread_id, old=(Outcome.HELD, Outcome.SUGGESTED), new=Outcome.LINKED)
    log(making, thread_id, record.id)
    making.threads.add(thread_id)
    return True


def _move_outcomes(making: Edit, thread_id: int, *, old: tuple[Outcome, ...], new: Outcome) -> None:
    moved = thread_wishes.move_outcomes(making.unit, thread_id, old=old, new=new)
    if moved:
        making.remember("outcomes", moved)


def settle_questions(making: Edit, thread_id: int, state: str, *, linked: RecordKind | None = None) -> None:
    """Settle every open question about a thread; with `linked` those that a link to such a record answers."""
    open_ids = suggestions.open_ids(making.unit, thread_id, linked)
    if open_ids:
        suggestions.decide(making.unit, open_ids, state, making.now)
        making.remember("asked", thread_id, open_ids)


def log(making: Edit, thread_id: int, record_id: int) -> None:
    """Log the thread's mails on the record, and hang the files of web forms there, as far as the settings allow."""
    allowed = mail_log.policy(making.unit)
    if allowed == mail_log.OFF:
        return
    with_text = allowed == mail_log.TEXT
    for activity_id in mail_log.log_thread(making.unit, thread_id, record_id, making.now, with_text=with_text):
        making.remember("logged", activity_id)
    submissions = file_changes.submissions_of(making.unit, thread_id) if with_text else []
    for change_id in file_log.attach(making.unit, submissions, [record_id], making.author, making.now):
        making.remember("attached", change_id)


def undo_link(making: Edit, thread_id: int, record_id: int, before: dict[str, Any] | None) -> None:
    thread_id = surviving_thread(making.unit, thread_id)
    links.put_back(making.unit, thread_id, record_id, before)
    making.threads.add(thread_id)


def undo_outcomes(making: Edit, before: list[list[Any]]) -> None:
    thread_wishes.put_back_outcomes(making.unit, before)


def undo_asked(making: Edit, thread_id: int, suggestion_ids: list[int]) -> None:
    suggestions.decide(making.unit, suggestion_ids, "open", None)
    making.threads.add(surviving_thread(making.unit, thread_id))


def undo_logged(making: Edit, activity_id: int) -> None:
    mail_log.withdraw(making.unit, activity_id, making.author, making.now)


def undo_attached(making: Edit, change_id: int) -> None:
    if not compensation.take_back(making.unit, change_id, making.now):
        making.label = _FILES_STAY


def undo_unattached(making: Edit, change_id: int) -> None:
    outbox.reopen(making.unit, change_id)


def undo_withdrawn(making: Edit, activity_id: int, withdrawal: int | None) -> None:
    mail_log.restore(making.unit, activity_id, withdrawal, making.author, making.now)
