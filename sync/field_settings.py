"""The field map in the configuration file: one key of one field set or taken out, the rest of the file as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tomlkit
from tomlkit.items import InlineTable, Table

from crm_model.errors import ConfigError
from crm_model.records import RecordKind
from sync.settings.file import find_table, read_document, write_document
from sync.settings.model import FieldTable
from sync.settings.options import nearest_name

Rule = dict[str, object]


def parse_wish(text: str) -> tuple[RecordKind, str, str, str]:
    """`lead.budget.field=budget_c` as kind, our name, key and value. Errors: ConfigError that names the mend."""
    place, equals, value = text.partition("=")
    parts = place.strip().split(".")
    if not equals or len(parts) != 3:
        raise ConfigError(f"write KIND.FIELD.KEY=VALUE, as lead.budget.field=budget_c, not “{text}”")
    kind, name, key = parts
    _known(kind, [each.value for each in RecordKind], "kind of record")
    _known(key, list(FieldTable.model_fields), "key of a field")
    return RecordKind(kind), name, key, value.strip()


def set_rule(path: Path, crm: str, kind: RecordKind, name: str, *, key: str, value: str) -> None:
    """Set one key of a field's rule. Errors: ConfigError if the result is not valid; nothing is written."""
    document = read_document(path)
    put_rule(find_table(document, "crm", crm, path), kind, name, key=key, value=value)
    write_document(path, document)


def put_rule(crm: Table, kind: RecordKind, name: str, *, key: str, value: str) -> None:
    """Set one key of a field's rule in a CRM's table of a document; "" takes the key out, an empty rule goes with it.

    Errors: ConfigError for a value that the key can't have.
    """
    rules = _rules(_fields(crm), kind)
    if value:
        rules.setdefault(name, tomlkit.inline_table())[key] = _VALUES.get(key, str)(value)
        return
    rule = rules.get(name)
    if rule is not None:
        rule.pop(key, None)
        if not rule:
            del rules[name]


def unset_rule(path: Path, crm: str, kind: RecordKind, name: str) -> None:
    """Take a field's rule out. Errors: ConfigError if there is none."""
    document = read_document(path)
    rules = _rules(_fields(find_table(document, "crm", crm, path)), kind)
    if name not in rules:
        nearest = nearest_name(name, list(rules))
        raise ConfigError("this field has no rule", file=path, key=f"{crm}: {kind.value}.{name}", nearest=nearest)
    del rules[name]
    write_document(path, document)


def _known(word: str, words: list[str], what: str) -> None:
    if word not in words:
        listed = ", ".join(words)
        raise ConfigError(f"“{word}” is no {what} ({listed}).", nearest=nearest_name(word, words))


def _fields(table: Table) -> Table:
    fields = table.setdefault("fields", tomlkit.table(is_super_table=True))
    return fields if isinstance(fields, Table) else table


def _rules(fields: Table, kind: RecordKind) -> Table | InlineTable:
    rules = fields.setdefault(kind.value, tomlkit.table())
    if not isinstance(rules, Table | InlineTable):
        raise ConfigError("must be a table", key=f"fields.{kind.value}")
    return rules


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false", "yes", "no"):
        raise ConfigError(f"must be true or false, not “{text}”", key="pin")
    return text.lower() in ("true", "yes")


def _words(text: str) -> InlineTable:
    """`new=New,open=In process` as a table: our value, the CRM's."""
    table = tomlkit.inline_table()
    for pair in text.split(","):
        ours, equals, theirs = pair.partition("=")
        if not equals:
            raise ConfigError(f"write ours=theirs,ours=theirs, not “{text}”", key="values")
        table[ours.strip()] = theirs.strip()
    return table


_VALUES: dict[str, Callable[[str], object]] = {"pin": _flag, "values": _words}
