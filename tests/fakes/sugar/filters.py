"""Sugar's filter language over records in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tests.fakes.sugar.modules import NOT_IN_DATABASE

Row = dict[str, object]


class UnknownField(Exception):
    """422."""


def matches(row: Row, conditions: object, known: Mapping[str, object]) -> bool:
    """Whether a record meets all conditions of a list."""
    return all(_one(row, each, known) for each in conditions) if isinstance(conditions, list) else True


def _one(row: Row, condition: Mapping[str, object], known: Mapping[str, object]) -> bool:
    for name, wanted in condition.items():
        if name == "$or":
            assert isinstance(wanted, list)
            if not any(_one(row, each, known) for each in wanted):
                return False
        elif name == "$and":
            if not matches(row, wanted, known):
                return False
        elif not _field(row, name, wanted, known):
            return False
    return True


def _field(row: Row, name: str, wanted: object, known: Mapping[str, object]) -> bool:
    if name == "email_addresses.email_address":
        listed = row.get("email")
        held = [each["email_address"].lower() for each in listed] if isinstance(listed, list) else []
        operator, value = _split(wanted)
        values = value if isinstance(value, list) else [value]
        assert operator in ("$in", "$equals")
        return any(str(each).lower() in held for each in values)
    if name not in known:
        raise UnknownField(name)
    if name in NOT_IN_DATABASE and "last_name" in known:
        return True
    operator, value = _split(wanted)
    held_value = row.get(name)
    if name.startswith("date_") and isinstance(value, str) and "T" in value:
        return _compare(operator, _time(held_value), _time(value))
    return _compare(operator, _plain(held_value), _plain(value) if not isinstance(value, list) else value)


def _split(wanted: object) -> tuple[str, object]:
    if isinstance(wanted, dict):
        ((operator, value),) = wanted.items()
        return operator, value
    return "$equals", wanted


def _compare(operator: str, held: object, value: object) -> bool:
    if held is None:
        held = type(value)() if not isinstance(value, datetime) else datetime.min.replace(tzinfo=value.tzinfo)
    if operator == "$in":
        return isinstance(value, list) and held in [_plain(each) for each in value]
    results = {
        "$equals": held == value,
        "$gt": held > value,  # type: ignore[operator]
        "$gte": held >= value,  # type: ignore[operator]
        "$lt": held < value,  # type: ignore[operator]
    }
    return results[operator]


def _plain(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
