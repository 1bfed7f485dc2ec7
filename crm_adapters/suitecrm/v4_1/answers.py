"""What the legacy REST answers, in the dialect's words: rows, links in both their shapes, descriptions of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm_adapters.spelling import whole_of
from crm_adapters.suitecrm.dialect import Row, VendorField
from crm_adapters.suitecrm.text import from_server
from crm_adapters.suitecrm.v4_1.calls import named
from crm_model.errors import Unreachable

_CHOICES = {"enum", "multienum", "radioenum", "dynamicenum", "currency_id"}


def rows_of(answer: object) -> list[Row]:
    """Records of get_entry, get_entries, get_entry_list and get_relationships. Errors: Unreachable for no list."""
    entries = answer.get("entry_list") if isinstance(answer, Mapping) else None
    if not isinstance(answer, Mapping) or not isinstance(entries, list):
        raise Unreachable("The CRM answered something else than records.")
    links = iter(_sequence(answer.get("relationship_list")))
    found = [entry for entry in entries if isinstance(entry, Mapping)]
    # Records that are not there have an entry, but no place in the list of links.
    return [
        _row(entry, next(links, ()) if isinstance(entry.get("name_value_list"), Mapping) else ()) for entry in found
    ]


def fields_of(answer: object) -> dict[str, VendorField]:
    """What get_module_fields tells. Errors: Unreachable."""
    described = answer.get("module_fields") if isinstance(answer, Mapping) else None
    if not isinstance(described, Mapping):
        raise Unreachable("The CRM does not describe its fields.")
    return {str(name): _field(str(name), each) for name, each in described.items() if isinstance(each, Mapping)}


def _row(entry: Mapping[str, object], links: object) -> Row:
    pairs = entry.get("name_value_list")
    values = {name: from_server(text) for name, text in named(pairs).items()}
    # A record that is not there comes as a list with a warning, where others have a map.
    gone = values.get("deleted") == "1" or ("warning" in values and not isinstance(pairs, Mapping))
    return Row(str(entry.get("id") or values.get("id", "")), values, _links(links), gone)


def _links(found: object) -> dict[str, Sequence[Mapping[str, str]]]:
    """`[{name, records}]`, or wrapped in `link_list` with each record in `link_value`."""
    if isinstance(found, Mapping):
        found = found.get("link_list", ())
    return {
        str(link.get("name")): [_linked(record) for record in _sequence(link.get("records"))]
        for link in _sequence(found)
        if isinstance(link, Mapping)
    }


def _linked(record: object) -> dict[str, str]:
    if isinstance(record, Mapping) and isinstance(record.get("link_value"), Mapping | list):
        record = record["link_value"]
    return {name: from_server(text) for name, text in named(record).items()}


def _field(name: str, described: Mapping[str, object]) -> VendorField:
    kind = str(described.get("type", ""))
    # Dates and numbers carry the operators of a search form where others have their picklist.
    options = described.get("options") if kind in _CHOICES else None
    return VendorField(
        name,
        kind,
        label=from_server(described.get("label")).rstrip(": "),
        length=whole_of(described.get("len")),
        required=str(described.get("required")) == "1",
        options=tuple((value, from_server(label)) for value, label in named(options).items() if value),
        module=str(described.get("related_module") or ""),
    )


def _sequence(found: object) -> Sequence[object]:
    """An empty map is a list in PHP, a filled list may be a map."""
    if isinstance(found, Mapping):
        return list(found.values())
    return found if isinstance(found, list | tuple) else ()
