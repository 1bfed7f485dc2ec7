"""The sample's records, made in the embedded CRM; made before, they are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from crm_adapters.contract import Adapter
from crm_model.records import FieldValue, RecordKind

_ORDER = (RecordKind.ACCOUNT, RecordKind.CONTACT, RecordKind.OPPORTUNITY, RecordKind.LEAD)
_OWN_KEYS = frozenset({"key", "account", "contact", "closes_in_days"})

Tables = Mapping[str, list[dict[str, object]]]


def fill(adapter: Adapter, tables: Tables, today: date) -> None:
    """Create every record once: its key is its idempotency key. Errors: Rejected, Busy."""
    ids: dict[str, str] = {}
    for kind in _ORDER:
        for entry in tables.get(kind.value, []):
            key = str(entry["key"])
            ids[key] = adapter.create(kind, _fields(entry, ids, today), f"demo:{key}").id


def _fields(entry: Mapping[str, object], ids: Mapping[str, str], today: date) -> dict[str, FieldValue]:
    fields = {name: _value(value) for name, value in entry.items() if name not in _OWN_KEYS}
    for reference in ("account", "contact"):
        if reference in entry:
            fields[f"{reference}_id"] = ids[str(entry[reference])]
    if "closes_in_days" in entry:
        fields["closes_on"] = (today + timedelta(days=int(str(entry["closes_in_days"])))).isoformat()
    return fields


def _value(value: object) -> FieldValue:
    return tuple(str(item) for item in value) if isinstance(value, list) else str(value)
