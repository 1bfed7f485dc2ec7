"""Links between records of Salesforce, and files: a content version, first published on the record."""

from __future__ import annotations

import base64

from crm_adapters.salesforce.api import Api, as_row, quoted
from crm_adapters.salesforce.conversion import relate_once
from crm_adapters.salesforce.fields import ACCOUNT, CONTACT, OBJECTS, OPPORTUNITY
from crm_adapters.salesforce.records import Records
from crm_model.errors import NotSupported, Rejected
from crm_model.field_values import clean_text
from crm_model.records import AttachedFile, FileContent, RecordKind, Ref

_HOLDERS = {(CONTACT, ACCOUNT): "AccountId", (OPPORTUNITY, ACCOUNT): "AccountId"}
_DEAL = {OPPORTUNITY, CONTACT}
_LARGEST_BYTES = 35 * 2**20


class Links:
    """Calls for links and files."""

    def __init__(self, api: Api, records: Records) -> None:
        self._api, self._records = api, records

    def set(self, one: Ref, other: Ref, *, linked: bool) -> None:
        """Errors: NotFound, NotSupported."""
        for ref in (one, other):
            self._records.row(*ref)
        ids = {one[0]: one[1], other[0]: other[1]}
        if ids.keys() == _DEAL:
            self._set_role(ids[OPPORTUNITY], ids[CONTACT], linked=linked)
            return
        holder, field, held = _holder(one, other)
        if linked or self._records.row(*holder).get(field) == held[1]:
            self._api.call(
                "PATCH", f"sobjects/{OBJECTS[holder[0]]}/{holder[1]}", body={field: held[1] if linked else None}
            )

    def of_kind(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        """Errors: NotFound, NotSupported."""
        row = self._records.row(*one)
        if {one[0], kind} == _DEAL:
            mine, theirs = ("OpportunityId", "ContactId") if one[0] is OPPORTUNITY else ("ContactId", "OpportunityId")
            rows = self._api.query(f"SELECT {theirs} FROM OpportunityContactRole WHERE {mine} = {quoted(one[1])}")
            return tuple(dict.fromkeys(str(each.get(theirs)) for each in rows))
        if field := _HOLDERS.get((one[0], kind)):
            return (str(row[field]),) if row.get(field) else ()
        if field := _HOLDERS.get((kind, one[0])):
            return tuple(str(each.get("Id")) for each in self._records.where(kind, f"{field} = {quoted(one[1])}"))
        raise _unlinked(one[0], kind)

    def attach(self, about: Ref, file: FileContent) -> str:
        """Once per name and size. Errors: NotFound, Rejected."""
        name = clean_text(file.name)[:255] or "file"
        for held in self.files(about):
            if (held.name, held.size_bytes) == (name, len(file.content)):
                return held.id
        if len(file.content) > _LARGEST_BYTES:
            raise Rejected(f"The file is too large: {_LARGEST_BYTES // 2**20} MB are the most.")
        body = {
            "Title": name,
            "PathOnClient": name,
            "VersionData": base64.b64encode(file.content).decode(),
            "FirstPublishLocationId": about[1],
        }
        version = str(as_row(self._api.call("POST", "sobjects/ContentVersion", body=body).json()).get("id", ""))
        rows = self._api.query(f"SELECT ContentDocumentId FROM ContentVersion WHERE Id = {quoted(version)}")
        return str(rows[0].get("ContentDocumentId")) if rows else version

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        """Errors: NotFound."""
        self._records.row(*about)
        rows = self._api.query(
            "SELECT ContentDocumentId, ContentDocument.Title, ContentDocument.ContentSize FROM ContentDocumentLink"
            f" WHERE LinkedEntityId = {quoted(about[1])}"
        )
        documents = [(str(row.get("ContentDocumentId")), as_row(row.get("ContentDocument"))) for row in rows]
        return tuple(
            AttachedFile(each, str(held.get("Title")), _size(held.get("ContentSize"))) for each, held in documents
        )

    def _set_role(self, opportunity_id: str, contact_id: str, *, linked: bool) -> None:
        if linked:
            relate_once(self._api, opportunity_id, contact_id)
            return
        where = f"OpportunityId = {quoted(opportunity_id)} AND ContactId = {quoted(contact_id)}"
        for row in self._api.query(f"SELECT Id FROM OpportunityContactRole WHERE {where}"):
            self._api.call("DELETE", f"sobjects/OpportunityContactRole/{row.get('Id')}")


def _holder(one: Ref, other: Ref) -> tuple[Ref, str, Ref]:
    """The record that names the other, its field, the other."""
    for holder, held in ((one, other), (other, one)):
        if field := _HOLDERS.get((holder[0], held[0])):
            return holder, field, held
    raise _unlinked(one[0], other[0])


def _unlinked(one: RecordKind, other: RecordKind) -> NotSupported:
    return NotSupported(f"Salesforce does not link a {one} with a {other}.", feature="relations")


def _size(value: object) -> int:
    return value if isinstance(value, int) else 0
