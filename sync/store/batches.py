"""Many rows in few statements, within what both databases take."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa

from sync.store.database import Unit

Value = TypeVar("Value")

_VALUES_PER_STATEMENT = 500


def batches(values: Collection[Value]) -> Iterator[list[Value]]:
    """`values` in lists short enough for an IN clause; duplicates are dropped."""
    unique = list(dict.fromkeys(values))
    for start in range(0, len(unique), _VALUES_PER_STATEMENT):
        yield unique[start : start + _VALUES_PER_STATEMENT]


def allocate_ids(unit: Unit, table: sa.Table, count: int) -> list[int]:
    """Ids for rows to come, in order. The caller holds the write transaction that inserts them."""
    if not count:
        return []
    if unit.dialect.name == "sqlite":
        last = unit.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    rows = unit.execute(
        sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"),
        {"table": table.name, "count": count},
    )
    return sorted(rows.scalars())


def insert_many(unit: Unit, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; none is fine."""
    if rows:
        unit.execute(table.insert(), rows)


def insert_missing(unit: Unit, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose key is not taken yet."""
    if not rows:
        return
    # Each dialect takes a third of a second to import: only the one in use is.
    if unit.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        unit.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
        return
    from sqlalchemy.dialects import postgresql

    unit.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
