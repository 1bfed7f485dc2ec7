"""Values in our spelling from SuiteCRM's, and back: text in, text out, but numbers are sent as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from crm_adapters.checks import rejected
from crm_adapters.spelling import content_revision, iso_time, money_text, sql_time, time_of
from crm_adapters.sugar_family import MODULES
from crm_adapters.suitecrm.dialect import Row, VendorField
from crm_adapters.suitecrm.text import to_server
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, Record, RecordKind

_NUMBERS = {"int", "float", "decimal", "double"}
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def record_of(kind: RecordKind, row: Row, specs: Iterable[FieldSpec], page_url: str) -> Record:
    """A row as a record; empty fields are left out. `page_url` has places for module and id."""
    fields = _fields_of(row, specs)
    return Record(
        kind,
        row.id,
        fields,
        revision=content_revision(fields),
        modified_at=time_of(row.values.get("date_modified")) or _LONG_AGO,
        modified_by=row.values.get("modified_by_name", ""),
        url=page_url.format(module=MODULES[kind], path=MODULES[kind].lower(), id=row.id),
    )


def values_of(
    kind: RecordKind, specs: Iterable[FieldSpec], described: Mapping[str, VendorField], fields: Fields
) -> dict[str, str | int | float]:
    """What is sent for checked fields. Errors: Rejected for text where the CRM has a number."""
    known = {spec.name: spec for spec in specs}
    sent, wrong = dict[str, str | int | float](), dict[str, str]()
    for name, value in fields.items():
        spec = known[name]
        vendor = described.get(spec.vendor_name)
        if value is not None and vendor is not None and vendor.type in _NUMBERS and isinstance(value, str):
            if not _NUMBER.fullmatch(value):
                wrong[name] = f"{spec.label} must be a number with a decimal point."
                continue
            sent[spec.vendor_name] = _number(value)
        else:
            sent[spec.vendor_name] = _sent(spec, value)
    if wrong:
        raise rejected(kind, wrong)
    return sent


def _fields_of(row: Row, specs: Iterable[FieldSpec]) -> dict[str, FieldValue]:
    main, *others = addresses_of(row) or [""]
    found: dict[str, FieldValue] = {}
    for spec in specs:
        if spec.name == "other_emails":
            found[spec.name] = tuple(others)
        elif spec.type is FieldType.EMAIL:
            found[spec.name] = main
        elif spec.name == "other_contacts":
            found[spec.name] = tuple(sorted(each["id"] for each in row.links.get("contacts", ()) if each.get("id")))
        else:
            found[spec.name] = _held(spec, row.values.get(spec.vendor_name, ""))
    return {name: value for name, value in found.items() if not is_empty(value)}


def addresses_of(row: Row) -> list[str]:
    """Every address of a row, the main one first; the link does not tell which one it is."""
    linked = [each["email_address"] for each in row.links.get("email_addresses", ()) if each.get("email_address")]
    main = row.values.get("email1", "")
    others = [each for each in (*linked, row.values.get("email2", "")) if each and each.lower() != main.lower()]
    return [*filter(None, [main]), *{each.lower(): each for each in others}.values()]


def _held(spec: FieldSpec, text: str) -> FieldValue:
    read = _READ.get(spec.type)
    return read(text) if text and read is not None else text or None


def _sent(spec: FieldSpec, value: FieldValue) -> str | int | float:
    """Text of a number would be read with the user's separators; None is ignored by the server, "" empties."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return int(value)
    if spec.type is FieldType.MONEY:
        return _number(str(value))
    if spec.type is FieldType.DATETIME:
        at = time_of(value)
        return sql_time(at) if at is not None else ""
    if isinstance(value, tuple):
        return ",".join(f"^{part}^" for part in value)
    return to_server(value) if isinstance(value, str) else value


def _number(text: str) -> int | float:
    whole, _, cents = text.partition(".")
    return int(whole) if not cents.strip("0") else float(text)


def _whole(text: str) -> int | None:
    try:
        return round(float(text))
    except ValueError:
        return None


def _stamp(text: str) -> str | None:
    at = time_of(text)
    return iso_time(at) if at is not None else None


def _choices(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.strip("^").split("^,^") if part)


def _is_yes(text: str) -> bool:
    return text in ("1", "true", "on")


def _date(text: str) -> str:
    return text[:10]


_READ: dict[FieldType, Callable[[str], FieldValue]] = {
    FieldType.MONEY: money_text,
    FieldType.PERCENT: _whole,
    FieldType.BOOLEAN: _is_yes,
    FieldType.DATETIME: _stamp,
    FieldType.TEXTS: _choices,
    FieldType.DATE: _date,
}
