"""Our words for Sugar's fields, and what the server's metadata makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm_adapters.spelling import whole_of
from crm_adapters.sugar_family import TYPES, emails, known_fields
from crm_model.records import FieldSpec, FieldType, RecordKind

Described = Mapping[str, Mapping[str, object]]
"""A module's fields as the metadata tells them, by name."""

_SHARED = known_fields("email")
_NAME, *_OF_ACCOUNT = _SHARED[RecordKind.ACCOUNT]
_KNOWN = {**_SHARED, RecordKind.ACCOUNT: (_NAME, emails("email")[0], *_OF_ACCOUNT)}
_TYPES = TYPES | {"longtext": FieldType.LONG_TEXT}
NUMBERS = {"int", "decimal", "float", "double"}
_LINES = (FieldType.TEXT, FieldType.PHONE, FieldType.URL)
_NOT_SHOWN = {"deleted", "converted", "date_entered", "date_modified", "following", "my_favorite", "sync_key", "email1"}
_LONGEST = {FieldType.LONG_TEXT: 20_000, FieldType.EMAIL: 250, FieldType.EMAILS: 250}


def picklists_of(kind: RecordKind, described: Described) -> tuple[str, ...]:
    """The server's names of the fields whose options have to be asked for."""
    wanted = {spec.vendor_name for spec in _KNOWN[kind] if spec.type is FieldType.PICKLIST}
    extra = {
        name for name, each in described.items() if each.get("type") in ("enum", "radioenum") and _is_shown(name, each)
    }
    return tuple(sorted((wanted & described.keys()) | extra))


def specs_of(
    kind: RecordKind, described: Described, options: Mapping[str, tuple[tuple[str, str], ...]]
) -> tuple[FieldSpec, ...]:
    """The fields of a kind: those we have words for, as far as the server has them, then all others."""
    known = [_fitted(spec, described.get(spec.vendor_name), options) for spec in _KNOWN[kind]]
    taken = {spec.vendor_name for spec in _KNOWN[kind]} | {spec.name for spec in _KNOWN[kind]}
    extra = [
        _fitted(_unknown(name, _TYPES[str(each.get("type"))]), each, options)
        for name, each in described.items()
        if name not in taken and _is_shown(name, each)
    ]
    return tuple(spec for spec in (*known, *extra) if spec is not None)


def _fitted(
    spec: FieldSpec, vendor: Mapping[str, object] | None, options: Mapping[str, tuple[tuple[str, str], ...]]
) -> FieldSpec | None:
    if not spec.vendor_name:
        return replace(spec, max_length=_LONGEST.get(spec.type))
    if vendor is None:
        return None
    found = options.get(spec.vendor_name, ())
    kind = FieldType.TEXT if spec.type is FieldType.PICKLIST and not found else spec.type
    length = str(vendor.get("len") or "")
    # With revenue line items the amounts of an opportunity are sums that nobody can set.
    read_only = spec.read_only or bool(vendor.get("readonly")) or bool(vendor.get("calculated"))
    required = spec.required or (vendor.get("required") is True and spec.name != "last_name" and not read_only)
    return replace(
        spec,
        type=kind,
        read_only=read_only,
        required=required,
        options=found if kind is FieldType.PICKLIST else (),
        max_length=(whole_of(length) if kind in _LINES else None) or _LONGEST.get(kind),
    )


def _unknown(name: str, kind: FieldType) -> FieldSpec:
    label = name.removesuffix("_c").replace("_", " ").capitalize()
    return FieldSpec(name, label, kind, vendor_name=name, extra=True)


def _is_shown(name: str, vendor: Mapping[str, object]) -> bool:
    hidden = name in _NOT_SHOWN or name.startswith(("_", "dnb_", "portal_", "accept_", "mkto_"))
    return not hidden and vendor.get("source") != "non-db" and str(vendor.get("type")) in _TYPES
