"""Values in our spelling from Sugar's JSON, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from crm_adapters.checks import rejected
from crm_adapters.spelling import content_revision, iso_time, money_text, time_of
from crm_adapters.sugar.fields import NUMBERS, Described
from crm_adapters.sugar_family import MODULES
from crm_model.errors import Unreachable
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, Record, RecordKind

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")
Row = Mapping[str, object]


def rows_of(found: object) -> list[Row]:
    """The records of a list. Errors: Unreachable."""
    records = found.get("records") if isinstance(found, Mapping) else None
    if not isinstance(records, list):
        raise Unreachable("The CRM answered something else than records.")
    return [row for row in records if isinstance(row, Mapping) and row.get("id")]


def is_last(found: Mapping[str, object]) -> bool:
    """Whether a list has no next page."""
    return found.get("next_offset") in (-1, "-1", None)


def record_of(kind: RecordKind, row: Row, specs: Iterable[FieldSpec], site_url: str) -> Record:
    """A row as a record; empty fields are left out."""
    if not row.get("id"):
        raise Unreachable("The CRM answered something else than a record.")
    fields = _fields_of(row, specs)
    return Record(
        kind,
        str(row["id"]),
        fields,
        revision=content_revision(fields),
        modified_at=time_of(row.get("date_modified")) or _LONG_AGO,
        modified_by=str(row.get("modified_by_name") or ""),
        url=f"{site_url}/#{MODULES[kind]}/{row['id']}",
    )


def addresses_of(row: Row) -> list[str]:
    """Every address of a row, the primary one first."""
    listed = [each for each in _entries(row) if each.get("email_address")]
    listed.sort(key=lambda each: not each.get("primary_address"))
    return list({str(each["email_address"]).lower(): str(each["email_address"]) for each in listed}.values())


def address_list(row: Row, wanted: Sequence[str]) -> list[dict[str, object]]:
    """The whole list as it is to be, with the flags that addresses have already."""
    held = {str(each.get("email_address", "")).lower(): each for each in _entries(row)}
    flags = ("invalid_email", "opt_out")
    return [
        {
            "email_address": email,
            "primary_address": place == 0,
            **{flag: held[email.lower()][flag] for flag in flags if flag in held.get(email.lower(), {})},
        }
        for place, email in enumerate(wanted)
    ]


def values_of(kind: RecordKind, specs: Iterable[FieldSpec], described: Described, fields: Fields) -> dict[str, object]:
    """What is sent for checked fields, but for addresses. Errors: Rejected for text where the CRM has a number."""
    known = {spec.name: spec for spec in specs}
    sent, wrong = dict[str, object](), dict[str, str]()
    for name, value in fields.items():
        spec = known[name]
        if not spec.vendor_name or spec.type is FieldType.EMAIL:
            continue
        is_number = str(described.get(spec.vendor_name, {}).get("type")) in NUMBERS
        if is_number and isinstance(value, str) and not _NUMBER.fullmatch(value):
            wrong[name] = f"{spec.label} must be a number with a decimal point."
        sent[spec.vendor_name] = _sent(spec, value)
    if wrong:
        raise rejected(kind, wrong)
    return sent


def _entries(row: Row) -> list[Mapping[str, object]]:
    listed = row.get("email")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _fields_of(row: Row, specs: Iterable[FieldSpec]) -> dict[str, FieldValue]:
    main, *others = addresses_of(row) or [str(row.get("email1") or "")]
    found: dict[str, FieldValue] = {}
    for spec in specs:
        if spec.name == "other_emails":
            found[spec.name] = tuple(others)
        elif spec.type is FieldType.EMAIL:
            found[spec.name] = main
        else:
            found[spec.name] = _held(spec, row.get(spec.vendor_name))
    return {name: value for name, value in found.items() if not is_empty(value)}


def _held(spec: FieldSpec, value: object) -> FieldValue:
    if spec.type is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else value in ("1", 1, "true") if value not in (None, "") else None
    if spec.type is FieldType.TEXTS:
        return tuple(str(part) for part in value if part) if isinstance(value, list) else ()
    if value is None or isinstance(value, dict | list) or value == "":
        return None
    if spec.type is FieldType.MONEY:
        return money_text(value)
    return _text(spec, str(value))


def _text(spec: FieldSpec, text: str) -> FieldValue:
    if spec.type is FieldType.PERCENT:
        return round(float(text)) if _NUMBER.fullmatch(text) else None
    if spec.type is FieldType.DATETIME:
        at = time_of(text)
        return iso_time(at) if at is not None else None
    return text[:10] if spec.type is FieldType.DATE else text


def _sent(spec: FieldSpec, value: FieldValue) -> object:
    if value is None:
        return [] if spec.type is FieldType.TEXTS else ""
    if spec.type is FieldType.DATETIME:
        return str(value).replace("Z", "+00:00")
    return list(value) if isinstance(value, tuple) else value
