"""Records made once and changed under a revision, alone or a hundred in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from crm_adapters.checks import World, check_values, keep_required, need_required, rejected
from crm_adapters.contract import Write
from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links, people, values
from crm_adapters.hubspot.api import MOST_INPUTS, rows_of
from crm_adapters.hubspot.faults import Refused
from crm_adapters.hubspot.records import Records, named
from crm_model.errors import HitchpostError, NotFound, Rejected, StaleRevision
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldType, FieldValue, Record, RecordKind

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
PEOPLE = (LEAD, CONTACT)


def key_text(key: str) -> str:
    return f"hitchpost-{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


def create(records: Records, kind: RecordKind, fields: Fields, key: str) -> Record:
    """Errors: Rejected."""
    if (held := records.by_key(kind, key_text(key))) is not None:
        return held
    checked = checked_new(records, kind, fields)
    if not records.key_property and (alike := _same_content(records, kind, checked)) is not None:
        return alike
    try:
        made = records.api.post(records.api.objects(names.TYPES[kind]), new_object(records, kind, checked, key))
    except Refused as error:
        # The address may be known since an answer that got lost, which the search does not show yet.
        if error.existing_id and (alike := _ours(records, kind, checked, error.existing_id)) is not None:
            return alike
        raise named(kind, records.specs(kind), error) from error
    return records.find(kind, str(made.get("id", "")))


def new_object(records: Records, kind: RecordKind, checked: Fields, key: str) -> dict[str, object]:
    """The body of a creation: properties, with the stage that makes it what it is, and links."""
    properties = {name: text for name, text in values.to_properties(records.specs(kind), checked).items() if text}
    if kind in PEOPLE:
        properties[names.STAGE] = "lead" if kind is LEAD else records.contact_stage
    if records.key_property:
        properties[records.key_property] = key_text(key)
    targets = [
        (names.TYPES[target], str(checked[name])) for name, target in names.LINKS[kind].items() if checked.get(name)
    ]
    body: dict[str, object] = {"properties": properties}
    return {**body, "associations": links.on_creation(records.api, names.TYPES[kind], targets)} if targets else body


def update(records: Records, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
    """Errors: NotFound, StaleRevision, Rejected."""
    held = records.find(kind, record_id)
    checked = _checked_edit(records, held, fields, if_revision)
    properties = values.to_properties(records.specs(kind), checked)
    try:
        if properties:
            path = records.api.objects(names.TYPES[kind], record_id)
            records.api.patch(path, {"properties": properties})
        _relink(records, held, checked)
    except Refused as error:
        raise named(kind, records.specs(kind), error) from error
    return records.find(kind, record_id) if checked else held


def write(records: Records, writes: Sequence[Write]) -> list[Record | HitchpostError]:
    """What became of each, in order: updates of a kind go together, creations too where keys are kept."""
    done: dict[int, Record | HitchpostError] = {}
    for kind in RecordKind:
        edits = {number: each for number, each in enumerate(writes) if each.kind is kind and each.record_id}
        done |= _update_many(records, kind, edits)
    for number, each in enumerate(writes):
        if not each.record_id:
            done[number] = _one(records, each)
    return [done[number] for number in range(len(writes))]


def checked_new(records: Records, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
    """Errors: Rejected."""
    filled = {name: value for name, value in fields.items() if not is_empty(value)}
    stage = next((spec for spec in records.specs(kind) if spec.name == "stage"), None)
    if stage is not None and stage.options:
        filled.setdefault("stage", stage.options[0][0])
    checked = _checked(records, kind, filled)
    need_required(kind, records.specs(kind), checked)
    if kind in PEOPLE and not any(checked.get(name) for name in ("email", "first_name", "last_name")):
        raise rejected(kind, {"email": "HubSpot wants an e-mail address or a name."})
    return checked


def _one(records: Records, each: Write) -> Record | HitchpostError:
    try:
        return create(records, each.kind, each.fields, each.key)
    except HitchpostError as error:
        return error


def _update_many(records: Records, kind: RecordKind, edits: Mapping[int, Write]) -> dict[int, Record | HitchpostError]:
    done: dict[int, Record | HitchpostError] = {}
    ids = [each.record_id for each in edits.values()]
    held = {record.id: record for record in records.read_many(kind, ids)} if edits else {}
    together: dict[int, dict[str, object]] = {}
    for number, each in edits.items():
        try:
            if each.record_id not in held:
                raise NotFound(f"There is no {kind} {each.record_id[:40]!r} in HubSpot (any more).")
            checked = _checked_edit(records, held[each.record_id], each.fields, each.if_revision)
            if ids.count(each.record_id) > 1 or checked.keys() & names.LINKS[kind].keys():
                done[number] = update(records, kind, each.record_id, each.fields, each.if_revision)
            elif checked:
                properties = values.to_properties(records.specs(kind), checked)
                together[number] = {"id": each.record_id, "properties": properties}
            else:
                done[number] = held[each.record_id]
        except HitchpostError as error:
            done[number] = error
    return done | _send(records, kind, edits, together)


def _send(
    records: Records, kind: RecordKind, edits: Mapping[int, Write], together: Mapping[int, dict[str, object]]
) -> dict[int, Record | HitchpostError]:
    """One call for a hundred; if HubSpot takes none of them because of one, each goes alone."""
    done: dict[int, Record | HitchpostError] = {}
    numbers = list(together)
    for start in range(0, len(numbers), MOST_INPUTS):
        part = numbers[start : start + MOST_INPUTS]
        path = records.api.objects(names.TYPES[kind], "batch/update")
        try:
            answer = records.api.post(path, {"inputs": [together[number] for number in part]})
        except Refused:
            answer = {}
        except HitchpostError as error:
            done |= dict.fromkeys(part, error)
            continue
        changed = {str(row.get("id", "")) for row in rows_of(answer)}
        after = {record.id: record for record in records.read_many(kind, sorted(changed))}
        for number in part:
            each = edits[number]
            done[number] = after[each.record_id] if each.record_id in after else _alone(records, each)
    return done


def _alone(records: Records, each: Write) -> Record | HitchpostError:
    try:
        return update(records, each.kind, each.record_id, each.fields, each.if_revision)
    except HitchpostError as error:
        return error


def _checked_edit(records: Records, held: Record, fields: Fields, if_revision: str) -> dict[str, FieldValue]:
    if held.revision != if_revision:
        raise StaleRevision(f"The {held.kind} was changed in HubSpot meanwhile.", revision=held.revision)
    if held.fields.get("converted_contact_id"):
        raise Rejected("This lead is converted: edit the contact that it became.")
    changed = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
    checked = _checked(records, held.kind, changed)
    keep_required(held.kind, records.specs(held.kind), checked)
    return checked


def _checked(records: Records, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
    specs = records.specs(kind)
    wants_owner = any(not is_empty(fields.get(spec.name)) for spec in specs if spec.type is FieldType.OWNER)
    owners = frozenset(owner.id for owner in people.owners(records.api)) if wants_owner else frozenset[str]()

    def is_there(target: RecordKind, record_id: str) -> bool:
        return bool(records.read_many(target, [record_id]))

    checked = check_values(kind, specs, fields, World(is_there, owners))
    domains = checked.get("domains")
    if isinstance(domains, tuple) and len(domains) > 1:
        raise rejected(kind, {"domains": "HubSpot keeps one domain of a company here."})
    return checked


def _relink(records: Records, held: Record, checked: Fields) -> None:
    own_type = names.TYPES[held.kind]
    for name, target in names.LINKS[held.kind].items():
        if name not in checked:
            continue
        before, after = held.fields.get(name), checked[name]
        if before:
            links.unlink(records.api, own_type, held.id, names.TYPES[target], str(before))
        if after:
            links.link(records.api, own_type, held.id, names.TYPES[target], str(after))


def _same_content(records: Records, kind: RecordKind, checked: Fields) -> Record | None:
    """Without keys, a record that holds all of this already is taken for the one that was asked for."""
    name = "email" if kind in PEOPLE else "name"
    if not checked.get(name):
        return None
    if kind in PEOPLE:
        found = records.read_many(kind, [str(checked[name]).lower()], by="email")
    else:
        own = names.NAMES[kind][name]
        equal = {"propertyName": own, "operator": "EQ", "value": str(checked[name])}
        query = {"filterGroups": [{"filters": [equal]}], "properties": records.wanted(kind), "limit": 100}
        found = records.to_records(kind, rows_of(records.api.search(names.TYPES[kind], query)))
    return next((record for record in found if _holds(record, checked)), None)


def _ours(records: Records, kind: RecordKind, checked: Fields, existing_id: str) -> Record | None:
    if records.key_property:
        return None
    return next((record for record in records.read_many(kind, [existing_id]) if _holds(record, checked)), None)


def _holds(record: Record, checked: Fields) -> bool:
    return all(same_value(record.fields.get(name), value) for name, value in checked.items() if not is_empty(value))
