"""Files on records of the embedded CRM."""

from __future__ import annotations

import sqlite3

from crm_adapters.local import rows
from crm_model.errors import Rejected
from crm_model.field_values import clean_text
from crm_model.records import AttachedFile, FileContent, Ref

_LARGEST_BYTES = 25 * 2**20
_LONGEST_NAME = 255


def attach(unit: sqlite3.Connection, about: Ref, file: FileContent) -> int:
    """Errors: NotFound, Rejected."""
    record = rows.find(unit, *about)
    if len(file.content) > _LARGEST_BYTES:
        raise Rejected(f"The file is too large: {_LARGEST_BYTES // 2**20} MB are the most.")
    name = clean_text(file.name)[:_LONGEST_NAME] or "file"
    row = unit.execute(
        "INSERT INTO files (record_id, name, content_type, content) VALUES (?, ?, ?, ?) RETURNING id",
        (record.id, name, clean_text(file.content_type), file.content),
    ).fetchone()
    return int(row["id"])


def of_record(unit: sqlite3.Connection, about: Ref) -> tuple[AttachedFile, ...]:
    """In the order they came. Errors: NotFound."""
    record = rows.find(unit, *about)
    query = "SELECT id, name, length(content) AS size FROM files WHERE record_id = ? ORDER BY id"
    return tuple(AttachedFile(str(row["id"]), row["name"], row["size"]) for row in unit.execute(query, (record.id,)))
