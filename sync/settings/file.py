"""Writing the configuration file: comments and order are kept, and it is never half written nor left unusable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from crm_model.errors import ConfigError
from crm_model.options import OptionValue
from sync.private_files import write_private
from sync.secrets import SecretSource
from sync.settings import data_folder, parse, read_text
from sync.settings.options import nearest_name

TableName = Literal["mail_account", "crm", "hook", "incoming_hook", "form"]
_KIND_KEYS = {"mail_account": "kind", "crm": "backend"}


def create_file(path: Path, text: str) -> None:
    """A new file, 0600. Errors: ConfigError if there is one already, or if `text` is no valid configuration."""
    if path.exists() or path.is_symlink():
        raise ConfigError("there is a configuration already; it is never overwritten", file=path)
    parse(text, path)
    _replace(path, text, only_new=True)


def add_table(
    path: Path,
    table: TableName,
    *,
    name: str,
    kind: str,
    options: Mapping[str, OptionValue],
    secret: SecretSource | None = None,
) -> None:
    """Append a `[[table]]`. Errors: ConfigError if the name is taken or the result is not valid; nothing is written."""
    write_document(path, _with_table(path, table, _table(name, table, kind, options, secret)))


def check_table(
    path: Path,
    table: TableName,
    *,
    name: str,
    kind: str,
    options: Mapping[str, OptionValue],
    secret: SecretSource | None = None,
) -> None:
    """The errors of `add_table`, with nothing written: asked before a secret is kept under this name."""
    parse(tomlkit.dumps(_with_table(path, table, _table(name, table, kind, options, secret))), path)


def _with_table(path: Path, table: TableName, entry: Table) -> tomlkit.TOMLDocument:
    document = read_document(path)
    name = str(entry["name"])
    if table == "crm" and not _tables(document, "crm") and name != "local":
        # The embedded CRM stands in while no [[crm]] does; from now on it has to be named to stay.
        _append(document, "crm", _table("local", "crm", "local", {"path": str(data_folder() / "crm.sqlite3")}, None))
    if any(held.get("name") == name for held in _tables(document, table)):
        raise ConfigError("this name is taken; choose another", file=path, key=f"{table} “{name}”")
    _append(document, table, entry)
    return document


def add_form(path: Path, name: str, values: Mapping[str, object]) -> None:
    """Append a `[[form]]`. Errors: ConfigError if the name is taken or the result is not valid; nothing is written."""
    document = read_document(path)
    if any(held.get("name") == name for held in _tables(document, "form")):
        raise ConfigError("this name is taken; choose another", file=path, key=f"form “{name}”")
    entry = tomlkit.table()
    for key, value in ({"name": name} | dict(values)).items():
        entry.add(key, tomlkit.item(value))
    _append(document, "form", entry)
    write_document(path, document)


def remove_table(path: Path, table: TableName, name: str) -> None:
    """Take a `[[table]]` out. Errors: ConfigError if there is none of this name, or if another key needs it."""
    document = read_document(path)
    entries = _tables(document, table)
    entries.remove(find_table(document, table, name, path))
    if not entries:
        del document[table]
    write_document(path, document)


def read_document(path: Path) -> tomlkit.TOMLDocument:
    """The file with its comments. Errors: ConfigError."""
    return tomlkit.parse(read_text(path))


def find_table(document: tomlkit.TOMLDocument, table: TableName, name: str, path: Path) -> Table:
    """The `[[table]]` of this name. Errors: ConfigError with the nearest name."""
    entries: dict[str, Table] = {str(entry.get("name")): entry for entry in _tables(document, table)}
    if name not in entries:
        raise ConfigError(f"there is no {table} of this name", file=path, key=name, nearest=nearest_name(name, entries))
    return entries[name]


def _tables(document: tomlkit.TOMLDocument, table: str) -> AoT:
    entries = document.get(table)
    return entries if isinstance(entries, AoT) else tomlkit.aot()


def _append(document: tomlkit.TOMLDocument, table: str, entry: Table) -> None:
    entries = _tables(document, table)
    entries.append(entry)
    if table not in document:
        document.append(table, entries)


def _table(
    name: str, table: TableName, kind: str, options: Mapping[str, OptionValue], secret: SecretSource | None
) -> Table:
    entry = tomlkit.table()
    entry.add("name", name)
    if table in _KIND_KEYS:
        entry.add(_KIND_KEYS[table], kind)
    for key, value in options.items():
        entry.add(key, list(value) if isinstance(value, tuple) else value)
    if secret is not None:
        entry.add("secret", inline_secret(secret))
    return entry


def inline_secret(secret: SecretSource) -> InlineTable:
    """A secret's source as it stands in the file: `{env = "NAME"}`."""
    inline = tomlkit.inline_table()
    inline.append(secret.kind.value, secret.place)
    return inline


def write_document(path: Path, document: tomlkit.TOMLDocument) -> None:
    """The whole file anew. Errors: ConfigError if it would not be valid; then nothing is written."""
    text = tomlkit.dumps(document)
    parse(text, path)
    _replace(path, text, only_new=False)


def _replace(path: Path, text: str, *, only_new: bool) -> None:
    try:
        write_private(path, text, only_new=only_new)
    except FileExistsError as error:
        raise ConfigError("there is a configuration already; it is never overwritten", file=path) from error
    except OSError as error:
        raise ConfigError(f"can't be written: {error.strerror}; check who owns the folder", file=path) from error
