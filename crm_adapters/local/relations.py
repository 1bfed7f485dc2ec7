"""Links between records of the embedded CRM: they are fields of one of the two.

contact      account_id
opportunity  account_id, contact_id (the first contact), other_contacts (the others)
"""

from __future__ import annotations

import sqlite3

from crm_adapters.local import rows
from crm_model.errors import NotSupported
from crm_model.records import FieldValue, Record, RecordKind, Ref

_CONTACT, _ACCOUNT, _OPPORTUNITY = RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
_HOLDERS = {
    frozenset((_CONTACT, _ACCOUNT)): _CONTACT,
    frozenset((_OPPORTUNITY, _ACCOUNT)): _OPPORTUNITY,
    frozenset((_OPPORTUNITY, _CONTACT)): _OPPORTUNITY,
}


def relate(unit: sqlite3.Connection, one: Ref, other: Ref, author: str) -> None:
    """Errors: NotFound, NotSupported."""
    holder, linked = _sides(unit, one, other)
    if linked.id not in _linked_ids(holder, linked.kind):
        _store(unit, holder, linked.kind, (*_linked_ids(holder, linked.kind), linked.id), author)


def unrelate(unit: sqlite3.Connection, one: Ref, other: Ref, author: str) -> None:
    """Errors: NotFound, NotSupported."""
    holder, linked = _sides(unit, one, other)
    held = _linked_ids(holder, linked.kind)
    if linked.id in held:
        _store(unit, holder, linked.kind, tuple(each for each in held if each != linked.id), author)


def related(unit: sqlite3.Connection, one: Ref, kind: RecordKind) -> tuple[str, ...]:
    """Errors: NotFound, NotSupported."""
    record = rows.find(unit, *one)
    if _holder_kind(record.kind, kind) is record.kind:
        return tuple(each for each in _linked_ids(record, kind) if rows.exists(unit, kind, each))
    field, others = ("contact_id", "other_contacts") if record.kind is _CONTACT else ("account_id", "")
    found = unit.execute(
        "SELECT id FROM records WHERE kind = :kind AND NOT deleted AND (json_extract(fields, :field) = :id"
        " OR EXISTS (SELECT 1 FROM json_each(fields, :others) WHERE value = :id)) ORDER BY seq",
        {"kind": kind.value, "field": f"$.{field}", "others": f"$.{others or 'none'}", "id": record.id},
    )
    return tuple(str(row["id"]) for row in found)


def _sides(unit: sqlite3.Connection, one: Ref, other: Ref) -> tuple[Record, Record]:
    first, second = rows.find(unit, *one), rows.find(unit, *other)
    return (first, second) if _holder_kind(first.kind, second.kind) is first.kind else (second, first)


def _holder_kind(one: RecordKind, other: RecordKind) -> RecordKind:
    holder = _HOLDERS.get(frozenset((one, other)))
    if holder is None:
        raise NotSupported(f"This CRM does not link a {one} with a {other}.", feature="relations")
    return holder


def _linked_ids(holder: Record, kind: RecordKind) -> tuple[str, ...]:
    if kind is _ACCOUNT:
        first, others = holder.fields.get("account_id"), None
    else:
        first, others = holder.fields.get("contact_id"), holder.fields.get("other_contacts")
    more = others if isinstance(others, tuple) else ()
    return tuple(dict.fromkeys((*((str(first),) if first else ()), *more)))


def _store(unit: sqlite3.Connection, holder: Record, kind: RecordKind, linked: tuple[str, ...], author: str) -> None:
    """A second account takes the place of the first; contacts line up."""
    links: dict[str, FieldValue]
    if kind is _ACCOUNT:
        links = {"account_id": linked[-1] if linked else None}
    else:
        links = {"contact_id": linked[0] if linked else None, "other_contacts": linked[1:]}
    fields = {**holder.fields, **links}
    rows.change(unit, holder, {name: value for name, value in fields.items() if value not in (None, ())}, author)
