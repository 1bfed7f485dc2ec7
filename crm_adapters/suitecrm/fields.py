"""Our words for SuiteCRM's fields, and what each becomes on the way: one table per kind of record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from crm_adapters.suitecrm.dialect import VendorField
from crm_model.records import FieldSpec, FieldType, RecordKind

MODULES = {
    RecordKind.LEAD: "Leads",
    RecordKind.CONTACT: "Contacts",
    RecordKind.ACCOUNT: "Accounts",
    RecordKind.OPPORTUNITY: "Opportunities",
}
KINDS = {module: kind for kind, module in MODULES.items()}
LINKS = {
    RecordKind.LEAD: ("email_addresses",),
    RecordKind.CONTACT: ("email_addresses",),
    RecordKind.ACCOUNT: (),
    RecordKind.OPPORTUNITY: ("contacts",),
}
"""What a row has to bring along: further addresses, the people of a deal."""

ALWAYS = ("date_modified", "modified_by_name", "email2")
CONVERTED = "Converted"
_ACCOUNT, _CONTACT = RecordKind.ACCOUNT, RecordKind.CONTACT


def _spec(
    name: str,
    label: str,
    kind: FieldType,
    vendor_name: str,
    *,
    required: bool = False,
    read_only: bool = False,
    target: RecordKind | None = None,
) -> FieldSpec:
    return FieldSpec(name, label, kind, required, read_only, target=target, vendor_name=vendor_name)


_PERSON = (
    _spec("first_name", "First name", FieldType.TEXT, "first_name"),
    _spec("last_name", "Last name", FieldType.TEXT, "last_name"),
    _spec("email", "E-mail", FieldType.EMAIL, "email1"),
    _spec("other_emails", "Other e-mails", FieldType.EMAILS, ""),
    _spec("phone", "Phone", FieldType.PHONE, "phone_work"),
    _spec("mobile", "Mobile", FieldType.PHONE, "phone_mobile"),
    _spec("title", "Title", FieldType.TEXT, "title"),
)
_ADDRESS = (
    _spec("street", "Street", FieldType.TEXT, "primary_address_street"),
    _spec("postcode", "Postcode", FieldType.TEXT, "primary_address_postalcode"),
    _spec("city", "City", FieldType.TEXT, "primary_address_city"),
    _spec("country", "Country", FieldType.TEXT, "primary_address_country"),
)
_DESCRIPTION = _spec("description", "Description", FieldType.LONG_TEXT, "description")
_OWNER = _spec("owner", "Owner", FieldType.OWNER, "assigned_user_id")
_SOURCE = _spec("source", "Source", FieldType.PICKLIST, "lead_source")
_WEBSITE = _spec("website", "Website", FieldType.URL, "website")


def _became(name: str, label: str, vendor_name: str, target: RecordKind) -> FieldSpec:
    return _spec(name, label, FieldType.REFERENCE, vendor_name, target=target, read_only=True)


_KNOWN: dict[RecordKind, tuple[FieldSpec, ...]] = {
    RecordKind.LEAD: (
        *_PERSON,
        _spec("company", "Company", FieldType.TEXT, "account_name"),
        _WEBSITE,
        *_ADDRESS,
        _spec("status", "Status", FieldType.PICKLIST, "status"),
        _SOURCE,
        _DESCRIPTION,
        _OWNER,
        _became("converted_contact_id", "Became contact", "contact_id", _CONTACT),
        _became("converted_account_id", "Became account", "account_id", _ACCOUNT),
        _became("converted_opportunity_id", "Became opportunity", "opportunity_id", RecordKind.OPPORTUNITY),
    ),
    RecordKind.CONTACT: (
        *_PERSON,
        *_ADDRESS,
        _spec("account_id", "Account", FieldType.REFERENCE, "account_id", target=_ACCOUNT),
        _SOURCE,
        _OWNER,
        _DESCRIPTION,
    ),
    RecordKind.ACCOUNT: (
        _spec("name", "Name", FieldType.TEXT, "name", required=True),
        _WEBSITE,
        _spec("phone", "Phone", FieldType.PHONE, "phone_office"),
        _spec("industry", "Industry", FieldType.PICKLIST, "industry"),
        _spec("employees", "Employees", FieldType.TEXT, "employees"),
        _spec("parent_id", "Part of", FieldType.REFERENCE, "parent_id", target=_ACCOUNT),
        _OWNER,
        _DESCRIPTION,
    ),
    RecordKind.OPPORTUNITY: (
        _spec("name", "Name", FieldType.TEXT, "name", required=True),
        _spec("account_id", "Account", FieldType.REFERENCE, "account_id", target=_ACCOUNT),
        _spec("other_contacts", "Contacts", FieldType.REFERENCES, "", target=_CONTACT),
        _spec("stage", "Stage", FieldType.PICKLIST, "sales_stage"),
        _spec("probability", "Probability", FieldType.PERCENT, "probability"),
        _spec("amount", "Amount", FieldType.MONEY, "amount"),
        _spec("closes_on", "Closes on", FieldType.DATE, "date_closed"),
        _OWNER,
        _DESCRIPTION,
    ),
}
_LONGEST = {FieldType.LONG_TEXT: 20_000, FieldType.EMAIL: 100, FieldType.EMAILS: 100}
"""Characters: a text column holds 65,535 bytes, of up to three for a character."""

_TYPES = {
    "varchar": FieldType.TEXT,
    "text": FieldType.LONG_TEXT,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "datetimecombo": FieldType.DATETIME,
    "currency": FieldType.MONEY,
    "int": FieldType.TEXT,
    "float": FieldType.TEXT,
    "decimal": FieldType.TEXT,
    "double": FieldType.TEXT,
    "enum": FieldType.PICKLIST,
    "radioenum": FieldType.PICKLIST,
    "dynamicenum": FieldType.PICKLIST,
    "multienum": FieldType.TEXTS,
}
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
