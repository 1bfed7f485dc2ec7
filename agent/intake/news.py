"""What a form says of somebody who is known already: gaps are filled, what a person edited is only offered.

the record has no value, no person emptied it     set, like an edit of the agent
it has another one, or a person emptied it        offered beside the record
a lead's description, untouched by people         the new answers below the old ones
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.judging.fields.phones import by_telephone
from crm_model.field_values import is_empty, same_value
from crm_model.links import Verdict
from crm_model.records import Fields, FieldValue, RecordKind
from sync.edits.fitting import fit_fields
from sync.store import own_changes, records
from sync.store.database import Unit
from sync.store.links import AGENT
from sync.store.records import StoredRecord

_OFFERED = ("phone", "mobile", "title", "company", "website", "first_name", "last_name")
_KEPT = frozenset(("owner", "source", "email", "description"))
"""Of a known person these are not for a form to change; the description is added to."""


@dataclass(frozen=True, slots=True)
class News:
    """Values to set and values to offer, by field."""

    set: dict[str, FieldValue] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)


def news_of(unit: Unit, record_id: int, verdict: Verdict, at: datetime) -> News:
    """What the form of this verdict says that the person's record does not."""
    record = records.get(unit, record_id)
    if record is None or record.kind not in (RecordKind.LEAD, RecordKind.CONTACT) or record.state != "live":
        return News()
    stated = {name: value for name, value in by_telephone(verdict.fields).items() if name not in _KEPT}
    fitting, unfit = fit_fields(unit, record.crm, record.kind, stated)
    found = News()
    for name, value in fitting.items():
        if _is_gap(unit, record, name):
            found.set[name] = value
        elif name in _OFFERED and isinstance(value, str) and not same_value(value, record.fields.get(name)):
            found.offers[name] = value
    if record.kind is RecordKind.LEAD:
        _add_description(unit, record, _answers(verdict, unfit, at), found)
    return found


def _is_gap(unit: Unit, record: StoredRecord, name: str) -> bool:
    return is_empty(record.fields.get(name)) and not _edited_by_person(unit, record, name)


def _edited_by_person(unit: Unit, record: StoredRecord, name: str) -> bool:
    return own_changes.last_edit(unit, record.id, name)[0] not in ("", AGENT)


def _answers(verdict: Verdict, unfit: Mapping[str, FieldValue], at: datetime) -> str:
    """The answers of this form as they stand in a description."""
    message = str(verdict.fields.get("description") or "")
    lines = [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in unfit.items()]
    told = "\n".join(line for line in (message, *lines) if line)
    return f"{at:%Y-%m-%d}, {verdict.fields.get('source', 'web form')}\n{told}" if told else ""


def _add_description(unit: Unit, record: StoredRecord, answers: str, found: News) -> None:
    before = str(record.fields.get("description") or "")
    if not answers or answers in before or _edited_by_person(unit, record, "description"):
        return
    wanted: Fields = {"description": f"{before}\n\n{answers}".strip()}
    fitting, _ = fit_fields(unit, record.crm, record.kind, wanted)
    found.set.update(fitting)
