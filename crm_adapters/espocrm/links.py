"""Links between records of EspoCRM, and files: a file is a Document that is linked with the record."""

from __future__ import annotations

import base64
from datetime import timedelta

from crm_adapters.espocrm.api import Api, Row, as_row, equals
from crm_adapters.espocrm.fields import ACCOUNT, CONTACT, ENTITIES, OPPORTUNITY
from crm_adapters.espocrm.server import Facts
from crm_adapters.spelling import sql_time
from crm_model.errors import NotFound, NotSupported, Rejected
from crm_model.field_values import clean_text
from crm_model.records import AttachedFile, FileContent, RecordKind, Ref

_LINKS = {
    (OPPORTUNITY, CONTACT): "contacts",
    (CONTACT, OPPORTUNITY): "opportunities",
    (ACCOUNT, CONTACT): "contacts",
    (CONTACT, ACCOUNT): "accounts",
    (ACCOUNT, OPPORTUNITY): "opportunities",
}
_LATELY = timedelta(hours=1)


class Links:
    """Calls for links and files."""

    def __init__(self, api: Api, facts: Facts) -> None:
        self._api, self._facts = api, facts

    def set(self, one: Ref, other: Ref, *, linked: bool) -> None:
        """Errors: NotFound, NotSupported."""
        if (one[0], other[0]) == (OPPORTUNITY, ACCOUNT):
            one, other = other, one
        path = f"{ENTITIES[one[0]]}/{one[1]}/{_link(one[0], other[0])}"
        self._api.row(ENTITIES[one[0]], one[1])
        self._api.row(ENTITIES[other[0]], other[1])
        self._api.send("POST" if linked else "DELETE", path, {"id": other[1]})

    def of_kind(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        """Errors: NotFound, NotSupported."""
        row = self._api.row(ENTITIES[one[0]], one[1])
        if (one[0], kind) == (OPPORTUNITY, ACCOUNT):
            return (str(row["accountId"]),) if row.get("accountId") else ()
        path = f"{ENTITIES[one[0]]}/{one[1]}/{_link(one[0], kind)}"
        return tuple(str(each.get("id")) for each in self._api.all_rows(path, select=("id",)))

    def attach(self, about: Ref, file: FileContent) -> str:
        """Once per name and size, also when an earlier try stopped half-way. Errors: NotFound, Rejected."""
        name = clean_text(file.name)[:255] or "file"
        for held in self.files(about):
            if (held.name, held.size_bytes) == (name, len(file.content)):
                return held.id
        document = self._half_attached(name, len(file.content)) or self._upload(name, file)
        self._api.send("POST", f"{ENTITIES[about[0]]}/{about[1]}/documents", {"id": document})
        return document

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        """Errors: NotFound."""
        self._api.row(ENTITIES[about[0]], about[1])
        path = f"{ENTITIES[about[0]]}/{about[1]}/documents"
        rows = self._api.rows(path, select=("id", "name", "fileId"), order_by="createdAt")
        return tuple(AttachedFile(str(row.get("id")), str(row.get("name")), self._size(row)) for row in rows)

    def _upload(self, name: str, file: FileContent) -> str:
        content = base64.b64encode(file.content).decode()
        attachment = as_row(
            self._api.send(
                "POST",
                "Attachment",
                {
                    "name": name,
                    "type": file.content_type,
                    "role": "Attachment",
                    "relatedType": "Document",
                    "field": "file",
                    "file": f"data:{file.content_type};base64,{content}",
                },
            )
        )
        document = {
            "name": name,
            "fileId": attachment.get("id"),
            "fileName": name,
            "status": "Active",
            "publishDate": self._api.now().date().isoformat(),
            "assignedUserId": self._facts.user_id,
        }
        return str(as_row(self._api.send("POST", "Document", document)).get("id", ""))

    def _half_attached(self, name: str, size: int) -> str:
        """A document of ours of just now that was made and not linked."""
        since: dict[str, object] = {
            "type": "after",
            "attribute": "createdAt",
            "value": sql_time(self._api.now() - _LATELY),
        }
        where = [equals("name", name), equals("createdById", self._facts.user_id), since]
        rows = self._api.rows("Document", where, select=("id", "name", "fileId"), size=20)
        return next((str(row.get("id")) for row in rows if self._size(row) == size and not self._is_linked(row)), "")

    def _is_linked(self, row: Row) -> bool:
        return any(
            self._api.rows(f"Document/{row.get('id')}/{link}", select=("id",), size=1)
            for link in ("leads", "contacts", "accounts", "opportunities")
        )

    def _size(self, row: Row) -> int:
        """Bytes; 0 where the attachment itself is out of our sight."""
        try:
            size = self._api.row("Attachment", str(row.get("fileId"))).get("size")
        except (NotFound, Rejected):
            return 0
        return size if isinstance(size, int) else 0


def _link(one: RecordKind, other: RecordKind) -> str:
    link = _LINKS.get((one, other))
    if link is None:
        raise NotSupported(f"EspoCRM does not link a {one} with a {other}.", feature="relations")
    return link
