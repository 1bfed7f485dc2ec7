"""Our words for Sugar's fields, and what the server's metadata makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm_model.records import FieldSpec, FieldType, RecordKind

MODULES = {
    RecordKind.LEAD: "Leads",
    RecordKind.CONTACT: "Contacts",
    RecordKind.ACCOUNT: "Accounts",
    RecordKind.OPPORTUNITY: "Opportunities",
}
KINDS = {module: kind for kind, module in MODULES.items()}
CONVERTED = "Converted"
Described = Mapping[str, Mapping[str, object]]
"""A module's fields as the metadata tells them, by name."""

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


_EMAILS = (
    _spec("email", "E-mail", FieldType.EMAIL, "email"),
    _spec("other_emails", "Other e-mails", FieldType.EMAILS, ""),
)
_PERSON = (
    _spec("first_name", "First name", FieldType.TEXT, "first_name"),
    _spec("last_name", "Last name", FieldType.TEXT, "last_name"),
    *_EMAILS,
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
        *_EMAILS[:1],
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
        _spec("stage", "Stage", FieldType.PICKLIST, "sales_stage"),
        _spec("probability", "Probability", FieldType.PERCENT, "probability"),
        _spec("amount", "Amount", FieldType.MONEY, "amount"),
        _spec("closes_on", "Closes on", FieldType.DATE, "date_closed"),
        _OWNER,
        _DESCRIPTION,
    ),
}
_TYPES = {
    "varchar": FieldType.TEXT,
    "text": FieldType.LONG_TEXT,
    "longtext": FieldType.LONG_TEXT,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "datetimecombo": FieldType.DATETIME,
    "currency": FieldType.MONEY,
    "int": FieldType.TEXT,
    "decimal": FieldType.TEXT,
    "float": FieldType.TEXT,
    "enum": FieldType.PICKLIST,
    "radioenum": FieldType.PICKLIST,
    "multienum": FieldType.TEXTS,
}
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
        max_length=int(length) if kind in _LINES and length.isdecimal() else _LONGEST.get(kind),
    )


def _unknown(name: str, kind: FieldType) -> FieldSpec:
    label = name.removesuffix("_c").replace("_", " ").capitalize()
    return FieldSpec(name, label, kind, vendor_name=name, extra=True)


def _is_shown(name: str, vendor: Mapping[str, object]) -> bool:
    hidden = name in _NOT_SHOWN or name.startswith(("_", "dnb_", "portal_", "accept_", "mkto_"))
    return not hidden and vendor.get("source") != "non-db" and str(vendor.get("type")) in _TYPES
