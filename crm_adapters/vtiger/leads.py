"""Leads that became contacts: vtiger hides the ones it converted itself, and knows nothing of those done by hand."""

from __future__ import annotations

from collections.abc import Iterable

from crm_adapters.vtiger import marks, vtql
from crm_adapters.vtiger.records import Records, Row, missing
from crm_model.records import Fields, FieldValue, Record, RecordKind


def find_lead(records: Records, lead_id: str) -> Record:
    """A lead, converted or not. Errors: NotFound."""
    module = records.module_of(RecordKind.LEAD)
    row = records.row(module, lead_id)
    if row is not None:
        return read_leads(records, [row])[0]
    hidden = records.retrieved(lead_id) if module.holds(lead_id) else None
    if hidden is None:
        raise missing(RecordKind.LEAD, lead_id)
    return records.read(RecordKind.LEAD, hidden, also=_became_of(records, hidden))


def read_leads(records: Records, rows: Iterable[Row]) -> list[Record]:
    """Records of leads that the module lists, with what those became that were converted by hand."""
    known = _by_hand(records)
    return [records.read(RecordKind.LEAD, row, also=known.get(_number(str(row.get("id", ""))))) for row in rows]


def refresh(records: Records) -> None:
    """Learn of conversions by hand since the last time, by others, too."""
    findings = records.service.session.findings
    with findings.lock:
        _learn(records, RecordKind.CONTACT)
        _learn(records, RecordKind.OPPORTUNITY)


def is_converted(lead: Record) -> bool:
    return bool(lead.fields.get("converted_contact_id"))


def _by_hand(records: Records) -> dict[str, dict[str, str]]:
    findings = records.service.session.findings
    if not findings.read_up_to:
        refresh(records)
    return findings.became


def _learn(records: Records, kind: RecordKind) -> None:
    """Read the marks of what leads became, from the last one seen on."""
    findings = records.service.session.findings
    module = records.module_of(kind)
    if not records.keeps_marks(module):
        return
    last = findings.read_up_to.setdefault(module.name, f"{module.prefix}x0")
    condition = f"{vtql.begins(records.key_field, marks.ALL_LEADS)} and id > {vtql.literal(last)}"
    account = "account_id" if kind is RecordKind.CONTACT else "related_to"
    for row in records.all_rows(module.name, condition, columns=f"id, {account}, {records.key_field}"):
        row_id = str(row.get("id") or "")
        lead, _ = marks.lead_in(str(row.get(records.key_field, "")).upper())
        if lead:
            became = {f"converted_{kind}_id": row_id, "converted_account_id": str(row.get(account) or "")}
            findings.became.setdefault(lead, {}).update({name: found for name, found in became.items() if found})
        findings.read_up_to[module.name] = row_id or last


def _became_of(records: Records, hidden: Row) -> Fields:
    """What a lead became that vtiger itself converted: by our mark, else the newest such contact with its address."""
    found: dict[str, FieldValue] = {}
    for kind in (RecordKind.CONTACT, RecordKind.OPPORTUNITY):
        module = records.module_of(kind)
        rows = records.marked(module, marks.all_of_lead(str(hidden["id"])), begins=True)
        if not rows and kind is RecordKind.CONTACT:
            rows = _alike(records, hidden)
        if rows:
            row = rows[-1]
            found[f"converted_{kind}_id"] = str(row["id"])
            found["converted_account_id"] = str(row.get("account_id") or row.get("related_to") or "") or None
    return {name: value for name, value in found.items() if value}


def _alike(records: Records, hidden: Row) -> list[Row]:
    column = "email" if hidden.get("email") else "lastname"
    value = str(hidden.get(column) or "")
    module = records.module_of(RecordKind.CONTACT)
    if not value or "isconvertedfromlead" not in module.fields:
        return []
    condition = f"isconvertedfromlead = '1' and {vtql.equals(column, value)}"
    return records.query(vtql.select(module.name, condition))


def _number(lead_id: str) -> str:
    return lead_id.partition("x")[2]
