"""Values are checked against what a CRM says of its fields before they are sent: most CRMs cut or mangle in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from crm_model.errors import Rejected
from crm_model.field_values import clean_value, is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, RecordKind

Exists = Callable[[RecordKind, str], bool]

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")
_MONEY = re.compile(r"-?\d{1,15}(?:\.\d{1,2})?")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_MOST_PARTS = 200
_LINES = {FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.URL}
_LISTS = {FieldType.EMAILS, FieldType.TEXTS, FieldType.REFERENCES}


class _Wrong(ValueError):
    """A value that can't be stored; the message is for the person."""


@dataclass(frozen=True, slots=True)
class World:
    """What values may refer to: other records, and owners (None: the CRM does not tell us who there is)."""

    exists: Exists
    owners: Collection[str] | None


def check_values(kind: RecordKind, specs: Iterable[FieldSpec], fields: Fields, world: World) -> dict[str, FieldValue]:
    """The values in their one spelling, empty ones as None. Errors: Rejected with every wrong field."""
    known = {spec.name: spec for spec in specs}
    checked: dict[str, FieldValue] = {}
    wrong: dict[str, str] = {}
    for name, value in fields.items():
        try:
            checked[name] = _checked(known.get(name), kind, clean_value(value), world)
        except _Wrong as error:
            wrong[name] = str(error)
    if wrong:
        raise rejected(kind, wrong)
    return checked


def need_required(kind: RecordKind, specs: Iterable[FieldSpec], fields: Fields) -> None:
    """Errors: Rejected with every required field that is empty in a record to be made."""
    missing = {
        spec.name: f"{spec.label} is needed." for spec in specs if spec.required and is_empty(fields.get(spec.name))
    }
    if missing:
        raise rejected(kind, missing)


def keep_required(kind: RecordKind, specs: Iterable[FieldSpec], changed: Fields) -> None:
    """Errors: Rejected with every required field that a change empties."""
    emptied = {
        spec.name: f"{spec.label} can't be empty."
        for spec in specs
        if spec.required and spec.name in changed and is_empty(changed[spec.name])
    }
    if emptied:
        raise rejected(kind, emptied)


def rejected(kind: RecordKind, wrong: Mapping[str, str]) -> Rejected:
    return Rejected(f"The {kind} was refused: {' '.join(wrong.values())}", field_errors=wrong)


def _checked(spec: FieldSpec | None, kind: RecordKind, value: FieldValue, world: World) -> FieldValue:
    if spec is None:
        raise _Wrong(f"A {kind} has no such field here.")
    if spec.read_only:
        raise _Wrong(f"{spec.label} can't be edited.")
    if is_empty(value):
        return None
    if spec.type in _LISTS:
        return _parts(spec, value, world)
    return _CHECKS.get(spec.type, _plain)(spec, value, world)


def _plain(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    return _text(spec, value)


def _text(spec: FieldSpec, value: FieldValue) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"{spec.label} must be text.")
    text = value.strip()
    if spec.type in _LINES:
        text = " ".join(_CONTROL.sub(" ", text).split())
    if spec.max_length is not None and len(text) > spec.max_length:
        raise _Wrong(f"{spec.label} is too long: {len(text)} characters, {spec.max_length} are allowed.")
    return text


def _address(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    text = _text(spec, value)
    if not _ADDRESS.fullmatch(text):
        raise _Wrong(f"{spec.label} must look like name@company.com.")
    return text


def _option(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    text = _text(spec, value)
    values = [value for value, _ in spec.options]
    if text not in values:
        labels = ", ".join(label for _, label in spec.options)
        raise _Wrong(f"{spec.label} must be one of: {labels}.")
    return text


def _money(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        value = str(value)
    text = value.strip() if isinstance(value, str) else ""
    if not _MONEY.fullmatch(text) or not text.isascii():
        raise _Wrong(f"{spec.label} must be a number with a decimal point, like 12500.00.")
    whole, _, cents = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-'))}.{cents:0<2}"


def _percent(spec: FieldSpec, value: FieldValue, _world: World) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise _Wrong(f"{spec.label} must be a whole number from 0 to 100.")
    return value


def _date(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    text = _text(spec, value)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise _Wrong(f"{spec.label} must be a date like 2026-11-22.")
    return text


def _time(spec: FieldSpec, value: FieldValue, _world: World) -> str:
    text = _text(spec, value)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _Wrong(f"{spec.label} must be a time like 2026-11-22T09:00:00Z.")
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reference(spec: FieldSpec, value: FieldValue, world: World) -> str:
    text = _text(spec, value)
    if spec.target is None or not world.exists(spec.target, text):
        raise _Wrong(f"{spec.label}: there is no such {spec.target} in this CRM.")
    return text


def _yes_or_no(spec: FieldSpec, value: FieldValue, _world: World) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"{spec.label} is yes or no.")
    return value


def _owner(spec: FieldSpec, value: FieldValue, world: World) -> str:
    text = _text(spec, value)
    if world.owners is not None and text not in world.owners:
        raise _Wrong("There is no such owner in this CRM.")
    return text


_CHECKS: dict[FieldType, Callable[[FieldSpec, FieldValue, World], FieldValue]] = {
    FieldType.EMAIL: _address,
    FieldType.PICKLIST: _option,
    FieldType.MONEY: _money,
    FieldType.PERCENT: _percent,
    FieldType.DATE: _date,
    FieldType.DATETIME: _time,
    FieldType.BOOLEAN: _yes_or_no,
    FieldType.REFERENCE: _reference,
    FieldType.OWNER: _owner,
}


def _parts(spec: FieldSpec, value: FieldValue, world: World) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise _Wrong(f"{spec.label} must be a list.")
    if len(value) > _MOST_PARTS:
        raise _Wrong(f"{spec.label}: {_MOST_PARTS} entries are the most.")
    parts = [" ".join(_CONTROL.sub(" ", _text(spec, part)).split()) for part in value]
    for part in parts:
        if part and spec.type is FieldType.EMAILS:
            _address(spec, part, world)
        if part and spec.type is FieldType.REFERENCES:
            _reference(spec, part, world)
    return tuple(dict.fromkeys(part for part in parts if part))
