"""Everything that the configuration file can say, as groups of rows: what stands there now and what could.

The rows come from the same models and option lists that the file is checked against, so nothing can be forgotten. A
value is shown and typed as text: lists with commas, what has an inner structure as TOML writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tomlkit.items import AoT, Item

from crm_adapters import registry as crm_backends
from crm_model.errors import ConfigError
from crm_model.options import OptionSpec, OptionType, OptionValue
from sync.hooks import HOOK, INCOMING
from sync.mailboxes import registry as mailbox_kinds
from sync.settings.help import help_for
from sync.settings.model import PlaceTable, SettingsFile


class Sort(StrEnum):
    """How a value is typed: `TOML` for what has an inner structure, as `{ env = "NAME" }`."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes or no"
    LIST = "list"
    CHOICE = "choice"
    TOML = "TOML"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One key. `value` is "" where the file does not have it; then `default` counts.

    `zero` is the word that 0 is shown as and typed as, "" where 0 is a number like others.
    """

    key: str
    sort: Sort
    value: str = ""
    default: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    zero: str = ""


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """A table of the file, "" the top level; `entry` is the name of one among several tables of that word."""

    table: str
    rows: tuple[SettingRow, ...]
    entry: str = ""
    kind: str = ""


_KIND_KEYS = {"mail_account": "kind", "crm": "backend"}
SEVERAL = tuple(name for name, field in SettingsFile.model_fields.items() if get_origin(field.annotation) is list)
"""The words of tables of which there may be several."""


def outline(document: tomlkit.TOMLDocument) -> tuple[SettingGroup, ...]:
    """The groups of a configuration that was read: the top level, the single tables, each of the others."""
    return tuple(_groups(document))


def kinds_of(table: str) -> tuple[str, ...]:
    """The kinds that an entry of this table can have, () where there is one kind only."""
    known = {"mail_account": mailbox_kinds.kinds, "crm": crm_backends.backends}
    return tuple(sorted(known[table]())) if table in known else ()


def kind_key(table: str) -> str:
    """The key that says of what kind an entry is, "" where there is one kind only."""
    return _KIND_KEYS.get(table, "")


def row_of(table: str, kind: str, key: str) -> SettingRow:
    """What is known of a key without a file; its value is typed as TOML where nobody knows it."""
    rows = _rows(table, kind, {})
    return next((row for row in rows if row.key == key), SettingRow(key, Sort.TOML))


def _groups(document: Mapping[str, Any]) -> Iterator[SettingGroup]:
    fields = SettingsFile.model_fields
    plain = [name for name, field in fields.items() if name not in SEVERAL and _model_in(field) is None]
    yield SettingGroup("", tuple(_model_row("", name, fields[name], document.get(name)) for name in plain))
    for name in fields:
        held = document.get(name)
        if name in SEVERAL:
            for entry in held if isinstance(held, AoT) else ():
                kind = str(entry.get(_KIND_KEYS.get(name, ""), ""))
                rows = tuple(_inheriting(row, document) for row in _rows(name, kind, entry))
                yield SettingGroup(name, rows, str(entry.get("name", "")), kind)
        elif name not in plain:
            yield SettingGroup(name, tuple(_rows(name, "", held if isinstance(held, Mapping) else {})))


def _inheriting(row: SettingRow, document: Mapping[str, Any]) -> SettingRow:
    """What a mail account leaves out counts as the top level has it, where that has it."""
    if row.key != "backfill_months":
        return row
    above = _model_row("", row.key, SettingsFile.model_fields[row.key], document.get(row.key))
    return replace(row, default=above.value or above.default)


def _rows(table: str, kind: str, held: Mapping[str, Any]) -> Iterator[SettingRow]:
    """The keys of a table, those of its kind behind those that all have."""
    model = _model_in(SettingsFile.model_fields[table]) if table else SettingsFile
    if model is None:
        return
    for name, field in model.model_fields.items():
        if name != _KIND_KEYS.get(table):
            yield _model_row(table, name, field, held.get(name))
    if issubclass(model, PlaceTable):
        for spec in _options(table, kind):
            yield _option_row(spec, held.get(spec.name))


def _options(table: str, kind: str) -> tuple[OptionSpec, ...]:
    try:
        if table == "mail_account":
            return mailbox_kinds.load(kind).options
        if table == "crm":
            return crm_backends.load(kind).options
    except ConfigError:
        return ()  # a kind that is not installed: its keys are shown by nobody
    return {"hook": HOOK.options, "incoming_hook": INCOMING.options}.get(table, ())


def _model_row(table: str, name: str, field: FieldInfo, held: object) -> SettingRow:
    annotation = field.annotation
    literals = [each for part in _parts(annotation) if get_origin(part) is Literal for each in get_args(part)]
    kinds = [part for part in _parts(annotation) if isinstance(part, type)]
    choices = tuple(str(each) for each in literals if each != "") if not set(kinds) - {type(None)} else ()
    sort = Sort.CHOICE if choices else _sort(annotation, kinds)
    default = "" if field.is_required() else typed(field.get_default(call_default_factory=True), sort)
    return SettingRow(name, sort, typed(held, sort), default, help_for(table, name), choices)


def _sort(annotation: object, kinds: list[type]) -> Sort:
    if get_origin(annotation) is list and _parts(get_args(annotation)[0]) == (str,):
        return Sort.LIST
    if bool in kinds:
        return Sort.YES_NO
    if int in kinds and len(_parts(annotation)) == 1:
        return Sort.NUMBER
    return Sort.TEXT if str in kinds else Sort.TOML


_OPTION_SORTS = {
    OptionType.TEXT: Sort.TEXT,
    OptionType.PATH: Sort.TEXT,
    OptionType.INTEGER: Sort.NUMBER,
    OptionType.BOOLEAN: Sort.YES_NO,
    OptionType.LIST: Sort.LIST,
}


def _option_row(spec: OptionSpec, held: object) -> SettingRow:
    sort = _OPTION_SORTS[spec.type]
    if spec.choices and sort is Sort.TEXT:
        sort = Sort.CHOICE
    shown, default = (spec.zero if spec.zero and each == 0 else typed(each, sort) for each in (held, spec.default))
    return SettingRow(spec.name, sort, shown, default, spec.help, spec.choices, spec.zero)


def typed(value: OptionValue | object, sort: Sort) -> str:
    """A value of the file as it is shown and typed, "" for none."""
    if value is None or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and sort is Sort.LIST and not any("," in str(each) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, list | tuple | Mapping):
        return _inline(value).as_string() if value else ""
    return str(value)


def _inline(value: object) -> Item:
    """The value on one line."""
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, inner in value.items():
            table.append(str(key), _inline(inner))
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for inner in value:
            array.append(_inline(inner))
        return array
    return tomlkit.item(value.unwrap() if isinstance(value, Item) else value)


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a field of the file holds, or holds several of."""
    found = (part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel))
    if get_origin(field.annotation) is list:
        (inner,) = get_args(field.annotation)
        return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    whole = _parts(field.annotation)
    return next(found, None) if len(whole) == 1 else None


def _parts(annotation: object) -> tuple[object, ...]:
    """What a union is made of, without annotations; the thing itself if it is none."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for part in get_args(annotation) for each in _parts(part))
    metadata = getattr(annotation, "__metadata__", None)
    return _parts(get_args(annotation)[0]) if metadata else (annotation,)
