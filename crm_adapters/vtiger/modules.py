"""What vtiger says of its modules: id prefix, fields, picklists; they differ by installation and by the user's role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleField:
    """One field in vtiger's words. `options` are value and label, `targets` the modules that a reference may name."""

    name: str
    label: str
    type: str
    mandatory: bool = False
    editable: bool = True
    options: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """A module as this user sees it. Ids of its records are `prefix` + "x" + number; `prefix` differs by server."""

    name: str
    prefix: str
    fields: Mapping[str, ModuleField]

    def holds(self, record_id: str) -> bool:
        """Whether this has the form of an id of this module."""
        prefix, cross, number = record_id.partition("x")
        return bool(cross) and prefix == self.prefix and number.isascii() and number.isdecimal() and len(number) < 13


def read_module(described: object) -> Module:
    """The answer of `describe`; what has no name is left out."""
    found = described if isinstance(described, dict) else {}
    listed = found.get("fields")
    fields = (read_field(one) for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    return Module(
        str(found.get("name", "")),
        str(found.get("idPrefix", "")),
        {field.name: field for field in fields if field.name},
    )


def read_field(one: Mapping[str, object]) -> ModuleField:
    kind = one.get("type")
    details = kind if isinstance(kind, dict) else {}
    values = details.get("picklistValues")
    options = tuple(
        (str(option["value"]), str(option.get("label", option["value"])))
        for option in (values if isinstance(values, list) else ())
        if isinstance(option, dict) and option.get("value") not in (None, "")
    )
    targets = details.get("refersTo")
    return ModuleField(
        name=str(one.get("name", "")),
        label=str(one.get("label", "") or one.get("name", "")),
        type=str(details.get("name", "string")),
        mandatory=one.get("mandatory") is True,
        editable=one.get("editable") is not False,
        options=tuple(dict.fromkeys(options)),
        targets=tuple(str(target) for target in targets) if isinstance(targets, list) else (),
        default=str(one.get("default") or details.get("defaultValue") or ""),
    )
