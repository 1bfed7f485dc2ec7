"""A lead becomes a contact, by hand: SuiteCRM's interfaces have no call for it.

account, contact, opportunity, each with an id made from the key  ->  what happened follows  ->  the lead is marked
Killed at any step, the next try finds what is there and goes on; the mark comes last.
"""

from __future__ import annotations

from crm_adapters.checks import rejected
from crm_adapters.conversion import carried
from crm_adapters.own_ids import own_id
from crm_adapters.sugar_family import CONVERTED
from crm_adapters.suitecrm.activities import Activities
from crm_adapters.suitecrm.dialect import Dialect
from crm_adapters.suitecrm.records import Records
from crm_model.errors import Rejected
from crm_model.records import Conversion, Converted, FieldValue, Record, RecordKind

_LEAD, _CONTACT = RecordKind.LEAD, RecordKind.CONTACT
_ACCOUNT, _OPPORTUNITY = RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


class Conversions:
    def __init__(self, dialect: Dialect, records: Records, activities: Activities) -> None:
        self._dialect, self._records, self._activities = dialect, records, activities

    def convert(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        """Errors: NotFound, Rejected; a refusal comes before anything is written."""
        lead = self._records.get(_LEAD, lead_id)
        contact_id = own_id("contact", key)
        if lead.fields.get("status") == CONVERTED or lead.fields.get("converted_contact_id"):
            if lead.fields.get("converted_contact_id") != contact_id:
                raise Rejected("This lead is converted already.")
            return self._became(lead)
        made = self._checked(lead, conversion)
        marks = {"contact_id": contact_id}
        if account_id := self._account(conversion, made, key):
            marks["account_id"] = account_id
        joined = {"account_id": account_id} if account_id else {}
        self._records.create_checked(_CONTACT, contact_id, {**made[_CONTACT], **joined})
        if _OPPORTUNITY in made:
            marks["opportunity_id"] = own_id("opportunity", key)
            deal = {**made[_OPPORTUNITY], **joined, "other_contacts": (contact_id,)}
            self._records.create_checked(_OPPORTUNITY, marks["opportunity_id"], deal)
        self._activities.follow(lead_id, contact_id)
        self._dialect.update("Leads", lead_id, {"status": CONVERTED, "converted": 1, **marks})
        return self._became(self._records.get(_LEAD, lead_id))

    def _checked(self, lead: Record, conversion: Conversion) -> dict[RecordKind, dict[str, FieldValue]]:
        """Everything that is to be made, before any of it is."""
        wanted = {_CONTACT: {**self._carried(lead, _CONTACT), **conversion.contact}}
        if conversion.account_id:
            if not self._records.is_there(_ACCOUNT, conversion.account_id):
                raise rejected(_LEAD, {"account_id": "There is no such account in this CRM."})
        elif conversion.account:
            wanted[_ACCOUNT] = {**self._carried(lead, _ACCOUNT), **conversion.account}
        if conversion.opportunity:
            wanted[_OPPORTUNITY] = {**self._carried(lead, _OPPORTUNITY), **conversion.opportunity}
        return {kind: self._records.checked_new(kind, fields) for kind, fields in wanted.items()}

    def _account(self, conversion: Conversion, made: dict[RecordKind, dict[str, FieldValue]], key: str) -> str:
        if conversion.account_id or _ACCOUNT not in made:
            return conversion.account_id
        return self._records.create_checked(_ACCOUNT, own_id("account", key), made[_ACCOUNT]).id

    def _carried(self, lead: Record, kind: RecordKind) -> dict[str, FieldValue]:
        specs = self._records.shape(kind).specs
        return carried(lead.fields, kind, [spec.name for spec in specs if not spec.read_only and not spec.extra])

    def _became(self, lead: Record) -> Converted:
        account_id, deal_id = (lead.fields.get(f"converted_{kind}_id") for kind in (_ACCOUNT, _OPPORTUNITY))
        return Converted(
            lead=lead,
            contact=self._records.get(_CONTACT, str(lead.fields["converted_contact_id"])),
            account=self._records.get(_ACCOUNT, str(account_id)) if account_id else None,
            opportunity=self._records.get(_OPPORTUNITY, str(deal_id)) if deal_id else None,
        )
