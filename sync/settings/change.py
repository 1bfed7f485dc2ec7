"""Changing the configuration by a list of changes: checked as a whole, shown as a diff, written only then.

read ── changes ── propose: the new text, what is wrong with it, the diff ── write, if the file is still the one read
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from crm_model.errors import ConfigError
from crm_model.field_values import clean_text
from crm_model.records import RecordKind
from sync.field_map import FieldMap
from sync.field_settings import put_rule
from sync.private_files import write_private
from sync.settings import parse, read_text
from sync.settings.outline import SEVERAL, SettingGroup, Sort, kind_key, outline, row_of


@dataclass(frozen=True, slots=True)
class SetKey:
    """A key gets this value, typed as `outline` shows values; "" takes the key out of the file."""

    table: str
    entry: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class AddEntry:
    """One more table of a word of which there may be several."""

    table: str
    entry: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    table: str
    entry: str


@dataclass(frozen=True, slots=True)
class SetRule:
    """One key of how a CRM's field is ours (`sync.settings.model.FieldTable`), typed as `hitchpost crm map` wants it.

    "" ends it. `entry` is the CRM's name, `field` ours of the field.
    """

    entry: str
    kind: RecordKind
    field: str
    key: str
    text: str


Change = SetKey | AddEntry | RemoveEntry | SetRule


@dataclass(frozen=True, slots=True)
class Proposal:
    """The file as it would be. `problem` is "" where it can be used; `diff` are lines of a unified diff."""

    base: str
    text: str
    groups: tuple[SettingGroup, ...]
    diff: tuple[str, ...] = ()
    problem: str = ""

    @property
    def changes(self) -> bool:
        return self.base != self.text


def propose(path: Path, changes: Sequence[Change], base: str | None = None) -> Proposal:
    """What changes make of the file, or of `base`, its text read before. Errors: ConfigError for what is no TOML."""
    base = read_text(path) if base is None else base
    try:
        document = tomlkit.parse(base)
    except TOMLKitError as error:
        raise ConfigError(f"this is no TOML: {error}", file=path) from error
    for change in changes:
        _apply(document, change, path)
    text = tomlkit.dumps(document)
    diff = difflib.unified_diff(base.splitlines(), text.splitlines(), "before", "after", lineterm="", n=2)
    return Proposal(base, text, outline(document), tuple(diff), _problem(text, path))


def field_map(path: Path, proposal: Proposal, crm: str) -> FieldMap:
    """How the fields of a CRM would be ours. Errors: ConfigError for a proposal that can't be used."""
    return parse(proposal.text, path).field_map(crm)


def write(path: Path, proposal: Proposal) -> None:
    """Make it so. Errors: ConfigError if it can't be used, or if somebody else changed the file meanwhile."""
    parse(proposal.text, path)
    if read_text(path) != proposal.base:
        raise ConfigError("somebody else changed it meanwhile; look at it again, nothing was written", file=path)
    try:
        write_private(path, proposal.text)
    except OSError as error:
        raise ConfigError(f"can't be written: {error.strerror}; check who owns the folder", file=path) from error


def _problem(text: str, path: Path) -> str:
    try:
        parse(text, path)
    except ConfigError as error:
        return str(error.without_file)
    return ""


def _apply(document: tomlkit.TOMLDocument, change: Change, path: Path) -> None:
    match change:
        case SetKey():
            _set(document, change, path)
        case AddEntry(table, entry, kind):
            added = tomlkit.table()
            added.add("name", entry)
            if key := kind_key(table):
                added.add(key, kind)
            entries = _entries(document, table)
            entries.append(added)
            if table not in document:
                document.append(table, entries)
        case SetRule(entry, kind, name, key, text):
            put_rule(_entry(document, "crm", entry, path), kind, name, key=key, value=clean_text(text).strip())
        case RemoveEntry(table, entry):
            entries = _entries(document, table)
            entries.remove(_entry(document, table, entry, path))
            if not entries:
                del document[table]


def _set(document: tomlkit.TOMLDocument, change: SetKey, path: Path) -> None:
    holder: Any = document
    kind = ""
    if change.table in SEVERAL:
        holder = _entry(document, change.table, change.entry, path)
        kind = str(holder.get(kind_key(change.table), ""))
    elif change.table:
        if change.table not in document:
            document.append(change.table, tomlkit.table())
        holder = document[change.table]
    if not change.text.strip():
        holder.pop(change.key, None)
    elif change.key in holder:
        holder[change.key] = _value(change, kind)
    else:
        holder.add(change.key, _value(change, kind))


def _value(change: SetKey, kind: str) -> Any:
    """The TOML value of what was typed; what is none of its sort stays text, and the check says what is wrong."""
    text, row = clean_text(change.text).strip(), row_of(change.table, kind, change.key)
    sort = row.sort
    if sort is Sort.YES_NO and text.lower() in ("yes", "no", "true", "false"):
        return text.lower() in ("yes", "true")
    if sort is Sort.NUMBER:
        with contextlib.suppress(ValueError):  # also of five thousand digits
            return 0 if row.zero and text.lower() == row.zero else int(text)
    if sort is Sort.TOML or (sort is Sort.LIST and text.startswith("[")):
        try:
            return tomlkit.value(text)
        except TOMLKitError:
            return text
    if sort is Sort.LIST:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _entries(document: tomlkit.TOMLDocument, table: str) -> AoT:
    entries = document.get(table)
    return entries if isinstance(entries, AoT) else tomlkit.aot()


def _entry(document: tomlkit.TOMLDocument, table: str, entry: str, path: Path) -> Any:
    found = next((each for each in _entries(document, table) if each.get("name") == entry), None)
    if found is None:
        raise ConfigError(f"there is no {table} of this name (any more)", file=path, key=entry)
    return found
