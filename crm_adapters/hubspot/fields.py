"""Our words and HubSpot's: types of objects, properties, lifecycle stages.

HubSpot has no leads of its own in every edition: a lead is a contact at an early lifecycle stage, and it becomes our
contact by moving to a later one, with the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crm_adapters.conversion import became_specs
from crm_model.records import FieldSpec, FieldType, RecordKind

TYPES = {
    RecordKind.LEAD: "contacts",
    RecordKind.CONTACT: "contacts",
    RecordKind.ACCOUNT: "companies",
    RecordKind.OPPORTUNITY: "deals",
}
LEAD_STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead")
STAGE, WAS_LEAD = "lifecyclestage", "hs_lifecyclestage_lead_date"
MODIFIED = {"contacts": "lastmodifieddate"}
_MODIFIED_OF_OTHERS = "hs_lastmodifieddate"

_PERSON = {
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "other_emails": "hs_additional_emails",
    "phone": "phone",
    "mobile": "mobilephone",
    "title": "jobtitle",
    "company": "company",
    "website": "website",
    "street": "address",
    "postcode": "zip",
    "city": "city",
    "country": "country",
    "status": "hs_lead_status",
    "description": "message",
    "owner": "hubspot_owner_id",
}
NAMES: dict[RecordKind, dict[str, str]] = {
    RecordKind.LEAD: _PERSON,
    RecordKind.CONTACT: {name: own for name, own in _PERSON.items() if name != "company"},
    RecordKind.ACCOUNT: {
        "name": "name",
        "website": "website",
        "domains": "domain",
        "phone": "phone",
        "industry": "industry",
        "owner": "hubspot_owner_id",
        "description": "description",
    },
    RecordKind.OPPORTUNITY: {
        "name": "dealname",
        "stage": "dealstage",
        "probability": "hs_deal_stage_probability",
        "amount": "amount",
        "currency": "deal_currency_code",
        "closes_on": "closedate",
        "owner": "hubspot_owner_id",
        "description": "description",
    },
}
LINKS: dict[RecordKind, dict[str, RecordKind]] = {
    RecordKind.LEAD: {},
    RecordKind.CONTACT: {"account_id": RecordKind.ACCOUNT},
    RecordKind.ACCOUNT: {},
    RecordKind.OPPORTUNITY: {"account_id": RecordKind.ACCOUNT, "contact_id": RecordKind.CONTACT},
}
"""Our fields that are associations there."""
_OURS = {
    "email": FieldType.EMAIL,
    "other_emails": FieldType.EMAILS,
    "website": FieldType.URL,
    "domains": FieldType.TEXTS,
    "phone": FieldType.PHONE,
    "mobile": FieldType.PHONE,
    "owner": FieldType.OWNER,
    "amount": FieldType.MONEY,
    "probability": FieldType.PERCENT,
    "closes_on": FieldType.DATE,
    "description": FieldType.LONG_TEXT,
}
_TYPES = {
    "string": FieldType.TEXT,
    "number": FieldType.TEXT,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "bool": FieldType.BOOLEAN,
    "phone_number": FieldType.PHONE,
}
_READ_ONLY = frozenset({"other_emails", "probability"})
_REQUIRED = frozenset({"name"})
_WORTH_SHOWING = frozenset({"address", "city", "zip", "state", "country", "numberofemployees", "annualrevenue"})
_LINE, _TEXT = 10_000, 65_000


def modified_property(type_name: str) -> str:
    return MODIFIED.get(type_name, _MODIFIED_OF_OTHERS)


def specs_of(kind: RecordKind, properties: Iterable[Mapping[str, object]]) -> tuple[FieldSpec, ...]:
    """The fields of a kind, ours first, then what the account added to HubSpot's own."""
    return tuple(_specs(kind, {str(each.get("name")): each for each in properties}))


def _specs(kind: RecordKind, properties: Mapping[str, Mapping[str, object]]) -> Iterator[FieldSpec]:
    for name, own in NAMES[kind].items():
        found = properties.get(own)
        if found is not None and (spec := _spec(name, found)) is not None:
            yield spec
    for name, target in LINKS[kind].items():
        yield FieldSpec(
            name, {"account_id": "Account", "contact_id": "Contact"}[name], FieldType.REFERENCE, target=target
        )
    if kind is RecordKind.LEAD:
        yield from became_specs()
    taken = {*NAMES[kind], *NAMES[kind].values(), *LINKS[kind], STAGE}
    for own, found in properties.items():
        if own not in taken and _is_worth_it(own, found) and (spec := _spec(own, found, extra=True)) is not None:
            yield spec


def _is_worth_it(own: str, found: Mapping[str, object]) -> bool:
    added = found.get("hubspotDefined") is not True and not own.startswith("hs_")
    return (added or own in _WORTH_SHOWING) and found.get("hidden") is not True


def _spec(name: str, found: Mapping[str, object], *, extra: bool = False) -> FieldSpec | None:
    kind = _type_of(name, found, extra=extra)
    options = _options(found) if kind in (FieldType.PICKLIST, FieldType.TEXTS) else ()
    if kind is None or (kind is FieldType.PICKLIST and not options):
        return None
    told = found.get("modificationMetadata")
    fixed = isinstance(told, dict) and told.get("readOnlyValue") is True
    return FieldSpec(
        name,
        str(found.get("label") or name),
        kind,
        required=name in _REQUIRED and not extra,
        read_only=fixed or found.get("calculated") is True or (name in _READ_ONLY and not extra),
        options=options,
        max_length=_TEXT if kind is FieldType.LONG_TEXT else _LINE if kind in _LINES else None,
        vendor_name=str(found["name"]),
        extra=extra,
    )


_LINES = frozenset({FieldType.TEXT, FieldType.EMAIL, FieldType.EMAILS, FieldType.PHONE, FieldType.URL, FieldType.TEXTS})


def _type_of(name: str, found: Mapping[str, object], *, extra: bool) -> FieldType | None:
    if not extra and name in _OURS:
        return _OURS[name]
    own, widget = str(found.get("type", "")), str(found.get("fieldType", ""))
    if own == "enumeration":
        if widget == "booleancheckbox":
            return FieldType.BOOLEAN
        return FieldType.TEXTS if widget == "checkbox" else FieldType.PICKLIST
    if own == "string" and widget in ("textarea", "html"):
        return FieldType.LONG_TEXT
    return _TYPES.get(own)


def _options(found: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    listed = found.get("options")
    return tuple(
        (str(one["value"]), str(one.get("label") or one["value"]))
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and one.get("value") not in (None, "") and one.get("hidden") is not True
    )
