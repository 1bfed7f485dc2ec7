"""Links between records. vtiger says of every link that it was made, so each is looked up afterwards.

contact - opportunity   the opportunity's contact, and a list of further ones (which the web service can't shorten)
account - contact       the contact's account
account - opportunity   the opportunity's account
"""

from __future__ import annotations

from crm_adapters.vtiger import vtql
from crm_adapters.vtiger.faults import OperationMissing
from crm_adapters.vtiger.fields import MODULES
from crm_adapters.vtiger.records import Records, missing
from crm_model.errors import NotSupported, Rejected
from crm_model.records import RecordKind, Ref

_OWN_COLUMNS = {
    (RecordKind.CONTACT, RecordKind.ACCOUNT): "account_id",
    (RecordKind.OPPORTUNITY, RecordKind.ACCOUNT): "related_to",
    (RecordKind.OPPORTUNITY, RecordKind.CONTACT): "contact_id",
}
"""Who holds a link to whom, in which column."""
_LISTED = (RecordKind.OPPORTUNITY, RecordKind.CONTACT)


def relate(records: Records, one: Ref, other: Ref) -> None:
    holder, held, column = _direction(one, other)
    current = _column(records, holder, column)
    _need(records, held)
    if current == held[1] or held[1] in related(records, holder, held[0]):
        return
    if not current:
        records.revise(holder[1], {column: held[1]})
        return
    if (holder[0], held[0]) != _LISTED:
        raise Rejected(f"This {holder[0]} belongs to another {held[0]}; change its {held[0]} instead of adding one.")
    label = MODULES[held[0]]
    records.service.write("add_related", sourceRecordId=holder[1], relatedRecordId=held[1], relationIdLabel=label)
    if held[1] not in related(records, holder, held[0]):
        raise Rejected("vtiger said that it linked them, but did not.")


def unrelate(records: Records, one: Ref, other: Ref) -> None:
    holder, held, column = _direction(one, other)
    current = _column(records, holder, column)
    _need(records, held)
    if current == held[1]:
        records.revise(holder[1], {column: ""})
    if (holder[0], held[0]) == _LISTED and held[1] in _listed(records, holder, held[0]):
        try:
            records.service.try_write("delete_related", sourceRecordId=holder[1], relatedRecordId=held[1])
        except OperationMissing as error:
            raise NotSupported(
                "This vtiger can't take a contact off an opportunity's list from outside; do it in vtiger.",
                feature="relations",
            ) from error


def related(records: Records, one: Ref, kind: RecordKind) -> tuple[str, ...]:
    _need(records, one)
    if (kind, one[0]) in _OWN_COLUMNS:
        condition = vtql.equals(_OWN_COLUMNS[kind, one[0]], one[1])
        held = [str(row["id"]) for row in records.all_rows(MODULES[kind], condition, columns="id")]
    elif (one[0], kind) in _OWN_COLUMNS:
        held = [_column(records, one, _OWN_COLUMNS[one[0], kind])]
    else:
        raise _apart(one[0], kind)
    if {one[0], kind} == set(_LISTED):
        held += _listed(records, one, kind)
    return tuple(dict.fromkeys(filter(None, held)))


def _listed(records: Records, one: Ref, kind: RecordKind) -> list[str]:
    label = MODULES[kind]
    query = f"select id FROM {label}"
    found = records.service.read("query_related", id=one[1], relatedLabel=label, query=query)
    return [str(row.get("id", "")) for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _direction(one: Ref, other: Ref) -> tuple[Ref, Ref, str]:
    """Who holds the link, whom it names, the column."""
    for holder, held in ((one, other), (other, one)):
        if column := _OWN_COLUMNS.get((holder[0], held[0])):
            return holder, held, column
    raise _apart(one[0], other[0])


def _column(records: Records, ref: Ref, column: str) -> str:
    row = records.row(records.module_of(ref[0]), ref[1])
    if row is None:
        raise missing(*ref)
    return str(row.get(column) or "")


def _need(records: Records, ref: Ref) -> None:
    if not records.is_there(*ref):
        raise missing(*ref)


def _apart(one: RecordKind, other: RecordKind) -> NotSupported:
    return NotSupported(f"vtiger links no {one} with a {other}.", feature="relations")
