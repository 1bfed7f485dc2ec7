"""What the embedded CRM adds to the checks of values: defaults, stages with their probability, no nameless records."""

from __future__ import annotations

from dataclasses import dataclass

from crm_adapters.checks import World, check_values, keep_required, need_required, rejected
from crm_adapters.local.fields import CONVERTED, Choices
from crm_model.errors import Rejected
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldValue, RecordKind


@dataclass(frozen=True, slots=True)
class LocalWorld(World):
    """What values may refer to, and the stages and statuses of this CRM."""

    choices: Choices


def check_new(kind: RecordKind, fields: Fields, world: LocalWorld) -> dict[str, FieldValue]:
    """Fields of a record to be made, with defaults. Errors: Rejected with every wrong field."""
    given = {name: value for name, value in fields.items() if not is_empty(value)}
    checked = _check(kind, {**world.choices.defaults(kind), **given}, world)
    need_required(kind, world.choices.specs(kind), checked)
    _need_identity(kind, checked)
    return _with_probability(kind, checked, {}, world.choices)


def check_edit(kind: RecordKind, held: Fields, fields: Fields, world: LocalWorld) -> dict[str, FieldValue]:
    """The whole record after an edit. Errors: Rejected with every wrong field."""
    changed = {name: value for name, value in fields.items() if not same_value(value, held.get(name))}
    checked = _check(kind, changed, world)
    keep_required(kind, world.choices.specs(kind), checked)
    after = {**held, **_with_probability(kind, checked, held, world.choices)}
    _need_identity(kind, after)
    return {name: value for name, value in after.items() if not is_empty(value)}


def _check(kind: RecordKind, fields: Fields, world: LocalWorld) -> dict[str, FieldValue]:
    checked = check_values(kind, world.choices.specs(kind), fields, world)
    if kind is RecordKind.LEAD and checked.get("status") == CONVERTED:
        raise rejected(kind, {"status": "A lead becomes converted by converting it, not by its status."})
    return checked


def _with_probability(
    kind: RecordKind, changed: dict[str, FieldValue], held: Fields, choices: Choices
) -> dict[str, FieldValue]:
    """A new stage brings its probability, unless one is given with it."""
    stage = changed.get("stage")
    moved = kind is RecordKind.OPPORTUNITY and stage and not same_value(stage, held.get("stage"))
    if moved and changed.get("probability") is None:
        return {**changed, "probability": choices.probability(str(stage))}
    return changed


def _need_identity(kind: RecordKind, fields: Fields) -> None:
    names = {
        RecordKind.LEAD: ("first_name", "last_name", "company", "email", "phone", "mobile"),
        RecordKind.CONTACT: ("first_name", "last_name", "email", "phone", "mobile"),
    }.get(kind)
    if names and all(is_empty(fields.get(name)) for name in names):
        sentence = "A name, an e-mail address or a phone number is needed."
        raise Rejected(f"The {kind} was refused: {sentence}", field_errors={"": sentence})
