"""What tables are made of: column types that mean the same on SQLite and PostgreSQL, and columns that recur."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A row's own id: 64 bits, and SQLite's rowid where it is the primary key."""

Json = sa.JSON(none_as_null=True)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC time, kept as whole milliseconds since 1970 so that both databases sort and index it alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone reached the database")
        return (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MILLISECOND


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def row_id() -> sa.Column[int]:
    """A row's own id."""
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def text(name: str, default: str = "") -> sa.Column[str]:
    """Text that is never null."""
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def flag(name: str) -> sa.Column[bool]:
    """Yes or no, no by default."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default="0")


def health() -> tuple[sa.Column[Any], ...]:
    """How the last pass over an account or a CRM went."""
    times = sa.Column("last_success_at", UtcTime), sa.Column("last_error_at", UtcTime)
    return (*times, text("last_error"), flag("login_needed"))
