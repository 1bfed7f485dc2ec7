"""Field values checked against what the CRM said of its fields, before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from crm_model.errors import Rejected
from crm_model.field_values import clean_fields, is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, Owner, RecordKind
from sync.store import field_specs
from sync.store.database import Unit

_EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")
_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LISTS = (FieldType.EMAILS, FieldType.TEXTS, FieldType.REFERENCES)


def check_fields(unit: Unit, crm: str, kind: RecordKind, fields: Fields, *, complete: bool) -> dict[str, FieldValue]:
    """The values, fit for storage. `complete`: of a new record, so that required fields must be there.

    A CRM that has not described its fields yet is not guessed at: it will judge itself. Errors: Rejected.
    """
    values = {name: _trimmed(value) for name, value in clean_fields(fields).items()}
    specs = field_specs.fields_of(unit, crm, kind)
    if not specs:
        return values
    known = {spec.name: spec for spec in specs}
    owners = field_specs.owners_of(unit, crm)
    errors = {name: f"{crm} has no such field." for name in values if name not in known}
    for name in values.keys() & known.keys():
        if problem := problem_of(known[name], values[name], owners):
            errors[name] = problem
    if complete:
        errors.update(_missing(specs, values))
    if errors:
        raise Rejected(" ".join(_sentences(known, errors)), field_errors=errors)
    return values


def _trimmed(value: FieldValue) -> FieldValue:
    return value.strip() if isinstance(value, str) else value


def _sentences(known: dict[str, FieldSpec], errors: dict[str, str]) -> Iterable[str]:
    for name, problem in errors.items():
        yield f"{known[name].label if name in known else name}: {problem}"


def _missing(specs: Iterable[FieldSpec], values: Fields) -> dict[str, str]:
    wanted = (spec for spec in specs if spec.required and not spec.read_only)
    return {spec.name: "This is needed." for spec in wanted if is_empty(values.get(spec.name))}


def problem_of(spec: FieldSpec, value: FieldValue, owners: tuple[Owner, ...]) -> str:
    """What is wrong with a value, as a sentence; "" if the field takes it."""
    if spec.read_only:
        return "The CRM keeps this itself."
    if is_empty(value):
        return "This is needed." if spec.required else ""
    if isinstance(value, tuple) or spec.type in _LISTS:
        return _list_problem(spec, value)
    if spec.type in _PLAIN_RULES:
        fits, advice = _PLAIN_RULES[spec.type]
        return "" if fits(value) else advice
    return _text_problem(spec, value, owners) if isinstance(value, str) else "This is a text."


def _list_problem(spec: FieldSpec, value: FieldValue) -> str:
    if not isinstance(value, tuple) or spec.type not in _LISTS:
        return "This is a list." if spec.type in _LISTS else "This is one value, not a list."
    if spec.type is FieldType.EMAILS and not all(_EMAIL.fullmatch(part) for part in value):
        return "One of these is no e-mail address."
    return ""


def _text_problem(spec: FieldSpec, value: str, owners: tuple[Owner, ...]) -> str:
    if spec.max_length is not None and len(value) > spec.max_length:
        return f"At most {spec.max_length} characters; these are {len(value)}."
    if spec.type is FieldType.OWNER and owners and all(owner.id != value for owner in owners):
        return "The CRM has no such user."
    if spec.options and all(option != value for option, _ in spec.options):
        return "Choose one of the values offered."
    fits, advice = _TEXT_RULES.get(spec.type, (_anything, ""))
    return "" if fits(value) else advice


def _is_flag(value: FieldValue) -> bool:
    return isinstance(value, bool)


def _is_percent(value: FieldValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100


def _anything(_value: str) -> bool:
    return True


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return _DATE.fullmatch(value) is not None


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_TEXT_RULES: dict[FieldType, tuple[Callable[[str], object], str]] = {
    FieldType.EMAIL: (_EMAIL.fullmatch, "This is no e-mail address."),
    FieldType.MONEY: (_MONEY.fullmatch, "Write an amount such as 12500.00."),
    FieldType.DATE: (_is_date, "Write a date such as 2026-11-22."),
    FieldType.DATETIME: (_is_time, "Write a time such as 2026-11-22T09:00:00Z."),
}
_PLAIN_RULES: dict[FieldType, tuple[Callable[[FieldValue], bool], str]] = {
    FieldType.BOOLEAN: (_is_flag, "This is yes or no."),
    FieldType.PERCENT: (_is_percent, "Write a whole number from 0 to 100."),
}
