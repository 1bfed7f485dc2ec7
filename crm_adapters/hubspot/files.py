"""Files of a record: uploaded to the account's private files, and hung on the record by a note that names them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links
from crm_adapters.hubspot.activity_texts import html_of, iso_ms, text_of
from crm_adapters.hubspot.api import portions, rows_of
from crm_adapters.hubspot.records import Records, properties_of
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text
from crm_model.records import AttachedFile, FileContent, Ref

_FOLDER = "/hitchpost"
_NOTES = "notes"


def attach(records: Records, about: Ref, file: FileContent) -> str:
    """The same name and size on the same record is the same file. Errors: NotFound, Rejected."""
    kind, record_id = about
    name = clean_text(file.name)
    for held in files_of(records, about):
        if (held.name, held.size_bytes) == (name, len(file.content)):
            return held.id
    form = {"options": json.dumps({"access": "PRIVATE"}), "folderPath": _FOLDER}
    file_id = str(records.api.upload("files/v3/files", form, "file", file).get("id") or "")
    if not file_id:
        raise Rejected("HubSpot took the file and gave no id for it.")
    properties = {
        "hs_timestamp": iso_ms(datetime.now(UTC)),
        "hs_note_body": html_of(name),
        "hs_attachment_ids": file_id,
    }
    associations = links.on_creation(records.api, _NOTES, [(names.TYPES[kind], record_id)])
    records.api.post(records.api.objects(_NOTES), {"properties": properties, "associations": associations})
    return file_id


def files_of(records: Records, about: Ref) -> tuple[AttachedFile, ...]:
    """Errors: NotFound."""
    kind, record_id = about
    records.find(kind, record_id)
    found: dict[str, AttachedFile] = {}
    for part in portions(links.linked(records.api, names.TYPES[kind], record_id, _NOTES)):
        body = {"properties": ["hs_note_body", "hs_attachment_ids"], "inputs": [{"id": note} for note in part]}
        for row in rows_of(records.api.post(records.api.objects(_NOTES, "batch/read"), body, writes=False)):
            held = properties_of(row)
            for file_id in filter(None, str(held.get("hs_attachment_ids") or "").split(";")):
                if (file := _file(records, file_id, text_of(str(held.get("hs_note_body") or "")))) is not None:
                    found[file_id] = file
    return tuple(found.values())


def _file(records: Records, file_id: str, note: str) -> AttachedFile | None:
    """HubSpot may spell a name in its own way; a note of ours has it as it was."""
    try:
        held = records.api.get(f"files/v3/files/{file_id}")
    except NotFound:
        return None
    name, ending = str(held.get("name") or ""), str(held.get("extension") or "")
    whole = f"{name}.{ending}" if ending and not name.endswith(f".{ending}") else name
    size = held.get("size")
    ours = "\n" not in note and note.endswith(f".{ending}") and bool(ending)
    return AttachedFile(file_id, note if ours else whole, size if isinstance(size, int) else 0)
