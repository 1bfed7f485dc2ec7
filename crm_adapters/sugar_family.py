"""What SuiteCRM kept of the SugarCRM that it was forked from: modules, columns and their types, under our words."""

from __future__ import annotations

from crm_model.records import FieldSpec, FieldType, RecordKind

MODULES = {
    RecordKind.LEAD: "Leads",
    RecordKind.CONTACT: "Contacts",
    RecordKind.ACCOUNT: "Accounts",
    RecordKind.OPPORTUNITY: "Opportunities",
}
KINDS = {module: kind for kind, module in MODULES.items()}
CONVERTED = "Converted"

_ACCOUNT, _CONTACT = RecordKind.ACCOUNT, RecordKind.CONTACT


def spec(
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


def emails(column: str) -> tuple[FieldSpec, FieldSpec]:
    """The first address, which stands in `column`, and the others, which stand in none."""
    return (
        spec("email", "E-mail", FieldType.EMAIL, column),
        spec("other_emails", "Other e-mails", FieldType.EMAILS, ""),
    )


_NAMES = (
    spec("first_name", "First name", FieldType.TEXT, "first_name"),
    spec("last_name", "Last name", FieldType.TEXT, "last_name"),
)
_REACHED = (
    spec("phone", "Phone", FieldType.PHONE, "phone_work"),
    spec("mobile", "Mobile", FieldType.PHONE, "phone_mobile"),
    spec("title", "Title", FieldType.TEXT, "title"),
)
_ADDRESS = (
    spec("street", "Street", FieldType.TEXT, "primary_address_street"),
    spec("postcode", "Postcode", FieldType.TEXT, "primary_address_postalcode"),
    spec("city", "City", FieldType.TEXT, "primary_address_city"),
    spec("country", "Country", FieldType.TEXT, "primary_address_country"),
)
_DESCRIPTION = spec("description", "Description", FieldType.LONG_TEXT, "description")
_OWNER = spec("owner", "Owner", FieldType.OWNER, "assigned_user_id")
_SOURCE = spec("source", "Source", FieldType.PICKLIST, "lead_source")
_WEBSITE = spec("website", "Website", FieldType.URL, "website")


def _became(name: str, label: str, vendor_name: str, target: RecordKind) -> FieldSpec:
    return spec(name, label, FieldType.REFERENCE, vendor_name, target=target, read_only=True)


_OF_LEAD = (
    spec("company", "Company", FieldType.TEXT, "account_name"),
    _WEBSITE,
    *_ADDRESS,
    spec("status", "Status", FieldType.PICKLIST, "status"),
    _SOURCE,
    _DESCRIPTION,
    _OWNER,
    _became("converted_contact_id", "Became contact", "contact_id", _CONTACT),
    _became("converted_account_id", "Became account", "account_id", _ACCOUNT),
    _became("converted_opportunity_id", "Became opportunity", "opportunity_id", RecordKind.OPPORTUNITY),
)
_OF_CONTACT = (
    *_ADDRESS,
    spec("account_id", "Account", FieldType.REFERENCE, "account_id", target=_ACCOUNT),
    _SOURCE,
    _OWNER,
    _DESCRIPTION,
)
_OF_ACCOUNT = (
    spec("name", "Name", FieldType.TEXT, "name", required=True),
    _WEBSITE,
    spec("phone", "Phone", FieldType.PHONE, "phone_office"),
    spec("industry", "Industry", FieldType.PICKLIST, "industry"),
    spec("employees", "Employees", FieldType.TEXT, "employees"),
    spec("parent_id", "Part of", FieldType.REFERENCE, "parent_id", target=_ACCOUNT),
    _OWNER,
    _DESCRIPTION,
)
_OF_OPPORTUNITY = (
    spec("name", "Name", FieldType.TEXT, "name", required=True),
    spec("account_id", "Account", FieldType.REFERENCE, "account_id", target=_ACCOUNT),
    spec("stage", "Stage", FieldType.PICKLIST, "sales_stage"),
    spec("probability", "Probability", FieldType.PERCENT, "probability"),
    spec("amount", "Amount", FieldType.MONEY, "amount"),
    spec("closes_on", "Closes on", FieldType.DATE, "date_closed"),
    _OWNER,
    _DESCRIPTION,
)


def known_fields(email: str) -> dict[RecordKind, tuple[FieldSpec, ...]]:
    """Each kind's fields that both have; `email` is the column of a person's first address."""
    person = (*_NAMES, *emails(email), *_REACHED)
    return {
        RecordKind.LEAD: (*person, *_OF_LEAD),
        RecordKind.CONTACT: (*person, *_OF_CONTACT),
        RecordKind.ACCOUNT: _OF_ACCOUNT,
        RecordKind.OPPORTUNITY: _OF_OPPORTUNITY,
    }


TYPES = {
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
    "enum": FieldType.PICKLIST,
    "radioenum": FieldType.PICKLIST,
    "multienum": FieldType.TEXTS,
}
"""What a column of the server's type is to us; one of another type is not shown."""
