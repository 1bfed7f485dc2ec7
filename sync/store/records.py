"""CRM records in the local database: as the person sees them (`fields`) and as the CRM last had them (`base`).

A field differs between the two exactly while an edit of this side is not in the CRM.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm_model.errors import NotFound
from crm_model.field_values import LOCAL_REFERENCE, clean_fields, clean_text, pack_fields, same_value, unpack_fields
from crm_model.records import Fields, FieldValue, Record, RecordKind, title_of
from sync.store.batches import allocate_ids, batches, insert_many
from sync.store.database import Unit, next_seq
from sync.store.field_history import By, keep
from sync.store.record_facts import facts_of
from sync.store.record_words import insert_words, replace_words
from sync.store.tables import activities, conflicts, field_history, links, outbox, records


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as the database holds it. `remote_id` is "" until the CRM has it; `state` live, deleted, converted."""

    id: int
    crm: str
    kind: RecordKind
    remote_id: str
    fields: Mapping[str, FieldValue]
    base: Mapping[str, FieldValue]
    revision: str
    title: str
    state: str
    modified_at: datetime | None
    modified_by: str
    url: str

    @property
    def reference(self) -> str:
        """What other records' fields call it: the CRM's id, or `local:<id>` while it has none."""
        return self.remote_id or f"{LOCAL_REFERENCE}{self.id}"

    @property
    def is_unedited(self) -> bool:
        """Whether it is here exactly as the CRM last had it."""
        return all(same_value(self.fields.get(name), self.base.get(name)) for name in {*self.fields, *self.base})


def get(unit: Unit, record_id: int) -> StoredRecord | None:
    """A record by the database's own id."""
    row = unit.execute(sa.select(records).where(records.c.id == record_id)).one_or_none()
    return _stored(row) if row is not None else None


def get_many(unit: Unit, record_ids: Collection[int]) -> dict[int, StoredRecord]:
    """Many records by the database's own ids."""
    found: dict[int, StoredRecord] = {}
    for some in batches(record_ids):
        found.update((row.id, _stored(row)) for row in unit.execute(sa.select(records).where(records.c.id.in_(some))))
    return found


def by_remote(unit: Unit, crm: str, kind: RecordKind, remote_id: str) -> StoredRecord | None:
    """A record by the CRM's id."""
    row = unit.execute(sa.select(records).where(*_at(crm, kind), records.c.remote_id == remote_id)).one_or_none()
    return _stored(row) if row is not None else None


def by_remotes(unit: Unit, crm: str, kind: RecordKind, remote_ids: Collection[str]) -> dict[str, StoredRecord]:
    """Many records of a kind by the CRM's ids."""
    found: dict[str, StoredRecord] = {}
    for some in batches(remote_ids):
        rows = unit.execute(sa.select(records).where(*_at(crm, kind), records.c.remote_id.in_(some)))
        found.update((row.remote_id, _stored(row)) for row in rows)
    return found


def insert_remote(unit: Unit, crm: str, found: Sequence[Record]) -> None:
    """Records that the CRM has and we did not, in few statements."""
    seq = next_seq(unit)
    ids = allocate_ids(unit, records, len(found))
    rows: list[dict[str, Any]] = []
    words: list[tuple[int, RecordKind, Fields]] = []
    for record_id, record in zip(ids, found, strict=True):
        mine = clean_fields(record.fields)
        here = {"id": record_id, "crm": crm, "kind": record.kind.value, "seq": seq}
        rows.append({**here, **_shown(record.kind, mine), **_remote(record, seq)})
        words.append((record_id, record.kind, mine))
    insert_many(unit, records, rows)
    insert_words(unit, words)


def insert_local(unit: Unit, crm: str, kind: RecordKind, fields: Fields) -> int:
    """A new record that its CRM does not have yet; the database's own id."""
    mine = clean_fields(fields)
    values = {"crm": crm, "kind": kind.value, "base": {}, "seq": next_seq(unit), **_shown(kind, mine)}
    record_id = int(unit.execute(records.insert().values(**values).returning(records.c.id)).scalar_one())
    insert_words(unit, [(record_id, kind, mine)])
    return record_id


def set_fields(unit: Unit, record_id: int, fields: Fields, author: str = "") -> None:
    """Lay these values over the record's own, in the name of `author`. Errors: NotFound."""
    stored = get(unit, record_id)
    if stored is None:
        raise NotFound(f"There is no record {record_id} (any more).")
    mine = {**stored.fields, **clean_fields(fields)}
    keep(unit, [(record_id, stored.fields, mine, By(author, datetime.now(UTC)))])
    _update(unit, stored, mine)


def touch(unit: Unit, record_ids: Collection[int]) -> None:
    """Mark records changed for whoever watches: something that their view shows did."""
    for some in batches(record_ids):
        unit.execute(records.update().where(records.c.id.in_(some)).values(seq=next_seq(unit)))


def store_answers(unit: Unit, answers: Sequence[tuple[StoredRecord, Record, Fields]]) -> None:
    """Give known records the CRM's id, revision and base, and these fields."""
    if not answers:
        return
    seq = next_seq(unit)
    rows: list[dict[str, object]] = []
    told: list[tuple[int, Fields, Fields, By]] = []
    for stored, record, fields in answers:
        mine = clean_fields(fields)
        told.append((stored.id, stored.fields, mine, By(record.modified_by, record.modified_at, in_crm=True)))
        shown = _shown(stored.kind, mine)
        if stored.state == "converted":
            shown["state"] = stored.state
        rows.append({"row_id": stored.id, **shown, **_remote(record, seq), "seq": seq})
        replace_words(unit, stored.id, stored.kind, stored.fields, mine)
    keep(unit, told)
    unit.execute(records.update().where(records.c.id == sa.bindparam("row_id")), rows)


def mark_deleted(unit: Unit, crm: str, kind: RecordKind, remote_ids: Collection[str]) -> list[int]:
    """The CRM deleted these: they stay, for their links, out of every look-up. Our ids of those that were live."""
    gone = {clean_text(remote_id) for remote_id in remote_ids}
    found: list[int] = []
    for some in batches(gone):
        here = (*_at(crm, kind), records.c.remote_id.in_(some), records.c.state != "deleted")
        found += _mark_deleted(unit, here)
    return found


def mark_merged(unit: Unit, record_id: int, into_id: int) -> None:
    """The CRM merged a record into another one (the database's own ids)."""
    unit.execute(records.update().where(records.c.id == record_id).values(merged_into=into_id))


def live_after(unit: Unit, crm: str, kind: RecordKind, after_id: int, limit: int) -> list[tuple[int, str]]:
    """The next records that the CRM should have, in the order of our ids: our id and its id."""
    rows = unit.execute(
        sa.select(records.c.id, records.c.remote_id)
        .where(*_at(crm, kind), records.c.id > after_id, records.c.remote_id.is_not(None), records.c.state != "deleted")
        .order_by(records.c.id)
        .limit(limit)
    )
    return [(row.id, row.remote_id) for row in rows]


def forget_revisions(unit: Unit, crm: str) -> None:
    """Every record of the CRM counts as changed when it is read next."""
    unit.execute(records.update().where(records.c.crm == crm, records.c.remote_id.is_not(None)).values(revision=""))


def mark_seen(unit: Unit, record_ids: Collection[int]) -> None:
    """The CRM named them again at the revisions that we have: only their activities may be new."""
    for some in batches(record_ids):
        seen = records.update().where(records.c.id.in_(some))
        unit.execute(seen.values(seen_seq=next_seq(unit), activities_at=None))


def mark_unseen_deleted(unit: Unit, crm: str, kind: RecordKind, since_seq: int) -> list[int]:
    """After all was read anew: what the CRM did not name since then is gone. Our ids of those that were live."""
    gone = (records.c.remote_id.is_not(None), records.c.seen_seq < since_seq, records.c.state != "deleted")
    return _mark_deleted(unit, (*_at(crm, kind), *gone))


def mark_deleted_here(unit: Unit, record_id: int) -> None:
    """The same by the database's own id."""
    _mark_deleted(unit, (records.c.id == record_id,))


def _mark_deleted(unit: Unit, here: tuple[sa.ColumnElement[bool], ...]) -> list[int]:
    gone = records.update().where(*here).values(state="deleted", seq=next_seq(unit)).returning(records.c.id)
    return list(unit.execute(gone).scalars())


def mark_converted(unit: Unit, record_id: int, contact_id: int) -> None:
    """The lead became that contact (both the database's own ids). Errors: NotFound."""
    lead, contact = get(unit, record_id), get(unit, contact_id)
    if lead is None or contact is None:
        raise NotFound(f"There is no record {record_id if lead is None else contact_id} (any more).")
    _update(unit, lead, {**lead.fields, "converted_contact_id": contact.reference}, state="converted")


def open_again(unit: Unit, record_id: int, marks: Collection[str], status: str) -> None:
    """A converted lead is one to work with again: without the marks of what it became. Errors: NotFound."""
    stored = get(unit, record_id)
    if stored is None:
        raise NotFound(f"There is no record {record_id} (any more).")
    fields = {name: value for name, value in stored.fields.items() if name not in marks}
    unit.execute(records.update().where(records.c.id == record_id).values(state="live"))
    _update(unit, replace(stored, state="live"), {**fields, "status": status or None})


def replace_references(unit: Unit, crm: str, remote_ids: Mapping[int, str]) -> None:
    """Records of accounts that the CRM has now (by our id, its id) name them by the CRM's ids."""
    names = {f"{LOCAL_REFERENCE}{record_id}": remote_id for record_id, remote_id in remote_ids.items()}
    for some in batches(names):
        rows = unit.execute(sa.select(records).where(records.c.crm == crm, records.c.account_ref.in_(some))).all()
        for row in rows:
            stored = _stored(row)
            _update(unit, stored, {**stored.fields, "account_id": names[row.account_ref]})


def absorb(unit: Unit, keep_id: int, gone_id: int) -> None:
    """One record, known twice, becomes one: a pull brought it before the answer to its creation came.

    Links, activities and changes of `gone_id` move to `keep_id`.
    """
    threads = sa.select(links.c.thread_id).where(links.c.record_id == keep_id).scalar_subquery()
    unit.execute(links.delete().where(links.c.record_id == gone_id, links.c.thread_id.in_(threads)))
    held = sa.select(activities.c.remote_id).where(
        activities.c.record_id == keep_id, activities.c.remote_id.is_not(None)
    )
    unit.execute(
        activities.delete().where(activities.c.record_id == gone_id, activities.c.remote_id.in_(held.scalar_subquery()))
    )
    for table in (links, activities, outbox, conflicts, field_history):
        unit.execute(table.update().where(table.c.record_id == gone_id).values(record_id=keep_id))
    unit.execute(records.delete().where(records.c.id == gone_id))


def _update(unit: Unit, stored: StoredRecord, mine: Mapping[str, FieldValue], **values: object) -> None:
    shown = _shown(stored.kind, mine)
    if stored.state != "live":
        shown["state"] = stored.state
    unit.execute(records.update().where(records.c.id == stored.id).values(**{**shown, "seq": next_seq(unit), **values}))
    replace_words(unit, stored.id, stored.kind, stored.fields, mine)


def _shown(kind: RecordKind, mine: Mapping[str, FieldValue]) -> dict[str, object]:
    converted = kind is RecordKind.LEAD and mine.get("converted_contact_id")
    return {
        "fields": pack_fields(mine),
        "title": title_of(kind, mine),
        "account_ref": str(mine.get("account_id") or ""),
        "stage": str(mine.get("stage") or mine.get("status") or ""),
        "owner_ref": str(mine.get("owner_id") or ""),
        "state": "converted" if converted else "live",
        **facts_of(kind, mine),
    }


def _remote(record: Record, seen_seq: int) -> dict[str, object]:
    return {
        "remote_id": clean_text(record.id),
        "base": pack_fields(record.fields),
        "revision": clean_text(record.revision),
        "modified_at": record.modified_at,
        "modified_by": clean_text(record.modified_by),
        "url": clean_text(record.url),
        "seen_seq": seen_seq,
        "activities_at": None,
    }


def _at(crm: str, kind: RecordKind) -> tuple[sa.ColumnElement[bool], ...]:
    return (records.c.crm == crm, records.c.kind == kind.value)


def _stored(row: sa.Row[Any]) -> StoredRecord:
    return StoredRecord(
        id=row.id,
        crm=row.crm,
        kind=RecordKind(row.kind),
        remote_id=row.remote_id or "",
        fields=unpack_fields(row.fields),
        base=unpack_fields(row.base),
        revision=row.revision,
        title=row.title,
        state=row.state,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
        url=row.url,
    )
