"""What stands around a record in the sidebar: closed deals, files of its mail, conversations of its company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from crm_model.changes import ChangeState
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.file_changes import of_record
from sync.store.listing import thread_rows
from sync.store.tables import links, messages
from sync.surroundings import FileRow, Hanging
from sync.views import ThreadRow

_MOST_FILES = 20
_MOST_THREADS = 20
_MOST_LOOKED_AT = 200
_M = messages.c
_HANGING = {
    ChangeState.PENDING: Hanging.WAITING,
    ChangeState.CLAIMED: Hanging.WAITING,
    ChangeState.DONE: Hanging.DONE,
    ChangeState.REFUSED: Hanging.REFUSED,
    ChangeState.CONFLICT: Hanging.NO,
    ChangeState.CANCELLED: Hanging.NO,
}


def threads_of_records(unit: Unit, record_ids: Sequence[int], without: Sequence[int]) -> tuple[ThreadRow, ...]:
    """The newest conversations that are linked to any of these records, those of `without` left out."""
    found: set[int] = set()
    for some in batches(record_ids):
        query = sa.select(links.c.thread_id).where(links.c.record_id.in_(some), links.c.removed_at.is_(None))
        found.update(unit.execute(query.order_by(links.c.id.desc()).limit(_MOST_LOOKED_AT)).scalars())
    rows = [row for row in thread_rows(unit, found - set(without)).values() if row.last_at is not None]
    return tuple(sorted(rows, key=_newest, reverse=True)[:_MOST_THREADS])


def files_of_threads(unit: Unit, thread_ids: Sequence[int], record_id: int) -> tuple[FileRow, ...]:
    """The newest files of these conversations' mail, and whether the CRM has them on a record."""
    found: list[FileRow] = []
    hanging = {(each.file.message_id, each.file.part): _HANGING[each.state] for each in of_record(unit, record_id)}
    for some in batches(thread_ids):
        here = sa.select(_M.id, _M.thread_id, _M.received_at, _M.attachments).where(_M.thread_id.in_(some))
        for row in unit.execute(here):
            found += [
                FileRow(
                    row.id,
                    row.thread_id,
                    str(part),
                    name,
                    size,
                    row.received_at,
                    hanging.get((row.id, str(part)), Hanging.NO),
                )
                for name, _type, size, part in row.attachments
            ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:_MOST_FILES])


def _newest(row: ThreadRow) -> Any:
    return (row.last_at, row.id)
