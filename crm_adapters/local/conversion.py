"""A lead becomes a contact, with an account and an opportunity if asked."""

from __future__ import annotations

import sqlite3

from crm_adapters.conversion import carried
from crm_adapters.local import activities, rows
from crm_adapters.local.checks import LocalWorld, check_new
from crm_adapters.local.fields import CONVERTED, SPECS
from crm_model.errors import Rejected
from crm_model.records import Conversion, Fields, FieldValue, Record, RecordKind


def convert(
    unit: sqlite3.Connection, lead_id: str, conversion: Conversion, world: LocalWorld, author: str
) -> dict[str, str]:
    """The ids of what was made, "" for what was not asked for. Errors: NotFound, Rejected."""
    lead = rows.find(unit, RecordKind.LEAD, lead_id)
    if lead.fields.get("converted_contact_id"):
        raise Rejected("This lead is converted already.")
    account_id = _account(unit, lead, conversion, world, author)
    joined = {"account_id": account_id} if account_id else {}
    contact = _make(
        unit, RecordKind.CONTACT, {**_carried(lead, RecordKind.CONTACT), **joined, **conversion.contact}, world, author
    )
    opportunity_id = ""
    if conversion.opportunity:
        fields = {
            "contact_id": contact.id,
            **joined,
            **_carried(lead, RecordKind.OPPORTUNITY),
            **conversion.opportunity,
        }
        opportunity_id = _make(unit, RecordKind.OPPORTUNITY, fields, world, author).id
    for record_id in filter(None, (contact.id, account_id, opportunity_id)):
        activities.follow(unit, lead.id, record_id)
    became = {"contact": contact.id, "account": account_id, "opportunity": opportunity_id}
    marks = {f"converted_{kind}_id": record_id for kind, record_id in became.items() if record_id}
    rows.change(unit, lead, {**lead.fields, "status": CONVERTED, **marks}, author)
    return became


def reopened(lead: Fields) -> Fields:
    """A lead without the marks of what it became: giving it a status of its own takes a conversion back."""
    return {name: value for name, value in lead.items() if not name.startswith("converted_")}


def _account(unit: sqlite3.Connection, lead: Record, conversion: Conversion, world: LocalWorld, author: str) -> str:
    if conversion.account_id:
        if not world.exists(RecordKind.ACCOUNT, conversion.account_id):
            sentence = "There is no such account in this CRM."
            raise Rejected(f"The lead was not converted: {sentence}", field_errors={"account_id": sentence})
        return conversion.account_id
    if not conversion.account:
        return ""
    fields = {**_carried(lead, RecordKind.ACCOUNT), **conversion.account}
    return _make(unit, RecordKind.ACCOUNT, fields, world, author).id


def _make(unit: sqlite3.Connection, kind: RecordKind, fields: Fields, world: LocalWorld, author: str) -> Record:
    return rows.insert(unit, kind, check_new(kind, fields, world), author)


def _carried(lead: Record, kind: RecordKind) -> dict[str, FieldValue]:
    return carried(lead.fields, kind, {spec.name for spec in SPECS[kind]})
