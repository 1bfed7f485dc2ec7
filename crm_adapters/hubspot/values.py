"""Values on their way to HubSpot and back: all is text or null there, times are ISO or milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from crm_adapters.spelling import iso_time, money_text, time_of
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue


def from_properties(specs: Iterable[FieldSpec], properties: Mapping[str, object]) -> dict[str, FieldValue]:
    """Our fields of an object's properties; empty ones are left out."""
    found = {spec.name: _read(spec, properties.get(spec.vendor_name)) for spec in specs if spec.vendor_name}
    return {name: value for name, value in found.items() if not is_empty(value)}


def to_properties(specs: Iterable[FieldSpec], fields: Fields) -> dict[str, str]:
    """Properties to send; "" empties one. What is an association there is left out."""
    known = {spec.name: spec for spec in specs}
    return {
        known[name].vendor_name: _write(known[name], value) for name, value in fields.items() if known[name].vendor_name
    }


def any_time(value: object) -> datetime | None:
    """A time as HubSpot gives it: ISO, or milliseconds."""
    text = str(value or "")
    if text.lstrip("-").isdecimal() and len(text) < 16:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return time_of(text)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _read(spec: FieldSpec, value: object) -> FieldValue:
    if value is None or value == "":
        return None
    read = _READERS.get(spec.type)
    return read(str(value)) if read is not None else str(value)


def _percent(text: str) -> int | None:
    return round(float(text) * 100) if money_text(text) is not None else None


def _date(text: str) -> str | None:
    at = any_time(text)
    return at.date().isoformat() if at is not None else None


def _time(text: str) -> str | None:
    at = any_time(text)
    return iso_time(at) if at is not None else None


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


_READERS: dict[FieldType, Callable[[str], FieldValue]] = {
    FieldType.MONEY: money_text,
    FieldType.PERCENT: _percent,
    FieldType.DATE: _date,
    FieldType.DATETIME: _time,
    FieldType.BOOLEAN: lambda text: text == "true",
    FieldType.EMAILS: _several,
    FieldType.TEXTS: _several,
}


def _write(spec: FieldSpec, value: FieldValue) -> str:
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ";".join(value)
    if spec.type is FieldType.DATE:
        return f"{value}T00:00:00Z" if spec.name == "closes_on" else str(value)
    return str(value)
