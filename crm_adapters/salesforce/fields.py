"""Our words and Salesforce's, and the fields of an organisation as its describe tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_adapters.salesforce.api import Row, as_row
from crm_adapters.spelling import iso_time, money_text, time_of
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, RecordKind

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
OBJECTS = {LEAD: "Lead", CONTACT: "Contact", ACCOUNT: "Account", OPPORTUNITY: "Opportunity"}

_PERSON = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "mobile": "MobilePhone",
    "title": "Title",
}
_COMMON = {"description": "Description", "owner": "OwnerId"}
MAPPING: dict[RecordKind, dict[str, str]] = {
    LEAD: {
        **_PERSON,
        "company": "Company",
        "website": "Website",
        "street": "Street",
        "postcode": "PostalCode",
        "city": "City",
        "country": "Country",
        "status": "Status",
        "source": "LeadSource",
        **_COMMON,
        "converted_contact_id": "ConvertedContactId",
        "converted_account_id": "ConvertedAccountId",
        "converted_opportunity_id": "ConvertedOpportunityId",
    },
    CONTACT: {
        **_PERSON,
        "street": "MailingStreet",
        "postcode": "MailingPostalCode",
        "city": "MailingCity",
        "country": "MailingCountry",
        "account_id": "AccountId",
        "source": "LeadSource",
        **_COMMON,
    },
    ACCOUNT: {
        "name": "Name",
        "website": "Website",
        "phone": "Phone",
        "industry": "Industry",
        "parent_id": "ParentId",
        **_COMMON,
    },
    OPPORTUNITY: {
        "name": "Name",
        "account_id": "AccountId",
        "stage": "StageName",
        "probability": "Probability",
        "amount": "Amount",
        "closes_on": "CloseDate",
        "source": "LeadSource",
        **_COMMON,
    },
}
_LABELS = {"owner": "Owner", "account_id": "Account", "parent_id": "Part of"}
_TARGETS = {
    "account_id": ACCOUNT,
    "parent_id": ACCOUNT,
    "converted_account_id": ACCOUNT,
    "converted_contact_id": CONTACT,
    "converted_opportunity_id": OPPORTUNITY,
}
_TYPES = {
    "string": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "picklist": FieldType.PICKLIST,
    "currency": FieldType.MONEY,
    "percent": FieldType.PERCENT,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "boolean": FieldType.BOOLEAN,
}


CONVERTED = re.compile(r"\n?\[converted to ([^\]]*)\]\s*$")
"""The last line of a lead's description after a conversion by hand: Salesforce keeps its own marks to itself."""
_MARKED = {"003": "converted_contact_id", "001": "converted_account_id", "006": "converted_opportunity_id"}


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of one kind: specs for the world, Salesforce's name of each."""

    specs: tuple[FieldSpec, ...]
    names: Mapping[str, str]

    def spec(self, name: str) -> FieldSpec:
        return next(each for each in self.specs if each.name == name)


def schema_of(kind: RecordKind, described: Row, key_field: str) -> Schema:
    """Ours first, then the organisation's own fields (`…__c`); the field with our keys is nobody's business."""
    listed = described.get("fields")
    fields = {str(as_row(each).get("name")): as_row(each) for each in listed} if isinstance(listed, list) else {}
    ours = {name: theirs for name, theirs in MAPPING[kind].items() if theirs in fields}
    own = {
        name: name
        for name, field in fields.items()
        if name.endswith("__c") and name != key_field and field.get("type") in _TYPES
    }
    names = {**ours, **own}
    specs = (_spec(name, fields[theirs], extra=name in own) for name, theirs in names.items())
    kept = tuple(spec for spec in specs if spec.type is not FieldType.PICKLIST or spec.options)
    return Schema(kept, {spec.name: spec.vendor_name for spec in kept})


def decode(schema: Schema, row: Row) -> dict[str, FieldValue]:
    """What a row holds, in our words; empty fields are left out."""
    found = {spec.name: _decoded(spec, row.get(spec.vendor_name)) for spec in schema.specs}
    marks = CONVERTED.search(str(found.get("description") or ""))
    if marks is not None and "converted_contact_id" in found:
        found["description"] = str(found["description"])[: marks.start()]
        found |= {_MARKED[each[:3]]: each for each in marks[1].split() if each[:3] in _MARKED}
    return {name: value for name, value in found.items() if not is_empty(value)}


def encode(schema: Schema, fields: Fields) -> dict[str, object]:
    """Salesforce's fields for ours; null clears."""
    return {schema.names[name]: _encoded(schema.spec(name), value) for name, value in fields.items()}


def _spec(name: str, field: Row, *, extra: bool) -> FieldSpec:
    kind = FieldType.OWNER if name == "owner" else _TYPES.get(str(field.get("type")), FieldType.TEXT)
    if name in _TARGETS:
        kind = FieldType.REFERENCE
    length = field.get("length")
    writable = field.get("createable") is not False and field.get("updateable") is not False
    must = field.get("nillable") is False and not field.get("defaultedOnCreate") and writable
    return FieldSpec(
        name,
        _LABELS.get(name) or str(field.get("label") or name),
        kind,
        required=must and kind not in (FieldType.BOOLEAN, FieldType.OWNER),
        read_only=not writable,
        options=_options(field) if kind is FieldType.PICKLIST else (),
        target=_TARGETS.get(name),
        max_length=length if isinstance(length, int) and length > 0 and kind is not FieldType.REFERENCE else None,
        vendor_name=str(field.get("name")),
        extra=extra,
    )


def _options(field: Row) -> tuple[tuple[str, str], ...]:
    listed = field.get("picklistValues")
    values = [as_row(each) for each in listed] if isinstance(listed, list) else []
    return tuple(
        (str(each.get("value")), str(each.get("label") or each.get("value")))
        for each in values
        if each.get("active") is not False
    )


def _decoded(spec: FieldSpec, value: object) -> FieldValue:
    if value is None:
        return None
    if spec.type is FieldType.MONEY:
        return money_text(value)
    if spec.type is FieldType.PERCENT:
        return round(value) if isinstance(value, int | float) else None
    if spec.type is FieldType.BOOLEAN:
        return value is True
    if spec.type is FieldType.DATETIME:
        at = time_of(value)
        return iso_time(at) if at is not None else None
    return str(value)


def _encoded(spec: FieldSpec, value: FieldValue) -> object:
    if spec.type is FieldType.BOOLEAN:
        return bool(value)
    if is_empty(value):
        return None
    return float(str(value)) if spec.type is FieldType.MONEY else value
