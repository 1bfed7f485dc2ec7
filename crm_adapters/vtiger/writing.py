"""Records made once and changed field by field; what vtiger would swallow or mangle is refused before it is sent."""

from __future__ import annotations

from crm_adapters.checks import World, check_values, keep_required, need_required, rejected
from crm_adapters.vtiger import leads, marks, people, values, vtql
from crm_adapters.vtiger.faults import Refused
from crm_adapters.vtiger.fields import MODULES
from crm_adapters.vtiger.records import Records, missing, named
from crm_model.errors import Rejected, StaleRevision
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldType, FieldValue, Record, RecordKind


def find(records: Records, kind: RecordKind, record_id: str) -> Record:
    """Errors: NotFound."""
    if kind is RecordKind.LEAD:
        return leads.find_lead(records, record_id)
    row = records.row(records.module_of(kind), record_id)
    if row is None:
        raise missing(kind, record_id)
    return records.read(kind, row)


def create(records: Records, kind: RecordKind, fields: Fields, key: str) -> Record:
    """Errors: Rejected with every wrong field."""
    module, mark = records.module_of(kind), marks.for_record(key)
    if held := records.marked(module, mark):
        return find(records, kind, str(held[0].get("id") or ""))
    checked = checked_new(records, kind, fields)
    if not records.keeps_marks(module) and (alike := _same_content(records, kind, checked)) is not None:
        return alike
    try:
        made = records.make(module, values.to_element(records.specs(kind), checked), mark)
    except Refused as error:
        raise named(kind, records.specs(kind), error) from error
    return find(records, kind, made)


def update(records: Records, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
    """Errors: NotFound, StaleRevision, Rejected."""
    held = find(records, kind, record_id)
    if held.revision != if_revision:
        raise StaleRevision(f"The {kind} was changed in vtiger meanwhile.", revision=held.revision)
    if kind is RecordKind.LEAD and leads.is_converted(held):
        raise Rejected("This lead is converted: edit the contact that it became.")
    changed = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
    checked = _checked(records, kind, changed)
    keep_required(kind, records.specs(kind), checked)
    _keep_mandatory(records, kind, checked)
    if not checked:
        return held
    try:
        records.revise(record_id, values.to_element(records.specs(kind), checked))
    except Refused as error:
        raise named(kind, records.specs(kind), error) from error
    return find(records, kind, record_id)


def checked_new(records: Records, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
    """Fields of a record to be made, with what vtiger insists on. Errors: Rejected."""
    owner = records.service.session.user_id
    filled = values.fill_in(kind, records.module_of(kind), _folded(fields), owner=owner)
    checked = _checked(records, kind, filled)
    need_required(kind, records.specs(kind), checked)
    return checked


def named_alike(records: Records, name: str) -> str:
    """Id of the account of exactly this name, "" if there is none: vtiger lets no second one be made."""
    condition = vtql.equals("accountname", name)
    rows = records.query(vtql.select(MODULES[RecordKind.ACCOUNT], condition, columns="id, accountname", limit=1))
    return str(rows[0]["id"]) if rows else ""


def _checked(records: Records, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
    specs = records.specs(kind)
    wanted = [str(fields[spec.name]) for spec in specs if spec.type is FieldType.OWNER and fields.get(spec.name)]
    owners = people.known_owners(records, wanted[0]) if wanted else None
    checked = check_values(kind, specs, fields, World(records.is_there, owners))
    wrong = {
        spec.name: f"{spec.label}: vtiger keeps one such address."
        for spec in specs
        if spec.type is FieldType.EMAILS and isinstance(value := checked.get(spec.name), tuple) and len(value) > 1
    }
    wrong |= _odd_owners(records, kind, checked) | _rounded(records, kind, checked)
    if wrong:
        raise rejected(kind, wrong)
    return checked


def _odd_owners(records: Records, kind: RecordKind, checked: Fields) -> dict[str, str]:
    """vtiger stores any number as an owner; one of no known form is refused even where users can't be listed."""
    owners = [spec.name for spec in records.specs(kind) if spec.type is FieldType.OWNER and checked.get(spec.name)]
    return {
        name: "There is no such owner in vtiger."
        for name in owners
        if not all(part.isdecimal() and part.isascii() for part in str(checked[name]).split("x", 1))
        or "x" not in str(checked[name])
    }


def _rounded(records: Records, kind: RecordKind, checked: Fields) -> dict[str, str]:
    """Amounts that vtiger would round as the preferences of this user say."""
    amounts = [spec for spec in records.specs(kind) if spec.type is FieldType.MONEY and checked.get(spec.name)]
    decimals = people.decimals_of_amounts(records) if amounts else None
    if decimals is None:
        return {}
    return {
        spec.name: f"{spec.label}: vtiger rounds this user's amounts to {decimals} decimals; set the number of currency"
        " decimals to 2 in his preferences there."
        for spec in amounts
        if len(str(checked[spec.name]).partition(".")[2].rstrip("0")) > decimals
    }


def _keep_mandatory(records: Records, kind: RecordKind, checked: Fields) -> None:
    """What is filled in at a creation can't be emptied later."""
    module = records.module_of(kind)
    wrong = {
        spec.name: f"{spec.label} can't be empty."
        for spec in records.specs(kind)
        if spec.name in checked and is_empty(checked[spec.name]) and module.fields[spec.vendor_name].mandatory
    }
    if wrong:
        raise rejected(kind, wrong)


def _folded(fields: Fields) -> dict[str, FieldValue]:
    """Further addresses than vtiger has fields for go into the description of a new record."""
    folded, others = dict(fields), fields.get("other_emails")
    if isinstance(others, tuple) and len(others) > 1:
        folded["other_emails"] = others[:1]
        said = str(fields.get("description") or "").rstrip()
        folded["description"] = f"{said}\n\nE-mail: {', '.join(others[1:])}".strip()
    return folded


def _same_content(records: Records, kind: RecordKind, fields: Fields) -> Record | None:
    """Where no mark is kept: a record that already holds all of this."""
    name = "last_name" if kind in (RecordKind.LEAD, RecordKind.CONTACT) else "name"
    column = "email" if fields.get("email") else name
    spec = next(spec for spec in records.specs(kind) if spec.name == column)
    condition = vtql.equals(spec.vendor_name, str(fields[column]))
    for row in records.query(vtql.select(MODULES[kind], condition)):
        found = records.read(kind, row)
        if all(same_value(found.fields.get(field), value) for field, value in fields.items()):
            return found
    return None
