"""The shapes in which the legacy REST of a fake SuiteCRM answers: pairs, entries, echoes, descriptions of fields."""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Mapping

from tests.fakes.suitecrm.cleaning import Person, shown, stored_value, without_tags
from tests.fakes.suitecrm.modules import Field, Module
from tests.fakes.suitecrm.store import Row

_TAGS = re.compile(r"(</?[a-z][^<>]*>)")
ENTITIES = {name: chr(code) for name, code in html.entities.name2codepoint.items() if code > 127}
_WARNING = "Access to this object is denied since it has been deleted or does not exist"


def given_values(name_value_list: object) -> dict[str, object]:
    """All three spellings: a list of pairs, a map of pairs, a plain map."""
    if isinstance(name_value_list, list):
        return {pair["name"]: pair["value"] for pair in name_value_list}
    if not isinstance(name_value_list, Mapping):
        return {}
    return {name: pair["value"] if isinstance(pair, Mapping) else pair for name, pair in name_value_list.items()}


def pairs(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    return {name: {"name": name, "value": value} for name, value in values.items()}


def entry(module: Module, row: Row, wanted: list[str] | None, *, whole_escape: bool = False) -> dict[str, object]:
    names = [name for name in row if not wanted or name in wanted]
    values = {name: field_shown(module, name, row[name], whole_escape) for name in names}
    return {"id": row["id"], "module_name": module.name, "name_value_list": pairs(values)}


def field_shown(module: Module, name: str, text: str, whole_escape: bool) -> str:
    if module.name == "Emails" and name == "description":
        return text
    spec = module.fields.get(name)
    return html.escape(text).replace("&#x27;", "&#039;") if whole_escape else shown(spec, text)


def link_value(module: Module, row: Row, name: str) -> str:
    """Flags of the link itself (primary_address) come back empty."""
    return shown(module.fields.get(name), row.get(name, ""))


def wrapped(links: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {"name": link["name"], "records": [{"link_value": record} for record in link["records"]]}  # type: ignore[attr-defined]
        for link in links
    ]


def gone(module: Module, record_id: str) -> dict[str, object]:
    warning = [{"name": "warning", "value": _WARNING}, {"name": "deleted", "value": "1"}]
    return {"id": record_id, "module_name": module.name, "name_value_list": warning}


def echo(spec: Field, value: object, person: Person) -> object:
    """What set_entry says it stored: escaped twice, but for tags, which once would do for."""
    if not isinstance(value, str) or spec.name in ("email1", "email2"):
        return value.replace("'", "&#039;") if isinstance(value, str) else value
    stored = stored_value(spec, value, person)
    if spec.type == "currency":
        return float(str(stored)) if stored is not None else 0
    if spec.name == "date_modified":
        return value
    if spec.type == "emailbody":
        return value
    times = ("date", "datetime", "datetimecombo")
    text = str(stored or "") if spec.type in times else without_tags(value)
    return "".join(echoed(part) for part in _TAGS.split(text))


def echoed(part: str) -> str:
    if _TAGS.fullmatch(part):
        return part.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    twice = {"&": "&amp;amp;", "<": "&amp;lt;", ">": "&amp;gt;", "'": "&#039;", '"': "&quot;"}
    names = {ord(char): f"&{name};" for name, char in ENTITIES.items()}
    return part.translate({ord(char): text for char, text in twice.items()} | names)


def described(module: Module, name: str) -> dict[str, object]:
    spec = module.fields[name]
    options = {
        value: {"name": int(value) if value.isdecimal() else value, "value": label}
        for value, label in module.options(name).items()
    }
    return {
        "name": name,
        "type": spec.type,
        "group": "",
        "id_name": "",
        "label": name.replace("_", " ").title() + ":",
        "required": int(spec.required),
        "options": options or [],
        "related_module": spec.related,
        "calculated": False,
        "len": spec.length,
    }
