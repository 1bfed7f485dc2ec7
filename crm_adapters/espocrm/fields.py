"""Our words and EspoCRM's, and the fields of a server as its metadata describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crm_adapters.espocrm.api import Row, as_row
from crm_model.records import FieldSpec, FieldType, RecordKind

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
ENTITIES = {LEAD: "Lead", CONTACT: "Contact", ACCOUNT: "Account", OPPORTUNITY: "Opportunity"}
KINDS = {entity: kind for kind, entity in ENTITIES.items()}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One of our fields: EspoCRM's field, the attribute that holds its value, our label."""

    name: str
    field: str
    label: str
    type: FieldType
    attribute: str = ""
    target: RecordKind | None = None
    read_only: bool = False

    @property
    def held_in(self) -> str:
        return self.attribute or self.field


_PERSON = (
    Mapped("first_name", "firstName", "First name", FieldType.TEXT),
    Mapped("last_name", "lastName", "Last name", FieldType.TEXT),
    Mapped("email", "emailAddress", "E-mail", FieldType.EMAIL),
    Mapped("other_emails", "emailAddress", "Other e-mails", FieldType.EMAILS, "emailAddressData"),
    Mapped("phone", "phoneNumber", "Phone", FieldType.PHONE),
    Mapped("mobile", "phoneNumber", "Mobile", FieldType.PHONE, "phoneNumberData"),
)
_PLACE = (
    Mapped("street", "addressStreet", "Street", FieldType.TEXT),
    Mapped("postcode", "addressPostalCode", "Postcode", FieldType.TEXT),
    Mapped("city", "addressCity", "City", FieldType.TEXT),
    Mapped("country", "addressCountry", "Country", FieldType.TEXT),
)
_OWNER = Mapped("owner", "assignedUser", "Owner", FieldType.OWNER, "assignedUserId")
_DESCRIPTION = Mapped("description", "description", "Description", FieldType.LONG_TEXT)


def _link(name: str, field: str, label: str, target: RecordKind, *, read_only: bool = False) -> Mapped:
    return Mapped(name, field, label, FieldType.REFERENCE, f"{field}Id", target, read_only)


MAPPING: dict[RecordKind, tuple[Mapped, ...]] = {
    LEAD: (
        *_PERSON,
        Mapped("title", "title", "Title", FieldType.TEXT),
        Mapped("company", "accountName", "Company", FieldType.TEXT),
        Mapped("website", "website", "Website", FieldType.URL),
        *_PLACE,
        Mapped("status", "status", "Status", FieldType.PICKLIST),
        Mapped("source", "source", "Source", FieldType.PICKLIST),
        _DESCRIPTION,
        _OWNER,
        _link("converted_contact_id", "createdContact", "Became contact", CONTACT, read_only=True),
        _link("converted_account_id", "createdAccount", "Became account", ACCOUNT, read_only=True),
        _link("converted_opportunity_id", "createdOpportunity", "Became opportunity", OPPORTUNITY, read_only=True),
    ),
    CONTACT: (
        *_PERSON,
        # The title is the role at the account: without an account EspoCRM drops it.
        Mapped("title", "title", "Title", FieldType.TEXT),
        *_PLACE,
        _link("account_id", "account", "Account", ACCOUNT),
        _OWNER,
        _DESCRIPTION,
    ),
    ACCOUNT: (
        Mapped("name", "name", "Name", FieldType.TEXT),
        Mapped("website", "website", "Website", FieldType.URL),
        Mapped("phone", "phoneNumber", "Phone", FieldType.PHONE),
        Mapped("industry", "industry", "Industry", FieldType.PICKLIST),
        _OWNER,
        _DESCRIPTION,
    ),
    OPPORTUNITY: (
        Mapped("name", "name", "Name", FieldType.TEXT),
        _link("account_id", "account", "Account", ACCOUNT),
        _link("contact_id", "contact", "Contact", CONTACT),
        Mapped("other_contacts", "contacts", "Other contacts", FieldType.REFERENCES, "contactsIds", CONTACT),
        Mapped("stage", "stage", "Stage", FieldType.PICKLIST),
        Mapped("probability", "probability", "Probability", FieldType.PERCENT),
        Mapped("amount", "amount", "Amount", FieldType.MONEY),
        Mapped("currency", "amount", "Currency", FieldType.PICKLIST, "amountCurrency"),
        Mapped("closes_on", "closeDate", "Closes on", FieldType.DATE),
        _OWNER,
        _DESCRIPTION,
    ),
}
_EXTRA_TYPES = {
    "varchar": FieldType.TEXT,
    "text": FieldType.LONG_TEXT,
    "enum": FieldType.PICKLIST,
    "bool": FieldType.BOOLEAN,
    "int": FieldType.TEXT,
    "float": FieldType.TEXT,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "url": FieldType.URL,
    "multiEnum": FieldType.TEXTS,
    "array": FieldType.TEXTS,
}
_STAMPS = {"createdAt", "modifiedAt", "streamUpdatedAt"}  # they move without a change of content
NUMBERS = {"int", "float"}
_VARCHAR, _URL, _ADDRESS, _PHONE = 255, 255, 255, 36
_LENGTHS = {"varchar": _VARCHAR, "url": _URL, "email": _ADDRESS, "phone": _PHONE}
_FILLED = {"probability", "owner"}  # what we put in ourselves where the server insists
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of one kind on one server: specs for the world, EspoCRM's types and the stage's probabilities."""

    specs: tuple[FieldSpec, ...]
    mapped: Mapping[str, Mapped]
    types: Mapping[str, str]
    probabilities: Mapping[str, int]
    phone_types: tuple[str, ...]
    versioned: bool = False


def schema_of(kind: RecordKind, metadata: Row, currencies: Iterable[str]) -> Schema:
    """What the server's metadata says of a kind, ours first, then what only this server has."""
    definitions = as_row(as_row(metadata.get("entityDefs")).get(ENTITIES[kind]))
    fields = {name: as_row(each) for name, each in as_row(definitions.get("fields")).items()}
    ours = [each for each in MAPPING[kind] if each.field in fields]
    known = {part for each in MAPPING[kind] for part in (each.field, each.name)}
    extra = [
        Mapped(name, name, _WORDS.sub(" ", name).capitalize(), _EXTRA_TYPES[str(field["type"])])
        for name, field in fields.items()
        if name not in known | _STAMPS and str(field.get("type")) in _EXTRA_TYPES and not field.get("notStorable")
    ]
    mapped = {each.name: each for each in (*ours, *extra)}
    specs = [_spec(each, fields, metadata, currencies, extra=each in extra) for each in mapped.values()]
    stages = as_row(as_row(fields.get("stage")).get("probabilityMap"))
    phones = as_row(fields.get("phoneNumber")).get("typeList")
    kept = tuple(spec for spec in specs if spec.type is not FieldType.PICKLIST or spec.options)
    return Schema(
        specs=kept,
        mapped={spec.name: mapped[spec.name] for spec in kept},
        types={name: str(field.get("type", "")) for name, field in fields.items()},
        probabilities={stage: value for stage, value in stages.items() if isinstance(value, int)},
        phone_types=tuple(str(each) for each in phones) if isinstance(phones, list) else (),
        versioned=definitions.get("optimisticConcurrencyControl") is True,
    )


def _spec(
    mapped: Mapped, fields: Mapping[str, Row], metadata: Row, currencies: Iterable[str], *, extra: bool
) -> FieldSpec:
    field = fields[mapped.field]
    is_main = mapped.attribute in ("", f"{mapped.field}Id")
    longest = field.get("maxLength") or _LENGTHS.get(str(field.get("type")))
    options = tuple((code, code) for code in currencies) if mapped.name == "currency" else _options(field, metadata)
    return FieldSpec(
        mapped.name,
        mapped.label,
        mapped.type,
        required=bool(field.get("required")) and is_main and mapped.name not in _FILLED,
        read_only=mapped.read_only or bool(field.get("readOnly")),
        options=options if mapped.type is FieldType.PICKLIST else (),
        target=mapped.target,
        max_length=longest if isinstance(longest, int) else None,
        vendor_name=mapped.field,
        extra=extra,
    )


def _options(field: Row, metadata: Row) -> tuple[tuple[str, str], ...]:
    listed = field.get("options")
    reference = field.get("optionsReference")
    if not isinstance(listed, list) and isinstance(reference, str):
        entity, _, name = reference.partition(".")
        listed = as_row(as_row(as_row(as_row(metadata.get("entityDefs")).get(entity)).get("fields")).get(name)).get(
            "options"
        )
    return tuple((str(each), str(each)) for each in listed if each) if isinstance(listed, list) else ()
