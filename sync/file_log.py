"""Files that web forms brought, hung on the records of their conversation through the outbox, each once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from crm_model.changes import ChangeKind, ChangeState
from sync.store import compensation, file_changes, logged_mail, outbox
from sync.store.database import Unit

_ENDED = (ChangeState.CANCELLED, ChangeState.REFUSED)


def attach(
    unit: Unit, message_ids: Collection[int], record_ids: Collection[int], author: str, now: datetime
) -> list[int]:
    """Hang the files of these submissions (row ids) on each of these records; the ids of the changes that will do it.

    One that was taken back or refused is tried again; what hangs there or is on its way is left alone.
    """
    crm_of = logged_mail.crms_of(unit, record_ids)
    files = file_changes.files_of(unit, message_ids) if crm_of else []
    made: list[int] = []
    for record_id, crm in crm_of.items() if files else ():
        known = {(each.file.message_id, each.file.part): each for each in file_changes.of_record(unit, record_id)}
        for message_key, file in files:
            change = known.get((file.message_id, file.part))
            if change is None:
                made.append(
                    outbox.enqueue(
                        unit,
                        crm=crm,
                        kind=ChangeKind.ATTACH,
                        key=f"file {message_key} {file.part} {record_id}",
                        record_id=record_id,
                        details=file,
                        author=author,
                        now=now,
                    )
                )
            elif change.state in _ENDED and outbox.reopen(unit, change.id):
                made.append(change.id)
    return made


def withdraw(unit: Unit, thread_id: int, record_id: int, now: datetime) -> tuple[list[int], int]:
    """Stop the files of a thread on their way to a record: the changes that were stopped, and how many come or stay.

    CRMs are not asked to delete a file: `Adapter` has no call for it.
    """
    submissions = set(file_changes.submissions_of(unit, thread_id))
    changes = [each for each in file_changes.of_record(unit, record_id) if each.file.message_id in submissions]
    standing = [each for each in changes if each.state is not ChangeState.CANCELLED]
    stopped = [each.id for each in standing if compensation.take_back(unit, each.id, now)]
    return stopped, len(standing) - len(stopped)
