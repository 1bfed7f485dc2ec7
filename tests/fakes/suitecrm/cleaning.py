"""What SuiteCRM makes of values, as recorded: tags cut out, emoji lost, numbers read in the user's own spelling."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from tests.fakes.suitecrm.modules import Field

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_KEPT_TAGS = "b|i|u|p|a|br|em|strong|div|span|ul|ol|li|table|tr|td|th"
_LOST_TAG = re.compile(rf"<(?!/?(?:{_KEPT_TAGS})\b[^<>]*>)/?[A-Za-z!?][^<>]*(?:>|\Z)")
_TEXT_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class Person:
    """A user: who may sign in, and how they write numbers."""

    id: str
    name: str
    password: str
    full_name: str
    thousands: str = ","
    decimal: str = "."
    is_admin: bool = False


def stored_value(spec: Field, value: object, person: Person) -> object:
    """What lands in the column; None is NULL."""
    if spec.type in ("datetime", "datetimecombo"):
        return value if isinstance(value, str) and _TIME.fullmatch(value) else None
    if spec.type == "date":
        return value if isinstance(value, str) and _DATE.fullmatch(value) else None
    if spec.type == "bool":
        return "0" if value in (False, 0, "0", "false", "", "off") else "1"
    if spec.type in ("currency", "int", "float"):
        return stored_number(value, person)
    return stored_text(spec, str(value))


def stored_number(value: object, person: Person) -> str | None:
    """A JSON number is taken as it is; text is read with the user's separators."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = value.replace(person.thousands, "").replace(person.decimal, ".")
        found = re.match(r"-?\d+(\.\d+)?", value)
        return trimmed(float(found[0])) if found else None
    return trimmed(float(value)) if isinstance(value, int | float) else None


def trimmed(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def stored_text(spec: Field, text: str) -> str:
    text = "".join("????" if ord(char) > 0xFFFF else char for char in without_tags(text))
    if spec.length.isdigit():
        return text[: int(spec.length)]
    return text.encode()[:_TEXT_BYTES].decode("utf-8", "ignore")


def without_tags(text: str) -> str:
    return _LOST_TAG.sub("", html.unescape(text)).replace("\x00", "")


def shown(spec: Field | None, text: str) -> str:
    """As get_entry and the JSON:API escape it: quotes and brackets, but no ampersand, and addresses not at all."""
    if spec is None or spec.name in ("email1", "email2", "description_html"):
        return text
    for char, entity in (("'", "&#039;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, entity)
    return text
