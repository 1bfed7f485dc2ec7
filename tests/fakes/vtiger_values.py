"""What vtiger makes of the values that it is given: it refuses few, and mangles many without a word."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

MODULES: dict[str, dict[str, object]] = json.loads(Path(__file__).with_name("vtiger_modules.json").read_text())
_EXTRA = {
    "Documents": ("15", ["notes_title", "filename", "filesize", "filelocationtype", "filestatus", "folderid"]),
    "Users": ("19", ["user_name", "first_name", "last_name", "email1", "status", "no_of_currency_decimals"]),
    "Groups": ("20", ["groupname"]),
    "DocumentFolders": ("22", ["foldername"]),
}
_LENGTHS = {
    "firstname": 40, "lastname": 80, "company": 100, "email": 100, "secondaryemail": 100, "accountname": 100,
    "potentialname": 120, "designation": 50, "phone": 50, "mobile": 50, "from_email": 50, "subject": 100,
}  # fmt: skip
_FLOAT = re.compile(r"\s*[+-]?\d+(\.\d+)?")
_ENTITIES = {"<script>": "&lt;script&gt;", "</script>": "&lt;/script&gt;"}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an access key. `decimals` are those of amounts: the installer's first user has none."""

    id: str
    name: str
    key: str
    first_name: str = ""
    last_name: str = ""
    time_zone: str = "UTC"
    date_format: str = "yyyy-mm-dd"
    hour_format: str = "24"
    decimals: int = 2
    is_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


USERS = (
    User("19x1", "admin", "adminkey", "Ada", "Administrator", hour_format="12", decimals=0, is_admin=True),
    User("19x5", "sam", "samkey", "Sam", "Seller", "Europe/Berlin", "dd-mm-yyyy"),
    User("19x6", "tia", "tiakey", "Tia", "Trader", "America/New_York", "mm-dd-yyyy"),
)


def prefix_of(module: str) -> str:
    return _EXTRA[module][0] if module in _EXTRA else str(MODULES[module]["idPrefix"])


def types_of(module: str) -> dict[str, Mapping[str, object]]:
    """Each field's `type` as described."""
    if module in _EXTRA:
        names = [*_EXTRA[module][1], "assigned_user_id", "createdtime", "modifiedtime", "modifiedby", "source", "id"]
        return {name: {"name": "owner" if name == "assigned_user_id" else "string"} for name in names}
    return {field["name"]: field["type"] for field in _fields(module)}


def mandatory_of(module: str) -> list[str]:
    return [] if module in _EXTRA else [str(field["name"]) for field in _fields(module) if field.get("mandatory")]


def _fields(module: str) -> list[dict[str, object]]:
    fields = MODULES[module]["fields"]
    assert isinstance(fields, list)
    return fields


def empty_value(module: str, name: str, kind: str) -> str:
    """What a column holds when nothing was given."""
    if kind == "currency":
        return "0.00000000"
    if name == "probability":
        return "0.000"
    if kind == "boolean" or (kind == "integer" and name not in ("access_count", "click_count", "reminder_time")):
        return "0"
    return "0" if name in ("related_email_id", "is_private") or (module, name) == ("Events", "reminder_time") else ""


def stored(module: str, name: str, value: object, user: User) -> str:
    """A value as the database holds it afterwards."""
    kind = str(types_of(module).get(name, {}).get("name", "string"))
    if kind == "boolean":
        return "1" if value is True or str(value) in ("on", "1") else "0"
    if value is None or value == "":
        return empty_value(module, name, kind) if kind in ("currency", "integer", "double") else ""
    text = str(value)
    match kind:
        case "currency":
            return _amount(text, user)
        case "date":
            return _date(text, user)
        case "double" | "integer":
            return f"{_float(text):.3f}" if kind == "double" else str(int(_float(text)))
    return _text(name, text)


def _text(name: str, text: str) -> str:
    for bad, good in _ENTITIES.items():
        text = text.replace(bad, good)
    text = "".join("????" if char > "\uffff" else char for char in text)
    return text[: _LENGTHS[name]] if name in _LENGTHS else text


def label_of(module: str, row: Mapping[str, str]) -> str:
    """The extra key `label`, with HTML's entities in it."""
    names = str(MODULES.get(module, {}).get("labelFields", "notes_title")).split(",")
    text = " ".join(row.get(name, "") for name in names)
    text = text.strip() if row.get(names[-1]) != "0" else text.rstrip()
    named = {"ö": "&ouml;", "ü": "&uuml;", "ä": "&auml;", "–": "&ndash;", "ø": "&oslash;", "Å": "&Aring;"}
    escaped = html.escape(text, quote=True).replace("&#x27;", "&#039;")
    return "".join(named.get(char, char) for char in escaped)


def _float(text: str) -> Decimal:
    """PHP's: the number that the text begins with."""
    found = _FLOAT.match(text)
    return Decimal(found[0].strip()) if found else Decimal(0)


def _amount(text: str, user: User) -> str:
    rounded = _float(text).quantize(Decimal(1).scaleb(-user.decimals), ROUND_HALF_UP)
    return f"{rounded:.8f}"


def _date(text: str, user: User) -> str:
    if "T" in text:
        return ""
    parts = text.split("-")
    if len(parts) != 3:
        return ""
    order = user.date_format.split("-")
    if len(parts[0]) != 4:
        parts = [parts[order.index(unit)] for unit in ("yyyy", "mm", "dd")]
    try:
        return date(*(int(part) for part in parts)).isoformat()
    except ValueError:
        return "0000-00-00"
