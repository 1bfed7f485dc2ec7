"""A lead becomes contact, account and opportunity: by vtiger's `convertlead`, or step by step where PHP can't call it.

Both ways leave the same: the account of that name is used again if there is one, notes and tasks go along, every record
made carries a mark with the lead's number. vtiger then hides the lead; by hand it stays listed, with a comment as the
last step, so that a conversion that broke off is taken up where it stopped.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from crm_adapters.vtiger import leads, marks, values, vtql
from crm_adapters.vtiger.activity_rows import CALENDAR, COMMENTS, EVENTS
from crm_adapters.vtiger.faults import OperationMissing, Refused
from crm_adapters.vtiger.fields import MODULES
from crm_adapters.vtiger.records import Records, missing, named
from crm_adapters.vtiger.writing import checked_new, named_alike
from crm_model.errors import NotSupported, Rejected
from crm_model.field_values import is_empty, same_value
from crm_model.records import Conversion, Converted, Fields, FieldValue, Record, RecordKind

_log = logging.getLogger(__name__)
LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
_CARRIED: dict[RecordKind, dict[str, str]] = {
    CONTACT: {
        **{name: name for name in ("first_name", "last_name", "email", "other_emails", "phone", "mobile", "title")},
        **{name: name for name in ("description", "source", "owner", "fax")},
        "mailingstreet": "lane",
        "mailingcity": "city",
        "mailingzip": "code",
        "mailingstate": "state",
        "mailingcountry": "country",
        "mailingpobox": "pobox",
    },
    ACCOUNT: {
        "name": "company",
        **{name: name for name in ("website", "phone", "industry", "description", "owner", "fax", "rating")},
        "employees": "noofemployees",
        "annual_revenue": "annualrevenue",
        "bill_street": "lane",
        "bill_city": "city",
        "bill_code": "code",
        "bill_state": "state",
        "bill_country": "country",
        "bill_pobox": "pobox",
    },
    OPPORTUNITY: {name: name for name in ("source", "description", "owner")},
}
"""What a lead's fields give the new record, as in vtiger's own conversion."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Checked fields of what is to be made; `account_id` where there is one already."""

    lead: Record
    key: str
    mark: str
    contact: Fields
    account: Fields
    opportunity: Fields
    account_id: str


def convert(records: Records, lead_id: str, conversion: Conversion, key: str, *, converted_status: str) -> Converted:
    """Errors: NotFound, Rejected: then nothing was made."""
    lead = leads.find_lead(records, lead_id)
    mark = marks.for_lead(lead.id, key)
    if leads.is_converted(lead) and not _began(records, mark):
        raise Rejected("This lead is converted already.")
    plan = _plan(records, lead, conversion, key, mark)
    try:
        made = (
            _made(records, mark)
            if leads.is_converted(lead) and not _listed(records, lead)
            else _by_vtiger(records, plan)
        )
    except OperationMissing:
        made = _by_hand(records, plan, converted_status)
    return _converted(records, lead.id, made)


def _plan(records: Records, lead: Record, conversion: Conversion, key: str, mark: str) -> _Plan:
    """All is checked before anything is made."""
    account_id = conversion.account_id
    if account_id and not records.is_there(ACCOUNT, account_id):
        sentence = "There is no such account in vtiger."
        raise Rejected(sentence, field_errors={"account_id": sentence})
    account: Fields = {}
    if conversion.account and not account_id:
        account = checked_new(records, ACCOUNT, {**_carried(records, lead, ACCOUNT), **conversion.account})
        account_id = named_alike(records, str(account["name"]))
    contact = checked_new(records, CONTACT, {**_carried(records, lead, CONTACT), **conversion.contact})
    opportunity: Fields = {}
    if conversion.opportunity:
        opportunity = checked_new(
            records, OPPORTUNITY, {**_carried(records, lead, OPPORTUNITY), **conversion.opportunity}
        )
    return _Plan(lead, key, mark, contact, account, opportunity, account_id)


def _carried(records: Records, lead: Record, kind: RecordKind) -> dict[str, FieldValue]:
    known = {spec.name: spec for spec in records.specs(kind) if not spec.read_only}
    found = {name: lead.fields.get(source) for name, source in _CARRIED[kind].items() if name in known}
    return {
        name: value
        for name, value in found.items()
        if not is_empty(value)
        # A picklist of the other module may lack the value.
        and (not known[name].options or value in dict(known[name].options))
    }


# --- vtiger's own ---------------------------------------------------------------------------------------


def _by_vtiger(records: Records, plan: _Plan) -> dict[RecordKind, str]:
    """Errors: OperationMissing, Rejected after what a failure left behind is taken away."""
    entities: dict[str, object] = {CONTACT: plan.contact, ACCOUNT: _account_to_join(records, plan)}
    entities[OPPORTUNITY] = plan.opportunity
    element = {
        "leadId": plan.lead.id,
        "assignedTo": str(plan.contact.get("owner") or records.service.session.user_id),
        "transferRelatedRecordsTo": MODULES[CONTACT],
        "entities": {
            MODULES[kind]: {"create": True, "name": MODULES[kind], **_element(records, kind, fields, plan.mark)}
            for kind, fields in entities.items()
            if isinstance(kind, RecordKind) and isinstance(fields, dict) and fields
        },
    }
    try:
        answer = records.service.try_write("convertlead", element=json.dumps(element))
    except Refused as error:
        if error.code == "LEAD_ALREADY_CONVERTED" and _began(records, plan.mark):
            return _made(records, plan.mark)
        _take_away(records, plan)
        raise named(LEAD, records.specs(LEAD), error) from error
    ids = {kind: str(answer[name]) for kind, name in MODULES.items() if isinstance(answer, dict) and answer.get(name)}
    if CONTACT not in ids:
        _take_away(records, plan)
        raise Rejected("vtiger did not convert the lead and gave no reason.")
    _mend(records, plan, ids)
    return ids


def _element(records: Records, kind: RecordKind, fields: Fields, mark: str) -> dict[str, str]:
    element = {name: text for name, text in values.to_element(records.specs(kind), fields).items() if text}
    return {**element, records.key_field: mark} if records.keeps_marks(records.module_of(kind)) else element


def _account_to_join(records: Records, plan: _Plan) -> Fields:
    """vtiger joins an account by its exact name only."""
    if not plan.account_id:
        return plan.account
    row = records.row(records.module_of(ACCOUNT), plan.account_id)
    return {"name": str(row.get("accountname", ""))} if row is not None else {}


def _mend(records: Records, plan: _Plan, ids: dict[RecordKind, str]) -> None:
    """Two accounts may have one name; and amounts were rounded as an administrator's preferences say, not ours."""
    wrong = plan.account_id and ids.get(ACCOUNT) not in ("", plan.account_id)
    if wrong:
        ids[ACCOUNT] = plan.account_id
        records.revise(ids[CONTACT], {"account_id": plan.account_id})
    if OPPORTUNITY not in ids:
        return
    amends = {"related_to": plan.account_id} if wrong else {}
    row = records.row(records.module_of(OPPORTUNITY), ids[OPPORTUNITY]) or {}
    held = values.from_row(records.specs(OPPORTUNITY), row, records.zone)
    if not same_value(held.get("amount"), plan.opportunity.get("amount")) and plan.opportunity.get("amount"):
        amends["amount"] = str(plan.opportunity["amount"])
    if amends:
        records.revise(ids[OPPORTUNITY], amends)


def _take_away(records: Records, plan: _Plan) -> None:
    """A conversion that failed leaves the account that it made first."""
    for kind, record_id in _made(records, plan.mark).items():
        if kind in MODULES:
            records.delete(record_id)


# --- step by step ---------------------------------------------------------------------------------------


def _by_hand(records: Records, plan: _Plan, converted_status: str) -> dict[RecordKind, str]:
    done = _made(records, plan.mark)
    account_id = plan.account_id or done.get(ACCOUNT, "")
    if plan.account and not account_id:
        account_id = _make(records, ACCOUNT, plan.account, plan.mark)
    joined = {"account_id": account_id} if account_id else {}
    contact_id = done.get(CONTACT) or _make(records, CONTACT, {**plan.contact, **joined}, plan.mark)
    made = {CONTACT: contact_id, **({ACCOUNT: account_id} if account_id else {})}
    if plan.opportunity:
        fields = {**plan.opportunity, **joined, "contact_id": contact_id}
        made[OPPORTUNITY] = done.get(OPPORTUNITY) or _make(records, OPPORTUNITY, fields, plan.mark)
    if not records.marked(records.module(COMMENTS), plan.mark, columns="id"):
        _move_along(records, plan.lead.id, contact_id, account_id)
        _tell(records, plan, made, converted_status)
    leads.refresh(records)
    return made


def _make(records: Records, kind: RecordKind, fields: Fields, mark: str) -> str:
    try:
        return records.make(records.module_of(kind), values.to_element(records.specs(kind), fields), mark)
    except Refused as error:
        raise named(kind, records.specs(kind), error) from error


def _move_along(records: Records, lead_id: str, contact_id: str, account_id: str) -> None:
    """Notes, calls, meetings and tasks; e-mails stay with the lead, as with vtiger's own conversion."""
    moves = {
        COMMENTS: ("related_to", {"related_to": contact_id}),
        CALENDAR: ("parent_id", {"parent_id": account_id, "contact_id": contact_id}),
        EVENTS: ("parent_id", {"parent_id": account_id, "contact_id": contact_id}),
    }
    for name, (column, links) in moves.items():
        try:
            records.module(name)
        except NotSupported:
            continue
        for row in records.all_rows(name, vtql.equals(column, lead_id), columns="id"):
            try:
                records.revise(str(row["id"]), links)
            except Refused:
                # What a colleague wrote may be his alone to change: it stays with the lead.
                _log.info("crm_activity_not_moved", extra={"crm": "vtiger", "module": name})


def _tell(records: Records, plan: _Plan, made: dict[RecordKind, str], converted_status: str) -> None:
    """The lead's status, if there is one for this, and a comment that says what it became."""
    status = records.module_of(LEAD).fields.get("leadstatus")
    offered = {value for value, _ in status.options} if status is not None else set()
    if converted_status in offered:
        records.revise(plan.lead.id, {"leadstatus": converted_status})
    pages = "\n".join(f"{kind}: {records.url(kind, record_id)}" for kind, record_id in made.items())
    comment = {
        "commentcontent": f"Converted\n\n{pages}",
        "related_to": plan.lead.id,
        "assigned_user_id": records.service.session.user_id,
    }
    records.make(records.module(COMMENTS), comment, plan.mark)


# --- what there is --------------------------------------------------------------------------------------


def _began(records: Records, mark: str) -> bool:
    return bool(records.marked(records.module_of(CONTACT), mark, columns="id"))


def _made(records: Records, mark: str) -> dict[RecordKind, str]:
    """What a conversion of this mark has made so far; the account also where it was there before."""
    found: dict[RecordKind, str] = {}
    for kind in (ACCOUNT, CONTACT, OPPORTUNITY):
        if rows := records.marked(records.module_of(kind), mark):
            found[kind] = str(rows[0]["id"])
            if kind is CONTACT and rows[0].get("account_id"):
                found.setdefault(ACCOUNT, str(rows[0]["account_id"]))
    return found


def _listed(records: Records, lead: Record) -> bool:
    return records.is_there(LEAD, lead.id)


def _converted(records: Records, lead_id: str, made: dict[RecordKind, str]) -> Converted:
    return Converted(
        leads.find_lead(records, lead_id),
        _found(records, CONTACT, made[CONTACT]),
        _found(records, ACCOUNT, made[ACCOUNT]) if ACCOUNT in made else None,
        _found(records, OPPORTUNITY, made[OPPORTUNITY]) if OPPORTUNITY in made else None,
    )


def _found(records: Records, kind: RecordKind, record_id: str) -> Record:
    row = records.row(records.module_of(kind), record_id)
    if row is None:
        raise missing(kind, record_id)
    return records.read(kind, row)
