"""Associations: who belongs to whom. Only the default kind of link is made; labels of the account are left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crm_adapters.hubspot.api import Api, Row, portions, rows_of
from crm_model.errors import NotFound

_PRIMARY = frozenset({1, 5})  # contact to company, deal to company
_STOCK_TYPES = {
    ("contacts", "companies"): 279,
    ("deals", "contacts"): 3,
    ("deals", "companies"): 341,
    ("emails", "contacts"): 198,
    ("emails", "companies"): 186,
    ("emails", "deals"): 210,
    ("notes", "contacts"): 202,
    ("notes", "companies"): 190,
    ("notes", "deals"): 214,
    ("calls", "contacts"): 194,
    ("calls", "companies"): 182,
    ("calls", "deals"): 206,
    ("tasks", "contacts"): 204,
    ("tasks", "companies"): 192,
    ("tasks", "deals"): 216,
    ("meetings", "contacts"): 200,
    ("meetings", "companies"): 188,
    ("meetings", "deals"): 212,
}
"""What HubSpot's documentation says; the account's own answer goes before."""


def linked(api: Api, from_type: str, object_id: str, to_type: str) -> list[str]:
    """Ids linked with one object, the primary one first. Errors: NotFound."""
    path = f"crm/v4/objects/{from_type}/{object_id}/associations/{to_type}"
    return [linked_id for linked_id, _ in _in_order(api.pages(path, {"limit": "500"}))]


def linked_of_many(api: Api, from_type: str, object_ids: Sequence[str], to_type: str) -> dict[str, list[str]]:
    """Ids linked with each of several objects, in one call per hundred."""
    found: dict[str, list[str]] = {}
    path = f"crm/v4/associations/{from_type}/{to_type}/batch/read"
    for part in portions(object_ids):
        page = api.post(path, {"inputs": [{"id": object_id} for object_id in part]}, writes=False)
        for row in rows_of(page):
            holder = row.get("from")
            if isinstance(holder, dict):
                found[str(holder.get("id", ""))] = [linked_id for linked_id, _ in _in_order(rows_of(row, "to"))]
    return found


def link(api: Api, from_type: str, from_id: str, to_type: str, to_id: str) -> None:
    """Linked already is no error. Errors: NotFound."""
    api.put(f"crm/v4/objects/{from_type}/{from_id}/associations/default/{to_type}/{to_id}")


def unlink(api: Api, from_type: str, from_id: str, to_type: str, to_id: str) -> None:
    """Not linked is no error."""
    try:
        api.remove(f"crm/v4/objects/{from_type}/{from_id}/associations/{to_type}/{to_id}")
    except NotFound:
        return


def on_creation(api: Api, from_type: str, targets: Iterable[tuple[str, str]]) -> list[Mapping[str, object]]:
    """Links that go along with the creation of an object, so that neither is without the other."""
    return [
        {
            "to": {"id": to_id},
            "types": [{"associationCategory": category, "associationTypeId": number}],
        }
        for to_type, to_id in targets
        for category, number in [_default_type(api, from_type, to_type)]
    ]


def _default_type(api: Api, from_type: str, to_type: str) -> tuple[str, int]:
    """The link without a label between two types, asked for once."""
    known = api.findings.link_types
    if (from_type, to_type) not in known:
        known[from_type, to_type] = ("HUBSPOT_DEFINED", _STOCK_TYPES.get((from_type, to_type), 0))
        for row in rows_of(api.get(f"crm/v4/associations/{from_type}/{to_type}/labels")):
            number = row.get("typeId")
            if row.get("category") == "HUBSPOT_DEFINED" and not row.get("label") and isinstance(number, int):
                known[from_type, to_type] = ("HUBSPOT_DEFINED", number)
    return known[from_type, to_type]


def _in_order(rows: Iterable[Row]) -> list[tuple[str, bool]]:
    found: dict[str, bool] = {}
    for row in rows:
        types = row.get("associationTypes")
        primary = any(
            isinstance(each, dict) and each.get("category") == "HUBSPOT_DEFINED" and each.get("typeId") in _PRIMARY
            for each in (types if isinstance(types, list) else ())
        )
        linked_id = str(row.get("toObjectId") or row.get("id") or "")
        if linked_id:
            found[linked_id] = found.get(linked_id, False) or primary
    return sorted(found.items(), key=lambda each: (not each[1], len(each[0]), each[0]))
