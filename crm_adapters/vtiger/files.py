"""Files of a record: each is a document of its own, with the bytes in one part of a form, linked afterwards."""

from __future__ import annotations

import json

from crm_adapters.spelling import whole_of
from crm_adapters.vtiger import marks, vtql
from crm_adapters.vtiger.faults import Refused
from crm_adapters.vtiger.mail_text import one_line
from crm_adapters.vtiger.records import Records, Row, missing
from crm_model.errors import Rejected, Unreachable
from crm_model.field_values import clean_text
from crm_model.records import AttachedFile, FileContent, Ref

_DOCUMENTS = "Documents"
_FILE_PART = "filename"


def attach(records: Records, about: Ref, file: FileContent, key: str) -> str:
    """Errors: NotFound, Rejected if vtiger kept a name without the bytes."""
    _need(records, about)
    module = records.module(_DOCUMENTS)
    mark = marks.for_record(key)
    held = records.marked(module, mark, columns="id")
    document = str(held[0]["id"]) if held else _upload(records, file, mark)
    row = records.row(module, document)
    if row is None or _size(row) != len(file.content):
        records.delete(document)
        raise Rejected("vtiger kept the document but not its file; it may be too large or of a forbidden kind.")
    if document not in _linked(records, about):
        records.service.write(
            "add_related", sourceRecordId=about[1], relatedRecordId=document, relationIdLabel=_DOCUMENTS
        )
        if document not in _linked(records, about):
            raise Rejected("vtiger said that it linked the document, but did not.")
    return document


def files_of(records: Records, about: Ref) -> tuple[AttachedFile, ...]:
    """Errors: NotFound."""
    _need(records, about)
    return tuple(
        AttachedFile(str(row["id"]), str(row.get("notes_title") or row.get("filename") or ""), _size(row))
        for row in _linked(records, about).values()
    )


def _linked(records: Records, about: Ref) -> dict[str, Row]:
    query = f"select id,notes_title,filename,filesize FROM {_DOCUMENTS}"
    found = records.service.read("query_related", id=about[1], relatedLabel=_DOCUMENTS, query=query)
    return {str(row.get("id", "")): row for row in found if isinstance(row, dict)} if isinstance(found, list) else {}


def _upload(records: Records, file: FileContent, mark: str) -> str:
    element = {
        "notes_title": one_line(file.name, 50) if len(file.name) > 50 else clean_text(file.name),
        "assigned_user_id": records.service.session.user_id,
        "filelocationtype": "I",
        "filestatus": "1",
        records.key_field: mark,
        **_folder(records),
    }
    form = {"elementType": _DOCUMENTS, "element": json.dumps(element), f"{_FILE_PART}_hidden": clean_text(file.name)}
    made = records.service.upload("create", form, _FILE_PART, file)
    if not isinstance(made, dict) or not made.get("id"):
        raise Rejected("vtiger made no document and gave no reason.")
    return str(made["id"])


def _folder(records: Records) -> dict[str, str]:
    """Any folder; without one vtiger takes its default."""
    try:
        rows = records.query(vtql.select("DocumentFolders", columns="id", limit=1))
    except (Refused, Unreachable):
        return {}
    return {"folderid": str(rows[0]["id"])} if rows else {}


def _size(row: Row) -> int:
    return whole_of(row.get("filesize")) or 0


def _need(records: Records, about: Ref) -> None:
    kind, record_id = about
    if not records.module_of(kind).holds(record_id) or records.retrieved(record_id) is None:
        raise missing(kind, record_id)
