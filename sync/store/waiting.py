"""What waits to be written to a CRM: what a person confirms before the first of it goes out."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, ChangeKind
from crm_model.records import ActivityKind, RecordKind
from sync.store.database import Unit
from sync.store.tables import activities, outbox, records

_O = outbox.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, in changes: records to be made by kind, mails to be linked, and everything else."""

    created: dict[RecordKind, int]
    updated: int
    converted: int
    deleted: int
    mails: int
    activities: int
    files: int

    def in_words(self) -> str:
        """As a dry run says it: "create 12 leads, link 340 mails, update 0 records"."""
        made = {RecordKind.LEAD: 0} | self.created
        parts = [f"create {_counted(number, kind.value)}" for kind, number in made.items()]
        parts += [f"link {_counted(self.mails, 'mail')}", f"update {_counted(self.updated, 'record')}"]
        rest = {
            f"convert {_counted(self.converted, 'lead')}": self.converted,
            f"delete {_counted(self.deleted, 'record')}": self.deleted,
            f"log {_counted(self.activities, 'other activity')}": self.activities,
            f"attach {_counted(self.files, 'file')}": self.files,
        }
        return ", ".join(parts + [words for words, number in rest.items() if number])


def waiting(unit: Unit, crm: str) -> Waiting:
    """What the outbox holds for this CRM."""
    kinds = sa.select(_O.kind, records.c.kind.label("record"), activities.c.kind.label("activity"), sa.func.count())
    rows = unit.execute(
        kinds.select_from(outbox)
        .join(records, records.c.id == _O.record_id)
        .outerjoin(activities, activities.c.id == _O.activity_id)
        .where(_O.crm == crm, _O.state.in_(UNSETTLED))
        .group_by(_O.kind, records.c.kind, activities.c.kind)
    ).all()
    plain = [row for row in rows if row.activity is None]
    log = ChangeKind.LOG.value
    return Waiting(
        created={RecordKind(row.record): row[3] for row in plain if row.kind == ChangeKind.CREATE.value},
        updated=sum(row[3] for row in plain if row.kind == ChangeKind.UPDATE.value),
        converted=sum(row[3] for row in plain if row.kind == ChangeKind.CONVERT.value),
        deleted=sum(row[3] for row in plain if row.kind == ChangeKind.DELETE.value),
        mails=sum(row[3] for row in rows if row.activity == ActivityKind.EMAIL.value and row.kind == log),
        activities=sum(row[3] for row in rows if row.activity not in (None, ActivityKind.EMAIL.value)),
        files=sum(row[3] for row in plain if row.kind == ChangeKind.ATTACH.value),
    )


def _counted(number: int, noun: str) -> str:
    plural = noun if number == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {plural}"
