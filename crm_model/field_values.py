"""Field values made fit for storage, and their way to JSON and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm_model.changes import MailFile
from crm_model.records import Conversion, Fields, FieldValue, RecordKind

Packed = dict[str, object]
"""Fields as JSON holds them: tuples are lists."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSED_STAGE = re.compile(r"\b(closed|won|lost|cancelled)\b")
LOCAL_REFERENCE = "local:"
"""What precedes the database's own id of a record that its CRM does not have yet."""


def clean_text(text: str) -> str:
    """Text without NULs and lone surrogates, which no database stores."""
    if text.isascii() and "\x00" not in text:  # most of it, and this is asked of every value
        return text
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def clean_value(value: FieldValue) -> FieldValue:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, tuple):
        return tuple(clean_text(part) for part in value)
    return value


def clean_fields(fields: Fields) -> dict[str, FieldValue]:
    return {clean_text(name): clean_value(value) for name, value in fields.items()}


def pack_value(value: FieldValue) -> object:
    return list(value) if isinstance(value, tuple) else value


def unpack_value(value: object) -> FieldValue:
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    return value if value is None or isinstance(value, str | int) else str(value)


def pack_fields(fields: Fields) -> Packed:
    """Fields ready for JSON, cleaned."""
    return {name: pack_value(value) for name, value in clean_fields(fields).items()}


def unpack_fields(packed: object) -> dict[str, FieldValue]:
    """The reverse of `pack_fields`; anything but an object is no fields."""
    if not isinstance(packed, Mapping):
        return {}
    return {str(name): unpack_value(value) for name, value in packed.items()}


def pack_conversion(conversion: Conversion) -> Packed:
    return {
        "account": pack_fields(conversion.account),
        "contact": pack_fields(conversion.contact),
        "opportunity": pack_fields(conversion.opportunity),
        "account_id": conversion.account_id,
    }


def unpack_conversion(packed: object) -> Conversion:
    parts = packed if isinstance(packed, Mapping) else {}
    return Conversion(
        account=unpack_fields(parts.get("account")),
        contact=unpack_fields(parts.get("contact")),
        opportunity=unpack_fields(parts.get("opportunity")),
        account_id=str(parts.get("account_id") or ""),
    )


def pack_file(file: MailFile) -> Packed:
    return {
        "message": file.message_id,
        "part": file.part,
        "name": clean_text(file.name),
        "type": clean_text(file.content_type),
        "size": file.size_bytes,
    }


def unpack_file(packed: object) -> MailFile:
    parts = packed if isinstance(packed, Mapping) else {}
    return MailFile(
        message_id=int(parts.get("message") or 0),
        part=str(parts.get("part") or ""),
        name=str(parts.get("name") or ""),
        content_type=str(parts.get("type") or ""),
        size_bytes=int(parts.get("size") or 0),
    )


def is_empty(value: FieldValue) -> bool:
    """CRMs don't tell "no value" from empty text or an empty list."""
    return value is None or value in ("", ())


def same_value(one: FieldValue, other: FieldValue) -> bool:
    """Whether two values mean the same to a CRM."""
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_open(kind: RecordKind, fields: Fields, state: str = "live") -> bool:
    """Whether work goes on: an opportunity neither won nor lost, a lead not converted; others unless deleted."""
    if state != "live":
        return False
    if kind is RecordKind.LEAD:
        return not fields.get("converted_contact_id")
    if kind is not RecordKind.OPPORTUNITY:
        return True
    probability = fields.get("probability")
    if isinstance(probability, int):
        return 0 < probability < 100
    return not _CLOSED_STAGE.search(str(fields.get("stage") or "").lower().replace("_", " "))


def money_words(amount: str) -> str:
    """ "1250000.00" as "1 250 000", cents only where there are any; other text as it is."""
    whole, _, cents = amount.partition(".")
    if not whole.lstrip("-").isdigit():
        return amount or "–"
    grouped = f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{grouped}.{cents}" if cents.strip("0") else grouped
