"""Our words for SuiteCRM's fields, and what each becomes on the way: one table per kind of record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from crm_adapters.sugar_family import TYPES, known_fields, spec
from crm_adapters.suitecrm.dialect import VendorField
from crm_model.records import FieldSpec, FieldType, RecordKind

LINKS = {
    RecordKind.LEAD: ("email_addresses",),
    RecordKind.CONTACT: ("email_addresses",),
    RecordKind.ACCOUNT: (),
    RecordKind.OPPORTUNITY: ("contacts",),
}
"""What a row has to bring along: further addresses, the people of a deal."""

ALWAYS = ("date_modified", "modified_by_name", "email2")
_SHARED = known_fields("email1")
_NAME, _ACCOUNT, *_OF_OPPORTUNITY = _SHARED[RecordKind.OPPORTUNITY]
_PEOPLE = spec("other_contacts", "Contacts", FieldType.REFERENCES, "", target=RecordKind.CONTACT)
_KNOWN = {**_SHARED, RecordKind.OPPORTUNITY: (_NAME, _ACCOUNT, _PEOPLE, *_OF_OPPORTUNITY)}
_LONGEST = {FieldType.LONG_TEXT: 20_000, FieldType.EMAIL: 100, FieldType.EMAILS: 100}
"""Characters: a text column holds 65,535 bytes, of up to three for a character."""

_TYPES = TYPES | {"double": FieldType.TEXT, "dynamicenum": FieldType.PICKLIST}
_NOT_SHOWN = {
    "date_entered",
    "date_modified",
    "deleted",
    "converted",
    "invalid_email",
    "email_opt_out",
    "email1",
    "email2",
    "amount_usdollar",
}
_HELPERS = (
    "accept_status",
    "event_",
    "webtolead_",
    "opportunity_role",
    "jjwg_maps_",
    "portal_",
    "joomla_",
    "sync_contact",
)
"""Columns of relations and of other features that the server lists among a module's fields."""


def specs_of(kind: RecordKind, described: Mapping[str, VendorField]) -> tuple[FieldSpec, ...]:
    """The fields of a kind: those we have words for, as far as the server has them, then all others."""
    known = [_known(spec, described.get(spec.vendor_name)) for spec in _KNOWN[kind]]
    found = [spec for spec in known if spec is not None]
    taken = {spec.vendor_name for spec in _KNOWN[kind]} | {spec.name for spec in _KNOWN[kind]}
    return (*found, *_extra(each for name, each in described.items() if name not in taken))


def _known(spec: FieldSpec, vendor: VendorField | None) -> FieldSpec | None:
    if not spec.vendor_name:
        return replace(spec, max_length=_LONGEST.get(spec.type))
    if vendor is None:
        return None
    kind = spec.type
    if kind is FieldType.PICKLIST and not vendor.options:
        kind = FieldType.TEXT
    # The server has no opinion on names of people: a lead with only a first name is one.
    required = spec.required or (vendor.required and spec.name != "last_name" and not spec.read_only)
    length = vendor.length if kind in (FieldType.TEXT, FieldType.PHONE, FieldType.URL) else _LONGEST.get(kind)
    return replace(
        spec,
        type=kind,
        label=vendor.label or spec.label,
        required=required,
        options=_options(vendor),
        max_length=length,
    )


def _extra(described: Iterable[VendorField]) -> list[FieldSpec]:
    found = []
    for vendor in described:
        kind = _TYPES.get(vendor.type)
        hidden = vendor.name in _NOT_SHOWN or vendor.name.startswith(_HELPERS) or not vendor.stored
        if kind is None or hidden:
            continue
        if kind is FieldType.PICKLIST and not vendor.options:
            kind = FieldType.TEXT
        label = vendor.label or vendor.name.removesuffix("_c").replace("_", " ").capitalize()
        length = vendor.length if kind in (FieldType.TEXT, FieldType.PHONE, FieldType.URL) else _LONGEST.get(kind)
        found.append(
            FieldSpec(
                vendor.name,
                label,
                kind,
                options=_options(vendor),
                max_length=length,
                vendor_name=vendor.name,
                extra=True,
            )
        )
    return found


def _options(vendor: VendorField) -> tuple[tuple[str, str], ...]:
    return tuple((value, label) for value, label in vendor.options if value)
