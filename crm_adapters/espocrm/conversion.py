"""A lead becomes contact, account and opportunity by EspoCRM's own conversion; it checks nothing, so we do before."""

from __future__ import annotations

from dataclasses import dataclass

from crm_adapters.conversion import carried
from crm_adapters.espocrm.api import Api, Row
from crm_adapters.espocrm.fields import ACCOUNT, CONTACT, ENTITIES, LEAD, OPPORTUNITY
from crm_adapters.espocrm.records import Records
from crm_adapters.espocrm.values import encode
from crm_model.errors import NotFound, Rejected, UnknownOutcome
from crm_model.records import Conversion, Converted, Fields, FieldValue, Record, RecordKind

_CREATED = {ACCOUNT: "createdAccountId", CONTACT: "createdContactId", OPPORTUNITY: "createdOpportunityId"}


@dataclass(frozen=True, slots=True)
class Converter:
    """Calls for conversions."""

    api: Api
    records: Records

    def convert(self, lead_id: str, conversion: Conversion) -> Converted:
        """What the lead became, now or by an earlier try. Errors: NotFound, Rejected."""
        row = self.api.row(ENTITIES[LEAD], lead_id)
        if not row.get(_CREATED[CONTACT]):
            body = self._body(self.records.get(LEAD, lead_id), conversion)
            try:
                self.api.send(
                    "POST", "Lead/action/convert", {"id": lead_id, "records": body, "skipDuplicateCheck": True}
                )
            except UnknownOutcome:
                if not self.api.row(ENTITIES[LEAD], lead_id).get(_CREATED[CONTACT]):
                    raise
            row = self._joined(lead_id, conversion)
        return Converted(
            lead=self.records.get(LEAD, lead_id),
            contact=self.records.get(CONTACT, str(row.get(_CREATED[CONTACT]))),
            account=self._became(row, ACCOUNT),
            opportunity=self._became(row, OPPORTUNITY),
        )

    def _body(self, lead: Record, conversion: Conversion) -> dict[str, object]:
        self._need_account(conversion)
        joined: Fields = {"account_id": conversion.account_id} if conversion.account_id else {}
        wanted: dict[RecordKind, Fields] = {CONTACT: {**joined, **conversion.contact}}
        if conversion.account and not conversion.account_id:
            wanted[ACCOUNT] = conversion.account
        if conversion.opportunity:
            wanted[OPPORTUNITY] = {**joined, **conversion.opportunity}
        return {
            ENTITIES[kind]: self._new(lead, kind, wanted[kind])
            for kind in (ACCOUNT, CONTACT, OPPORTUNITY)
            if kind in wanted
        }

    def _new(self, lead: Record, kind: RecordKind, fields: Fields) -> dict[str, object]:
        schema = self.records.schema(kind)
        editable = {spec.name for spec in schema.specs if not spec.read_only and not spec.extra}
        whole: dict[str, FieldValue] = {**carried(lead.fields, kind, editable), **fields}
        return encode(schema, self.records.checked_new(kind, whole), {})

    def _need_account(self, conversion: Conversion) -> None:
        if conversion.account_id:
            try:
                self.api.row(ENTITIES[ACCOUNT], conversion.account_id)
            except NotFound as error:
                sentence = "There is no such account in this CRM."
                raise Rejected(
                    f"The lead was not converted: {sentence}", field_errors={"account_id": sentence}
                ) from error

    def _joined(self, lead_id: str, conversion: Conversion) -> Row:
        """EspoCRM notes on the lead only an account that it made itself."""
        if conversion.account_id:
            self.api.send("PUT", f"Lead/{lead_id}", {_CREATED[ACCOUNT]: conversion.account_id})
        return self.api.row(ENTITIES[LEAD], lead_id)

    def _became(self, row: Row, kind: RecordKind) -> Record | None:
        record_id = row.get(_CREATED[kind])
        return self.records.get(kind, str(record_id)) if record_id else None
