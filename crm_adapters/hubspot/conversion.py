"""A lead becomes a contact by moving to a later lifecycle stage, with a company and a deal made and linked by hand.

The stage is the last step: until it is taken the lead is one, and whatever was made before is found again.
"""

from __future__ import annotations

from crm_adapters.conversion import carried
from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links
from crm_adapters.hubspot.faults import Refused
from crm_adapters.hubspot.records import Records, named
from crm_adapters.hubspot.writing import checked_new, create, key_text, new_object, update
from crm_model.errors import Rejected
from crm_model.field_values import is_empty, same_value
from crm_model.records import Conversion, Converted, Fields, FieldValue, Record, RecordKind

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


def convert(records: Records, lead_id: str, conversion: Conversion, key: str) -> Converted:
    """Errors: NotFound, Rejected: then nothing was made."""
    lead = records.find(LEAD, lead_id)
    if lead.fields.get("converted_contact_id"):
        return _converted_before(records, lead, conversion, key)
    account, opportunity = _checked(records, lead, conversion)
    account_id = conversion.account_id
    if account and not account_id:
        account_id = create(records, ACCOUNT, account, f"{key} account").id
    if account_id:
        links.link(records.api, names.TYPES[LEAD], lead.id, names.TYPES[ACCOUNT], account_id)
    made = _deal(records, lead, opportunity, account_id, key) if opportunity else ""
    _move_on(records, lead, conversion)
    return _answer(records, lead.id, account_id, made)


def _checked(
    records: Records, lead: Record, conversion: Conversion
) -> tuple[dict[str, FieldValue], dict[str, FieldValue]]:
    """All is checked before anything is made."""
    if conversion.account_id and not records.read_many(ACCOUNT, [conversion.account_id]):
        sentence = "There is no such company in HubSpot."
        raise Rejected(sentence, field_errors={"account_id": sentence})
    account: dict[str, FieldValue] = {}
    if conversion.account and not conversion.account_id:
        account = checked_new(records, ACCOUNT, {**_carried(records, lead, ACCOUNT), **conversion.account})
    if conversion.contact:
        checked_new(records, CONTACT, {**_carried(records, lead, CONTACT), **conversion.contact})
    opportunity: dict[str, FieldValue] = {}
    if conversion.opportunity:
        wanted = {**_carried(records, lead, OPPORTUNITY), **conversion.opportunity}
        opportunity = checked_new(records, OPPORTUNITY, wanted)
    return account, opportunity


def _carried(records: Records, lead: Record, kind: RecordKind) -> dict[str, FieldValue]:
    return carried(lead.fields, kind, {spec.name for spec in records.specs(kind) if not spec.read_only})


def _deal(records: Records, lead: Record, wanted: Fields, account_id: str, key: str) -> str:
    """The deal of this conversion: one of that name that hangs on the lead already, else a new one."""
    if (held := records.by_key(OPPORTUNITY, key_text(f"{key} opportunity"))) is not None:
        return held.id
    linked = links.linked(records.api, names.TYPES[LEAD], lead.id, names.TYPES[OPPORTUNITY])
    for deal in records.read_many(OPPORTUNITY, linked):
        if same_value(deal.fields.get("name"), wanted.get("name")):
            return deal.id
    # The lead is no contact of ours yet, but the same object: it goes along as the deal's contact.
    fields = {**wanted, "contact_id": lead.id, **({"account_id": account_id} if account_id else {})}
    body = new_object(records, OPPORTUNITY, fields, f"{key} opportunity")
    try:
        made = records.api.post(records.api.objects(names.TYPES[OPPORTUNITY]), body)
    except Refused as error:
        raise named(OPPORTUNITY, records.specs(OPPORTUNITY), error) from error
    return str(made.get("id", ""))


def _move_on(records: Records, lead: Record, conversion: Conversion) -> None:
    """Stages move forward only, and HubSpot says nothing of one that did not: then it is emptied before."""
    path = records.api.objects(names.TYPES[LEAD], lead.id)
    for stages in ((records.contact_stage,), ("", records.contact_stage)):
        for stage in stages:
            records.api.patch(path, {"properties": {names.STAGE: stage}})
        if found := records.read_many(CONTACT, [lead.id]):
            break
    else:
        raise Rejected(f"HubSpot does not move this lead to the stage “{records.contact_stage}”.")
    changed = {name: value for name, value in conversion.contact.items() if not is_empty(value)}
    if any(not same_value(found[0].fields.get(name), value) for name, value in changed.items()):
        update(records, CONTACT, found[0].id, changed, found[0].revision)


def _converted_before(records: Records, lead: Record, conversion: Conversion, key: str) -> Converted:
    """The same conversion again; or another one, where keys tell them apart. Errors: Rejected."""
    account_id = str(lead.fields.get("converted_account_id") or "")
    deal_id = str(lead.fields.get("converted_opportunity_id") or "")
    makes = conversion.account or conversion.opportunity
    if records.key_property and makes and not _made_by(records, key):
        raise Rejected("This lead is converted already.")
    return _answer(records, lead.id, account_id, deal_id)


def _made_by(records: Records, key: str) -> bool:
    """Whether a conversion of this key made a company or a deal."""
    company = records.by_key(ACCOUNT, key_text(f"{key} account"))
    return company is not None or records.by_key(OPPORTUNITY, key_text(f"{key} opportunity")) is not None


def _answer(records: Records, lead_id: str, account_id: str, deal_id: str) -> Converted:
    return Converted(
        records.find(LEAD, lead_id),
        records.find(CONTACT, lead_id),
        records.find(ACCOUNT, account_id) if account_id else None,
        records.find(OPPORTUNITY, deal_id) if deal_id else None,
    )
