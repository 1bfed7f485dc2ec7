"""A lead becomes a contact through Sugar's own conversion, or by hand where the server has none."""

from __future__ import annotations

from crm_adapters.checks import rejected
from crm_adapters.conversion import carried
from crm_adapters.own_ids import own_id
from crm_adapters.sugar.calls import SugarCalls
from crm_adapters.sugar.records import Records
from crm_adapters.sugar.values import address_list, values_of
from crm_adapters.sugar_family import CONVERTED, MODULES
from crm_model.errors import NotSupported, Rejected, UnknownOutcome
from crm_model.records import Conversion, Converted, FieldValue, Record, RecordKind

_LEAD, _CONTACT = RecordKind.LEAD, RecordKind.CONTACT
_ACCOUNT, _OPPORTUNITY = RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
Wanted = dict[RecordKind, dict[str, FieldValue]]


class Conversions:
    def __init__(self, calls: SugarCalls, records: Records) -> None:
        self._calls, self._records = calls, records
        self._done: dict[str, str] = {}

    def convert(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        """Errors: NotFound, Rejected; a refusal comes before anything is written."""
        lead = self._records.get(_LEAD, lead_id)
        if lead.fields.get("converted_contact_id") or lead.fields.get("status") == CONVERTED:
            return self._converted_before(lead, key)
        wanted = self._checked(lead, conversion)
        try:
            self._convert(lead_id, wanted, conversion.account_id, key)
        except NotSupported:
            self._by_hand(lead_id, wanted, conversion.account_id, key)
        except UnknownOutcome:
            if not self._records.get(_LEAD, lead_id).fields.get("converted_contact_id"):
                raise
        lead = self._records.get(_LEAD, lead_id)
        self._done[key] = str(lead.fields.get("converted_contact_id"))
        return self._became(lead)

    def _converted_before(self, lead: Record, key: str) -> Converted:
        """By this key? Its mark on the contact tells, or our own memory."""
        contact_id = str(lead.fields.get("converted_contact_id") or "")
        marked = contact_id == own_id("contact", key) or self._done.get(key) == contact_id
        if contact_id and not marked and self._records.shape(_CONTACT).has_sync_key:
            params = {"fields": "id,sync_key"}
            row = self._calls.document("GET", f"{MODULES[_CONTACT]}/{contact_id}", params=params)
            marked = row.get("sync_key") == own_id("contact", key)
        if not marked:
            raise Rejected("This lead is converted already.")
        return self._became(lead)

    def _convert(self, lead_id: str, wanted: Wanted, account_id: str, key: str) -> None:
        modules = {MODULES[kind]: self._body(kind, fields) for kind, fields in wanted.items()}
        if account_id:
            modules[MODULES[_ACCOUNT]] = {"id": account_id}
        if self._records.shape(_CONTACT).has_sync_key:
            modules[MODULES[_CONTACT]]["sync_key"] = own_id("contact", key)
        body = {"modules": modules, "transfer_activities_action": "move", "transfer_activities_modules": ["Contacts"]}
        self._calls.call("POST", f"Leads/{lead_id}/convert", body=body)

    def _by_hand(self, lead_id: str, wanted: Wanted, account_id: str, key: str) -> None:
        """Killed at any step, the next try finds what is there and goes on; the mark comes last."""
        if _ACCOUNT in wanted:
            account_id = self._records.create_checked(_ACCOUNT, own_id("account", key), wanted[_ACCOUNT]).id
        joined: dict[str, FieldValue] = {"account_id": account_id} if account_id else {}
        contact_id = self._records.create_checked(_CONTACT, own_id("contact", key), {**wanted[_CONTACT], **joined}).id
        marks: dict[str, object] = {"contact_id": contact_id, **joined}
        if _OPPORTUNITY in wanted:
            deal = self._records.create_checked(
                _OPPORTUNITY, own_id("opportunity", key), {**wanted[_OPPORTUNITY], **joined}
            )
            self._calls.call("POST", f"Opportunities/{deal.id}/link/contacts/{contact_id}", body={})
            marks["opportunity_id"] = deal.id
        self._calls.call("PUT", f"Leads/{lead_id}", body={"status": CONVERTED, "converted": True, **marks})

    def _checked(self, lead: Record, conversion: Conversion) -> Wanted:
        """Everything that is to be made, before any of it is."""
        given = {_CONTACT: {**self._carried(lead, _CONTACT), **conversion.contact}}
        if conversion.account_id:
            if not self._records.is_there(_ACCOUNT, conversion.account_id):
                raise rejected(_LEAD, {"account_id": "There is no such account in this CRM."})
        elif conversion.account:
            given[_ACCOUNT] = {**self._carried(lead, _ACCOUNT), **conversion.account}
        if conversion.opportunity:
            given[_OPPORTUNITY] = {**self._carried(lead, _OPPORTUNITY), **conversion.opportunity}
        return {kind: self._records.checked_new(kind, fields) for kind, fields in given.items()}

    def _body(self, kind: RecordKind, checked: dict[str, FieldValue]) -> dict[str, object]:
        shape = self._records.shape(kind)
        body = values_of(kind, shape.specs, shape.described, checked)
        others = checked.get("other_emails")
        emails = [str(each) for each in (checked.get("email"), *(others if isinstance(others, tuple) else ())) if each]
        return {**body, "email": address_list({}, emails)} if emails else body

    def _carried(self, lead: Record, kind: RecordKind) -> dict[str, FieldValue]:
        specs = self._records.shape(kind).specs
        return carried(lead.fields, kind, [spec.name for spec in specs if not spec.read_only and not spec.extra])

    def _became(self, lead: Record) -> Converted:
        account_id, deal_id = (lead.fields.get(f"converted_{kind}_id") for kind in (_ACCOUNT, _OPPORTUNITY))
        return Converted(
            lead=lead,
            contact=self._records.get(_CONTACT, str(lead.fields.get("converted_contact_id") or "")),
            account=self._records.get(_ACCOUNT, str(account_id)) if account_id else None,
            opportunity=self._records.get(_OPPORTUNITY, str(deal_id)) if deal_id else None,
        )
