"""`local:<id>` in fields becomes the CRM's own id as soon as the CRM has the record."""

from __future__ import annotations

from crm_model.changes import ChangeKind
from crm_model.errors import Rejected, TryLater
from crm_model.records import Fields, FieldValue
from sync.store import Unit, own_changes, records
from sync.store.known_records import local_id

_WAIT_SECONDS = 15.0


class NotPushedYet(TryLater):
    """A record that a change refers to, by our own id, is still on its way to the CRM."""

    def __init__(self, record_id: int) -> None:
        super().__init__("It refers to a record that is on its way.", retry_after_seconds=_WAIT_SECONDS)
        self.record_id = record_id


def resolve_fields(unit: Unit, fields: Fields) -> dict[str, FieldValue]:
    """Fields as the CRM wants them. Errors: NotPushedYet; Rejected for a record that will never be there."""
    found: dict[str, FieldValue] = {}
    for name, value in fields.items():
        if isinstance(value, tuple):
            found[name] = tuple(resolve(unit, name, part) for part in value)
        else:
            found[name] = resolve(unit, name, value) if isinstance(value, str) else value
    return found


def resolve(unit: Unit, name: str, value: str) -> str:
    """The CRM's id for `local:<id>`; anything else as it is."""
    target = _target(unit, value)
    if target is None:
        return value
    if target.remote_id:
        return target.remote_id
    if own_changes.is_unsettled(unit, target.id, ChangeKind.CREATE):
        raise NotPushedYet(target.id)
    sentence = f"It refers to “{target.title}”, which the CRM does not have; mend that record first."
    raise Rejected(sentence, field_errors={name: sentence})


def known_references(unit: Unit, fields: Fields) -> dict[str, FieldValue]:
    """The same as far as it is possible now, never an error."""
    return {name: _known(unit, value) for name, value in fields.items()}


def _known(unit: Unit, value: FieldValue) -> FieldValue:
    if isinstance(value, tuple):
        return tuple(str(_known(unit, part)) for part in value)
    if not isinstance(value, str):
        return value
    target = _target(unit, value)
    return target.remote_id or value if target is not None else value


def _target(unit: Unit, value: str) -> records.StoredRecord | None:
    record_id = local_id(value)
    return records.get(unit, record_id) if record_id is not None else None
