"""A lead becomes contact, account and opportunity: by Salesforce's own conversion, which only SOAP has, else by hand.

By hand the three records are made and the lead's description ends with a line that names them; Salesforce keeps the
lead's own marks of conversion to itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from crm_adapters.conversion import carried
from crm_adapters.salesforce.api import Api, as_row, quoted
from crm_adapters.salesforce.fields import ACCOUNT, CONTACT, LEAD, OBJECTS, OPPORTUNITY, encode
from crm_adapters.salesforce.records import Records
from crm_model.errors import NotFound, Rejected, UnknownOutcome
from crm_model.records import Conversion, Converted, Fields, FieldValue, Record, RecordKind

_KINDS = (CONTACT, ACCOUNT, OPPORTUNITY)
_ELEMENT = re.compile(r"<(?:\w+:)?(accountId|contactId|opportunityId|success|statusCode|message)>([^<]*)<")
_NOT_OFFERED = ("INVALID_OPERATION", "API_DISABLED", "INSUFFICIENT_ACCESS", "UNKNOWN_METHOD", "No operation")
Made = dict[RecordKind, str]


@dataclass(frozen=True, slots=True)
class Converter:
    """Calls for conversions; `by_hand` says that the organisation allows none."""

    api: Api
    records: Records
    by_hand: bool

    def convert(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        """What the lead became, now or by an earlier try. Errors: NotFound, Rejected."""
        lead = self.records.get(LEAD, lead_id)
        made = _marks(lead)
        if made and self.records.key_of(CONTACT, made[CONTACT]) not in ("", f"{key}-{CONTACT}"):
            raise Rejected("This lead is converted already.")
        if not made:
            wanted = self._wanted(lead, conversion)
            made = {} if self.by_hand else self._by_salesforce(lead, conversion, wanted, key)
            made = made or self._by_hand(lead, conversion, wanted, key)
        return Converted(
            lead=self.records.get(LEAD, lead_id),
            contact=self.records.get(CONTACT, made[CONTACT]),
            account=self.records.get(ACCOUNT, made[ACCOUNT]) if made.get(ACCOUNT) else None,
            opportunity=self.records.get(OPPORTUNITY, made[OPPORTUNITY]) if made.get(OPPORTUNITY) else None,
        )

    def _wanted(self, lead: Record, conversion: Conversion) -> dict[RecordKind, Fields]:
        """Everything checked before anything is made."""
        if conversion.account_id:
            self._need_account(conversion.account_id)
        asked: dict[RecordKind, Fields] = {CONTACT: conversion.contact}
        if not conversion.account_id and (conversion.account or not self.by_hand):
            asked[ACCOUNT] = conversion.account
        if conversion.opportunity:
            asked[OPPORTUNITY] = conversion.opportunity
        return {kind: self._new(lead, kind, fields) for kind, fields in asked.items()}

    def _new(self, lead: Record, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        names = {spec.name for spec in self.records.schema(kind).specs if not spec.read_only and not spec.extra}
        return self.records.checked_new(kind, {**carried(lead.fields, kind, names), **fields})

    def _need_account(self, account_id: str) -> None:
        try:
            self.records.row(ACCOUNT, account_id)
        except NotFound as error:
            sentence = "There is no such account in this CRM."
            raise Rejected(f"The lead was not converted: {sentence}", field_errors={"account_id": sentence}) from error

    def _by_salesforce(
        self, lead: Record, conversion: Conversion, wanted: Mapping[RecordKind, Fields], key: str
    ) -> Made:
        """{} if this organisation or user can't. Errors: Rejected, UnknownOutcome."""
        status = self.api.query("SELECT ApiName, MasterLabel FROM LeadStatus WHERE IsConverted = true LIMIT 1")
        if not status:
            return {}
        label = str(status[0].get("MasterLabel"))
        answer = self.api.soap(lambda token: _envelope(token, lead.id, label, conversion, wanted))
        told = dict(_ELEMENT.findall(answer.text))
        if answer.status >= 300 or told.get("success") != "true":
            return self._failed(lead, answer.text, answer.status, told)
        made = {
            CONTACT: told.get("contactId", ""),
            ACCOUNT: told.get("accountId", ""),
            OPPORTUNITY: told.get("opportunityId", ""),
        }
        for kind, fields in wanted.items():
            if made.get(kind):
                body = {**encode(self.records.schema(kind), fields), **self.records.keyed(f"{key}-{kind}")}
                self.api.call("PATCH", f"sobjects/{OBJECTS[kind]}/{made[kind]}", body=body)
        return made

    def _failed(self, lead: Record, text: str, status: int, told: Mapping[str, str]) -> Made:
        """Not offered here, refused, or carried out with the answer lost."""
        if any(words in text for words in _NOT_OFFERED) or status in (404, 405):
            return {}
        if told.get("message"):
            raise Rejected(f"Salesforce refuses the conversion: {told['message']}")
        made = _marks(self.records.get(LEAD, lead.id))
        if not made:
            raise UnknownOutcome("Salesforce did not say whether it converted the lead; it will be tried again.")
        return made

    def _by_hand(self, lead: Record, conversion: Conversion, wanted: Mapping[RecordKind, Fields], key: str) -> Made:
        """Each step once per key, so that a conversion that broke off goes on where it stopped."""
        made: Made = {ACCOUNT: conversion.account_id}
        for kind in (ACCOUNT, CONTACT, OPPORTUNITY):
            if kind in wanted:
                joined: Fields = {"account_id": made[ACCOUNT]} if made[ACCOUNT] and kind is not ACCOUNT else {}
                made[kind] = self.records.create(kind, {**wanted[kind], **joined}, f"{key}-{kind}").id
        if made.get(OPPORTUNITY):
            relate_once(self.api, made[OPPORTUNITY], made[CONTACT])
        line = " ".join(made[kind] for kind in _KINDS if made.get(kind))
        text = str(lead.fields.get("description") or "")
        body = {"Description": f"{text}\n[converted to {line}]".lstrip("\n")}
        self.api.call("PATCH", f"sobjects/Lead/{lead.id}", body=body)
        return made


def relate_once(api: Api, opportunity_id: str, contact_id: str) -> None:
    """Make the contact one of the deal's, if it is not."""
    where = f"OpportunityId = {quoted(opportunity_id)} AND ContactId = {quoted(contact_id)}"
    if not api.query(f"SELECT Id FROM OpportunityContactRole WHERE {where}"):
        body = {"OpportunityId": opportunity_id, "ContactId": contact_id}
        as_row(api.call("POST", "sobjects/OpportunityContactRole", body=body).json())


def _marks(lead: Record) -> Made:
    marks = {kind: str(lead.fields.get(f"converted_{kind}_id") or "") for kind in _KINDS}
    return {kind: record_id for kind, record_id in marks.items() if record_id} if marks[CONTACT] else {}


def _envelope(
    token: str, lead_id: str, status: str, conversion: Conversion, wanted: Mapping[RecordKind, Fields]
) -> str:
    deal = str(wanted[OPPORTUNITY].get("name", "")) if OPPORTUNITY in wanted else ""
    parts = {
        "accountId": conversion.account_id,
        "bypassAccountDedupeCheck": "true",
        "bypassContactDedupeCheck": "true",
        "convertedStatus": status,
        "doNotCreateOpportunity": "false" if deal else "true",
        "leadId": lead_id,
        "opportunityName": deal,
        "overwriteLeadSource": "false",
        "sendNotificationEmail": "false",
    }
    lead = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items() if value)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header>'
        f'<SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>{escape(token)}</sessionId></SessionHeader>'
        '</Header><Body><convertLead xmlns="urn:partner.soap.sforce.com">'
        f"<leadConverts>{lead}</leadConverts></convertLead></Body></Envelope>"
    )
