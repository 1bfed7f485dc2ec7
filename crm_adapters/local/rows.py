"""Records in the embedded CRM's file: one row each, changed by revision, deleted by a mark."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator

from crm_adapters.local.database import next_seq
from crm_adapters.local.times import from_stamp, now_stamp
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text, pack_fields, unpack_fields
from crm_model.records import Fields, Record, RecordKind, emails_of

_log = logging.getLogger(__name__)
_PREFIXES = {RecordKind.LEAD: "L", RecordKind.CONTACT: "C", RecordKind.ACCOUNT: "A", RecordKind.OPPORTUNITY: "O"}


def find(unit: sqlite3.Connection, kind: RecordKind, record_id: str) -> Record:
    """Errors: NotFound for one that is not there or deleted."""
    row = unit.execute(
        "SELECT * FROM records WHERE id = ? AND kind = ? AND NOT deleted", (clean_text(record_id), kind.value)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no {kind} {clean_text(record_id)} in this CRM (any more).")
    return to_record(row)


def exists(unit: sqlite3.Connection, kind: RecordKind, record_id: str) -> bool:
    query = "SELECT 1 FROM records WHERE id = ? AND kind = ? AND NOT deleted"
    return unit.execute(query, (record_id, kind.value)).fetchone() is not None


def holding(unit: sqlite3.Connection, email: str) -> tuple[Record, ...]:
    """Leads and contacts with this address."""
    rows = unit.execute(
        "SELECT r.* FROM emails e JOIN records r ON r.id = e.record_id"
        " WHERE e.email = ? AND NOT r.deleted ORDER BY r.id",
        (clean_text(email).strip().lower(),),
    )
    return tuple(readable(rows))


def insert(unit: sqlite3.Connection, kind: RecordKind, fields: Fields, author: str) -> Record:
    seq = next_seq(unit)
    record_id = f"{_PREFIXES[kind]}{seq}"
    unit.execute(
        "INSERT INTO records (id, kind, fields, revision, seq, modified_at, modified_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (record_id, kind.value, json.dumps(pack_fields(fields)), seq, seq, now_stamp(), author),
    )
    _store_emails(unit, record_id, fields)
    return find(unit, kind, record_id)


def change(unit: sqlite3.Connection, record: Record, fields: Fields, author: str) -> Record:
    """The whole record as it is to be. The time of change never runs backwards, whatever the clock does."""
    seq = next_seq(unit)
    unit.execute(
        "UPDATE records SET fields = ?, revision = ?, seq = ?, modified_at = max(?, modified_at + 1), modified_by = ?"
        " WHERE id = ?",
        (json.dumps(pack_fields(fields)), seq, seq, now_stamp(), author, record.id),
    )
    _store_emails(unit, record.id, fields)
    return find(unit, record.kind, record.id)


def remove(unit: sqlite3.Connection, kind: RecordKind, record_id: str, author: str) -> None:
    """Mark a record deleted; one that is gone already is no error."""
    record_id = clean_text(record_id)
    if exists(unit, kind, record_id):
        unit.execute(
            "UPDATE records SET deleted = 1, seq = ?, modified_at = max(?, modified_at + 1), modified_by = ?"
            " WHERE id = ?",
            (next_seq(unit), now_stamp(), author, record_id),
        )
        unit.execute("DELETE FROM emails WHERE record_id = ?", (record_id,))


def changed_since(unit: sqlite3.Connection, kind: RecordKind, seq: int, limit: int) -> list[sqlite3.Row]:
    """Rows changed after that place, oldest change first, deleted ones among them."""
    query = "SELECT * FROM records WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?"
    return unit.execute(query, (kind.value, seq, limit)).fetchall()


def counts(unit: sqlite3.Connection) -> dict[RecordKind, int]:
    found = dict(unit.execute("SELECT kind, count(*) FROM records WHERE NOT deleted GROUP BY kind").fetchall())
    return {kind: int(found.get(kind.value, 0)) for kind in RecordKind}


def readable(rows: Iterable[sqlite3.Row]) -> Iterator[Record]:
    """The records of these rows; what somebody wrote into the file past us and can't be read is left out."""
    for row in rows:
        try:
            yield to_record(row)
        except Rejected:
            _log.warning("crm_record_unreadable", extra={"kind": row["kind"], "record": row["id"]})


def to_record(row: sqlite3.Row) -> Record:
    """Errors: Rejected if the row holds what was never written here."""
    try:
        return Record(
            kind=RecordKind(row["kind"]),
            id=row["id"],
            fields=unpack_fields(json.loads(row["fields"])),
            revision=str(row["revision"]),
            modified_at=from_stamp(row["modified_at"]),
            modified_by=str(row["modified_by"]),
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Rejected(f"The {row['kind']} {row['id']} in the CRM's file can't be read; mend or delete it.") from error


def _store_emails(unit: sqlite3.Connection, record_id: str, fields: Fields) -> None:
    unit.execute("DELETE FROM emails WHERE record_id = ?", (record_id,))
    unit.executemany("INSERT INTO emails VALUES (?, ?)", [(email, record_id) for email in emails_of(fields)])
