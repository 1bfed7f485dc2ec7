"""Files of web forms on their way to records: which mail brings them, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from crm_model.changes import ChangeKind, ChangeState, MailFile
from crm_model.field_values import unpack_file
from crm_model.mail import MailboxRole
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import copies, mailboxes, messages, outbox

_M, _O = messages.c, outbox.c
_IS_FILE = _O.kind == ChangeKind.ATTACH.value


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's change as it stands now."""

    id: int
    state: ChangeState
    file: MailFile


def submissions_of(unit: Unit, thread_id: int) -> list[int]:
    """The row ids of a thread's messages that web forms brought."""
    query = (
        sa.select(_M.id)
        .join(copies, copies.c.message_id == _M.id)
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .where(_M.thread_id == thread_id, mailboxes.c.role == MailboxRole.FORMS.value)
    )
    return list(unit.execute(query.distinct().order_by(_M.id)).scalars())


def files_of(unit: Unit, message_ids: Collection[int]) -> list[tuple[str, MailFile]]:
    """The files of these messages, each with its message's key, in order."""
    found: list[tuple[str, MailFile]] = []
    for some in batches(message_ids):
        rows = unit.execute(sa.select(_M.id, _M.key, _M.attachments).where(_M.id.in_(some)).order_by(_M.id))
        found += [
            (row.key, MailFile(row.id, str(part), name, content_type, size))
            for row in rows
            for name, content_type, size, part in row.attachments
        ]
    return found


def of_record(unit: Unit, record_id: int) -> list[FileChange]:
    """What became of the files for a record, oldest first."""
    query = sa.select(_O.id, _O.state, _O.details).where(_O.record_id == record_id, _IS_FILE).order_by(_O.id)
    return [FileChange(row.id, ChangeState(row.state), unpack_file(row.details)) for row in unit.execute(query)]
