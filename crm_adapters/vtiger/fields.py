"""Our words and vtiger's: modules, fields, what the columns hold, and what stands in for what vtiger must have."""

from __future__ import annotations

from collections.abc import Iterator

from crm_adapters.conversion import became_specs
from crm_adapters.vtiger.modules import Module, ModuleField
from crm_model.records import FieldSpec, FieldType, RecordKind

MODULES = {
    RecordKind.LEAD: "Leads",
    RecordKind.CONTACT: "Contacts",
    RecordKind.ACCOUNT: "Accounts",
    RecordKind.OPPORTUNITY: "Potentials",
}
KINDS = {module: kind for kind, module in MODULES.items()}

NAMES: dict[RecordKind, dict[str, str]] = {
    RecordKind.LEAD: {
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "other_emails": "secondaryemail",
        "phone": "phone",
        "mobile": "mobile",
        "title": "designation",
        "company": "company",
        "website": "website",
        "street": "lane",
        "postcode": "code",
        "city": "city",
        "country": "country",
        "industry": "industry",
        "status": "leadstatus",
        "source": "leadsource",
        "description": "description",
        "owner": "assigned_user_id",
    },
    RecordKind.CONTACT: {
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "other_emails": "secondaryemail",
        "phone": "phone",
        "mobile": "mobile",
        "title": "title",
        "street": "mailingstreet",
        "postcode": "mailingzip",
        "city": "mailingcity",
        "country": "mailingcountry",
        "account_id": "account_id",
        "source": "leadsource",
        "owner": "assigned_user_id",
        "description": "description",
    },
    RecordKind.ACCOUNT: {
        "name": "accountname",
        "website": "website",
        "phone": "phone",
        "industry": "industry",
        "parent_id": "account_id",
        "owner": "assigned_user_id",
        "description": "description",
    },
    RecordKind.OPPORTUNITY: {
        "name": "potentialname",
        "account_id": "related_to",
        "contact_id": "contact_id",
        "stage": "sales_stage",
        "probability": "probability",
        "amount": "amount",
        "closes_on": "closingdate",
        "number": "potential_no",
        "source": "leadsource",
        "owner": "assigned_user_id",
        "description": "description",
    },
}
MARK_FIELD = "source"
"""Where a record came from. vtiger takes it at the creation, never changes it, and lets it be searched."""

_HIDDEN = frozenset(
    {MARK_FIELD, "starred", "tags", "id", "modifiedtime", "modifiedby", "isconvertedfromlead", "label", "imagename"}
)
_TYPES = {
    "string": FieldType.TEXT,
    "text": FieldType.LONG_TEXT,
    "integer": FieldType.TEXT,
    "double": FieldType.TEXT,
    "currency": FieldType.MONEY,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "time": FieldType.TEXT,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "boolean": FieldType.BOOLEAN,
    "picklist": FieldType.PICKLIST,
    "multipicklist": FieldType.TEXTS,
    "reference": FieldType.REFERENCE,
    "owner": FieldType.OWNER,
}
_OURS = {"other_emails": FieldType.EMAILS, "probability": FieldType.PERCENT}
_NUMBERS = frozenset({"integer", "double"})
_DEFAULT_LENGTH = 100
_LENGTHS = {
    "firstname": 40,
    "lastname": 80,
    "accountname": 100,
    "potentialname": 120,
    "designation": 50,
    "title": 50,
    "phone": 50,
    "mobile": 50,
    "fax": 50,
    "city": 30,
    "code": 30,
    "state": 30,
    "pobox": 30,
    "country": 30,
    "lane": 250,
    "department": 30,
    "website": 255,
    "description": 65_000,
    "company": 100,
    "email": 100,
    "secondaryemail": 100,
}
"""Characters that the stock columns hold; MySQL cuts the rest without a word."""
_TIGHTER = {("Accounts", "phone"): 30, ("Accounts", "website"): 100}
STAND_INS = frozenset({"last_name", "company", "owner", "stage", "closes_on"})
"""Fields that vtiger may want and that are filled in where nobody said anything (`values.fill_in`)."""


def specs_of(kind: RecordKind, module: Module) -> tuple[FieldSpec, ...]:
    """The fields of a kind, ours first, then what vtiger has besides under its own names."""
    return tuple(_specs(kind, module))


def _specs(kind: RecordKind, module: Module) -> Iterator[FieldSpec]:
    names = NAMES[kind]
    for name, vendor_name in names.items():
        field = module.fields.get(vendor_name)
        if field is not None and (spec := _spec(name, field, module.name)) is not None:
            yield spec
    if kind is RecordKind.LEAD:
        yield from became_specs()
    taken = {*names, *names.values()} | _HIDDEN
    for field in module.fields.values():
        if field.name not in taken and (spec := _spec(field.name, field, module.name, extra=True)) is not None:
            yield spec


def _spec(name: str, field: ModuleField, module: str, *, extra: bool = False) -> FieldSpec | None:
    """None for what is no plain value: files, passwords, references to what we know nothing of, empty picklists."""
    kind = _OURS.get(name) or _TYPES.get(field.type)
    target = KINDS.get(field.targets[0]) if field.targets else None
    if kind is None or (kind is FieldType.REFERENCE and target is None):
        return None
    if kind is FieldType.PICKLIST and not field.options:
        return None
    return FieldSpec(
        name,
        field.label,
        kind,
        required=field.mandatory and name not in STAND_INS,
        read_only=not field.editable or field.type == "datetime",
        options=field.options if kind is FieldType.PICKLIST else (),
        target=target,
        max_length=_length(field, kind, module),
        vendor_name=field.name,
        extra=extra,
    )


def _length(field: ModuleField, kind: FieldType, module: str) -> int | None:
    if kind not in (
        FieldType.TEXT,
        FieldType.LONG_TEXT,
        FieldType.EMAIL,
        FieldType.EMAILS,
        FieldType.PHONE,
        FieldType.URL,
    ):
        return None
    if field.type in _NUMBERS:
        return 18
    tight = _TIGHTER.get((module, field.name))
    custom = 255 if field.name.startswith("cf_") or kind is FieldType.URL else _DEFAULT_LENGTH
    if kind is FieldType.LONG_TEXT:
        custom = _LENGTHS["description"] if field.name.startswith("cf_") else 250
    return tight or _LENGTHS.get(field.name, custom)
