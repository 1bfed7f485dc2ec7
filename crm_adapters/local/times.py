"""Times in the embedded CRM's file: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def to_stamp(at: datetime) -> int:
    return (at - _EPOCH) // _TICK


def from_stamp(stamp: int) -> datetime:
    return _EPOCH + stamp * _TICK


def now_stamp() -> int:
    return to_stamp(datetime.now(UTC))
