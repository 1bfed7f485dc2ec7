"""What the JSON:API answers, in the dialect's words: rows and descriptions of fields, with stock picklists."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crm_adapters.spelling import whole_of
from crm_adapters.suitecrm.dialect import Row, VendorField
from crm_adapters.suitecrm.text import from_server
from crm_model.errors import Unreachable

_SOURCES = (
    *("Cold Call", "Existing Customer", "Self Generated", "Employee", "Partner", "Public Relations", "Direct Mail"),
    *("Conference", "Trade Show", "Web Site", "Word of mouth", "Email", "Campaign", "Other"),
)
_STOCK: dict[tuple[str, str], tuple[str, ...]] = {
    ("Leads", "status"): ("New", "Assigned", "In Process", "Converted", "Recycled", "Dead"),
    ("Leads", "lead_source"): _SOURCES,
    ("Contacts", "lead_source"): _SOURCES,
    ("Opportunities", "sales_stage"): (
        *("Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers"),
        *("Perception Analysis", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"),
    ),
    ("Accounts", "industry"): (
        *("Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction", "Consulting"),
        *("Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance"),
        *("Government", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media"),
        *("Not For Profit", "Other", "Recreation", "Retail", "Shipping", "Technology", "Telecommunications"),
        *("Transportation", "Utilities"),
    ),
}
"""The API tells no options: these stand in a new installation; others are learned from the records."""


def row_of(data: object) -> Row:
    """One record. Errors: Unreachable."""
    attributes = data.get("attributes") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        raise Unreachable("The CRM answered something else than a record.")
    pairs = attributes.items() if isinstance(attributes, Mapping) else ()
    return Row(data["id"], {str(name): _text(value) for name, value in pairs})


def rows_of(document: Mapping[str, object]) -> list[Row]:
    data = document.get("data")
    return [row_of(each) for each in data] if isinstance(data, list) else []


def fields_of(
    module: str, document: Mapping[str, object], seen: Mapping[str, Collection[str]]
) -> dict[str, VendorField]:
    """Fields of a module; `seen` are values that records of it hold. Errors: Unreachable."""
    data = document.get("data")
    attributes = data.get("attributes") if isinstance(data, Mapping) else None
    if not isinstance(attributes, Mapping):
        raise Unreachable("The CRM does not describe its fields.")
    return {
        str(name): _field(module, str(name), described, seen.get(str(name), ()))
        for name, described in attributes.items()
        if isinstance(described, Mapping) and described.get("type") != "link"
    }


def learnable(module: str) -> tuple[str, ...]:
    """Fields whose values we learn from records."""
    return tuple(name for known, name in _STOCK if known == module)


def _field(module: str, name: str, described: Mapping[str, object], seen: Collection[str]) -> VendorField:
    options = dict.fromkeys((*_STOCK.get((module, name), ()), *sorted(seen)))
    return VendorField(
        name,
        str(described.get("type", "")),
        length=whole_of(described.get("len")),
        required=described.get("required") is True,
        options=tuple((value, value) for value in options if value),
        stored=described.get("source") != "non-db",
    )


def _text(value: object) -> str:
    """Links come as empty texts or maps among the attributes."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return from_server(value)
