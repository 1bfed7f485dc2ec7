"""Links between contacts, companies and deals."""

from __future__ import annotations

from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links
from crm_adapters.hubspot.records import Records
from crm_model.errors import NotSupported
from crm_model.records import RecordKind, Ref

_LINKED = frozenset({RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY})


def relate(records: Records, one: Ref, other: Ref) -> None:
    _need(records, one, other)
    links.link(records.api, names.TYPES[one[0]], one[1], names.TYPES[other[0]], other[1])


def unrelate(records: Records, one: Ref, other: Ref) -> None:
    _need(records, one, other)
    links.unlink(records.api, names.TYPES[one[0]], one[1], names.TYPES[other[0]], other[1])


def related(records: Records, one: Ref, kind: RecordKind) -> tuple[str, ...]:
    _fit(one[0], kind)
    records.find(*one)
    return tuple(links.linked(records.api, names.TYPES[one[0]], one[1], names.TYPES[kind]))


def _need(records: Records, one: Ref, other: Ref) -> None:
    _fit(one[0], other[0])
    for ref in (one, other):
        records.find(*ref)


def _fit(one: RecordKind, other: RecordKind) -> None:
    if one is other or not {one, other} <= _LINKED:
        raise NotSupported(f"HubSpot links no {one} with a {other} here.", feature="relations")
