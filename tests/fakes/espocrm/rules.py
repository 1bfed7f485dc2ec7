"""What EspoCRM checks before it stores, and how it reads the conditions of a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from tests.fakes.espocrm.schema import FIELDS, all_attributes, attributes

Row = dict[str, Any]
_TIME = "%Y-%m-%d %H:%M:%S"
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


class Refused(Exception):
    """An answer other than 200: status, reason for the header, body."""

    def __init__(
        self, status: int, reason: str | None = "", body: object = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status, self.reason, self.body, self.headers = status, reason, body, headers or {}


def invalid(entity: str, field: str, rule: str) -> Refused:
    reason = f"Field validation failure; entityType: {entity}, field: {field}, type: {rule}."
    data = {"label": "validationFailure", "scope": None, "data": {"field": field, "type": rule}}
    return Refused(400, reason, {"messageTranslation": data})


def check(entity: str, given: Mapping[str, Any], held: Mapping[str, Any] | None) -> None:
    """Every field of a record to be stored; `held` is it as it stands, None for a new one."""
    whole = {**(held or {}), **given}
    for field, spec in FIELDS[entity].items():
        names = attributes(entity, field)
        looked_at = held is None or any(name in given for name in names)
        if not looked_at or spec.get("readOnly"):
            continue
        value = whole.get(names[0])
        if value in (None, "", []):
            if spec.get("required") and spec.get("default") is None:
                raise invalid(entity, field, "required")
            continue
        if names[0] in given and (rule := _broken(spec, value)):
            raise invalid(entity, field, rule)


def _broken(spec: Mapping[str, Any], value: Any) -> str:
    """The rule that a value breaks, "" if none."""
    kind = spec["type"]
    broken = {
        "valid": kind in _VALID and not _VALID[kind](spec, value),
        "emailAddress": kind == "email" and not _EMAIL.fullmatch(str(value)),
        "maxLength": "maxLength" in spec and len(str(value)) > spec["maxLength"],
        "pattern": spec.get("pattern") == "$noBadCharacters" and bool(re.search("[<>=]", str(value))),
    }
    return next((rule for rule, is_broken in broken.items() if is_broken), "")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and bool(re.fullmatch(r"-?\d+(\.\d+)?", str(value)))


def _parses(parse: Callable[[str], object], value: Any, length: int) -> bool:
    try:
        parse(str(value))
    except ValueError:
        return False
    return len(str(value)) == length


_VALID: dict[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "enum": lambda spec, value: value in (spec.get("options") or [value]),
    "currency": lambda spec, value: _is_number(value),
    "int": lambda spec, value: isinstance(value, int) and not isinstance(value, bool),
    "date": lambda spec, value: _parses(date.fromisoformat, value, 10),
    "datetime": lambda spec, value: _parses(lambda text: datetime.strptime(text, _TIME), value, 19),  # noqa: DTZ007
}


def conditions(query: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """`where[0][type]=equals` and so on, as PHP makes a list of it."""
    root: dict[str, Any] = {}
    for name, value in query:
        if name.startswith("where["):
            place = root
            *path, last = re.findall(r"\[([^\]]*)\]", name)
            for part in path:
                place = place.setdefault(part, {})
            place[last] = value
    return [_listed(each) for each in root.values()]


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    parts = {name: _listed(each) for name, each in value.items()}
    return list(parts.values()) if parts and all(name.isdigit() for name in parts) else parts


def matches(entity: str, row: Row, condition: Mapping[str, Any], emails: list[str]) -> bool:
    """Whether a row meets a condition; `emails` are all addresses of the row, lower case."""
    kind, value = condition["type"], condition.get("value")
    if kind in ("or", "and"):
        return (any if kind == "or" else all)([matches(entity, row, each, emails) for each in value])
    if kind not in _TESTS:
        raise Refused(500, f"Unknown where item type '{kind}'.")
    attribute = condition["attribute"]
    if attribute not in all_attributes(entity) and attribute not in ("isActive", "emailAddress"):
        raise Refused(400, f"Not existing attribute '{attribute}' in where.")
    if attribute == "emailAddress" and entity != "User":
        return kind == "equals" and str(value).lower() in emails
    return _TESTS[kind](row.get(attribute), value)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda held, value: str(held).lower() == str(value).lower() if held is not None else False,
    "in": lambda held, value: held in value,
    "after": lambda held, value: (held or "") > value,
    "greaterThan": lambda held, value: (held or "") > value,
    "isTrue": lambda held, value: held is True,
}
