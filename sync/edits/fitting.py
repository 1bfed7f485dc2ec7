"""A lead as the agent proposes it, fitted to the fields that its CRM has: nothing that was stated is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, Owner, RecordKind
from sync.edits.checking import problem_of
from sync.store import field_specs
from sync.store.database import Unit

_DESCRIPTION = "description"
_CURRENCY = re.compile(r"(?i)\b(?:nok|sek|dkk|eur|usd|gbp|chf|pln|rub|kr)\b\.?|[€$£]|,-")
_SPACES = re.compile(r"[\s'’]")
_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?")


def fit_lead(unit: Unit, crm: str, fields: Fields) -> dict[str, FieldValue]:
    """The fields that the CRM takes; what it does not take stands in its description, a line each.

    A CRM that has not described itself is left to judge.
    """
    specs = _specs(unit, crm, RecordKind.LEAD)
    if not specs:
        return dict(fields)
    if "mobile" not in specs and not fields.get("phone"):
        fields = {"phone" if name == "mobile" else name: value for name, value in fields.items()}
    given = {name: value for name, value in fields.items() if not is_empty(value) and name != _DESCRIPTION}
    fitted, unfit = fit_fields(unit, crm, RecordKind.LEAD, given)
    told = [str(fields[_DESCRIPTION])] if fields.get(_DESCRIPTION) else []
    told += [
        f"{_label(name, specs)}: {', '.join(value) if isinstance(value, tuple) else value}"
        for name, value in unfit.items()
    ]
    if told and _DESCRIPTION in specs:
        fitted[_DESCRIPTION] = "\n".join(told)[: specs[_DESCRIPTION].max_length]
    return fitted


def fit_fields(
    unit: Unit, crm: str, kind: RecordKind, fields: Fields
) -> tuple[dict[str, FieldValue], dict[str, FieldValue]]:
    """The values that a kind of record takes, and the others; a CRM that has not described itself takes all."""
    specs, owners = _specs(unit, crm, kind), field_specs.owners_of(unit, crm)
    if not specs:
        return dict(fields), {}
    fitted = {name: _fit(specs.get(name), value, owners) for name, value in fields.items()}
    taken: dict[str, FieldValue] = {name: value for name, value in fitted.items() if value is not None}
    return taken, {name: value for name, value in fields.items() if name not in taken}


def _specs(unit: Unit, crm: str, kind: RecordKind) -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in field_specs.fields_of(unit, crm, kind)}


def _label(name: str, specs: dict[str, FieldSpec]) -> str:
    return specs[name].label if name in specs else name.replace("_", " ").capitalize()


def _fit(spec: FieldSpec | None, value: FieldValue, owners: tuple[Owner, ...]) -> FieldValue:
    """The value as this field takes it: a picklist's by its label, a sum as written in mail; None if it does not."""
    if spec is None:
        return None
    if spec.options and isinstance(value, str):
        word = value.strip().casefold()
        return next((option for option, label in spec.options if word in (option.casefold(), label.casefold())), None)
    if spec.type is FieldType.OWNER and isinstance(value, str):
        value = owner_id(value, owners) or value
    if spec.type is FieldType.MONEY and isinstance(value, str):
        plain = _SPACES.sub("", _CURRENCY.sub("", value))
        value = plain.replace(",", ".") if _AMOUNT.fullmatch(plain) else value
    return None if problem_of(spec, value, owners) else value


def unknown_owners(said: Iterable[str], owners: tuple[Owner, ...]) -> tuple[str, ...]:
    """Those of these ids, addresses and names that are no user's, or that of several; each once."""
    return tuple(word for word in dict.fromkeys(said) if not owner_id(word, owners))


def owner_id(said: str, owners: tuple[Owner, ...]) -> str:
    """The user that is meant by id, address or name, "" if none is."""
    word = said.strip().casefold()
    for spelling in ("id", "email", "name"):
        found = [owner.id for owner in owners if str(getattr(owner, spelling)).casefold() == word]
        if len(found) == 1:
            return found[0]
    return ""
