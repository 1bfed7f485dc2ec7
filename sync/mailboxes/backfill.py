"""How far back an account is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crm_model.options import Connection, OptionSpec, OptionType

BACKFILL_OPTION = OptionSpec(
    "backfill_months",
    OptionType.INTEGER,
    "How many months back mail is read; 0 reads all of it.",
    default=0,
    zero="all",
)
_DAYS_PER_MONTH = 30.4375


def backfill_start(connection: Connection, now: datetime | None = None) -> datetime | None:
    """Midnight (UTC) of the first day to read, None for all mail."""
    months = connection.number(BACKFILL_OPTION.name, 0)
    if months <= 0:
        return None
    start = (now or datetime.now(UTC)) - timedelta(days=round(months * _DAYS_PER_MONTH))
    return start.replace(hour=0, minute=0, second=0, microsecond=0)
