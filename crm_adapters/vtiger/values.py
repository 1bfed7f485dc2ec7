"""Values on their way to vtiger and back: everything is text there, with a decimal point, ISO dates and server time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from crm_adapters.spelling import iso_time, money_text, without_emoji
from crm_adapters.vtiger.modules import Module
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, RecordKind

Row = Mapping[str, object]

_SEPARATOR = " |##| "
_STAMP = "%Y-%m-%d %H:%M:%S"
_DAYS_TO_CLOSE = 30
_LINE_END = re.compile(r"\r\n?")


def from_row(specs: Iterable[FieldSpec], row: Row, zone: ZoneInfo) -> dict[str, FieldValue]:
    """Our fields of a row; empty ones are left out."""
    found = {
        spec.name: _from_text(spec, str(row.get(spec.vendor_name) or ""), zone) for spec in specs if spec.vendor_name
    }
    return {name: value for name, value in found.items() if not is_empty(value)}


def to_element(specs: Iterable[FieldSpec], fields: Fields) -> dict[str, str]:
    """What goes into an `element`: checked values in vtiger's spelling, "" for what is to be emptied."""
    known = {spec.name: spec for spec in specs}
    return {known[name].vendor_name: _to_text(known[name], value) for name, value in fields.items()}


def fill_in(kind: RecordKind, module: Module, fields: Fields, *, owner: str) -> dict[str, FieldValue]:
    """The fields of a new record with what vtiger insists on: a name, an owner, a stage, a closing date."""
    filled = {name: value for name, value in fields.items() if not is_empty(value)}
    filled.setdefault("owner", owner)
    if kind in (RecordKind.LEAD, RecordKind.CONTACT):
        filled.setdefault("last_name", _some_name(filled))
    if kind is RecordKind.LEAD and _wants(module, "company"):
        filled.setdefault("company", str(filled["last_name"]))
    if kind is RecordKind.OPPORTUNITY:
        stage = module.fields.get("sales_stage")
        if stage is not None and stage.options:
            filled.setdefault("stage", stage.default or stage.options[0][0])
        filled.setdefault("closes_on", (datetime.now(UTC).date() + timedelta(days=_DAYS_TO_CLOSE)).isoformat())
    return filled


def at_server(stamp: str, zone: ZoneInfo) -> datetime | None:
    """A time of the server's database ("2026-11-22 09:00:00", in its zone), None if it is none."""
    try:
        return datetime.fromisoformat(stamp).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_stamp(text: str) -> bool:
    """Whether this is a time of the server's database."""
    try:
        return len(text) == len("2000-01-01 00:00:00") and datetime.fromisoformat(text).year > 1
    except ValueError:
        return False


def shifted(stamp: str, by: timedelta) -> str:
    """A server's time moved, still in its own spelling. Errors: ValueError."""
    return (datetime.fromisoformat(stamp) + by).strftime(_STAMP)


def _some_name(fields: Fields) -> str:
    for name in ("company", "email", "phone", "mobile", "first_name"):
        if fields.get(name):
            return str(fields[name])[:80]
    return "?"


def _wants(module: Module, vendor_name: str) -> bool:
    return vendor_name in module.fields and module.fields[vendor_name].mandatory


def _from_text(spec: FieldSpec, text: str, zone: ZoneInfo) -> FieldValue:
    if spec.type is FieldType.DATETIME:
        at = at_server(text, zone)
        return iso_time(at) if at is not None else None
    read = _READERS.get(spec.type)
    return read(text) if read is not None else text


def _to_text(spec: FieldSpec, value: FieldValue) -> str:
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return value[0] if spec.type is FieldType.EMAILS else without_emoji(_SEPARATOR.join(value))
    return without_emoji(str(value))


def _percent(text: str) -> int | None:
    amount = money_text(text)
    return round(float(amount)) if amount is not None else None


def _date(text: str) -> str | None:
    """MySQL's 0000-00-00 is what an impossible date became."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


def _addresses(text: str) -> tuple[str, ...]:
    return (text.strip(),) if text.strip() else ()


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(_SEPARATOR.strip()) if part.strip())


_READERS: dict[FieldType, Callable[[str], FieldValue]] = {
    FieldType.MONEY: money_text,
    FieldType.PERCENT: _percent,
    FieldType.DATE: _date,
    FieldType.BOOLEAN: lambda text: text in ("1", "on", "yes", "true"),
    FieldType.EMAILS: _addresses,
    FieldType.TEXTS: _several,
    FieldType.LONG_TEXT: lambda text: _LINE_END.sub("\n", text),
}
