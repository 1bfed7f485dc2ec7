"""`hitchpost crm map`: how a CRM's fields are ours, shown and changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.descriptions import described
from hitchpost.output import note, print_json, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, settings_file

if TYPE_CHECKING:
    from crm_model.options import Connection
    from sync.field_rows import FieldRow
    from sync.settings import Settings

SetRule = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KIND.FIELD.KEY=VALUE", help="One rule: lead.budget.field=budget_c."),
]
UnsetRule = Annotated[
    list[str] | None, typer.Option("--unset", "-u", metavar="KIND.FIELD", help="Take a field's rules out.")
]
KindOption = Annotated[str | None, typer.Option("--kind", "-k", help="Only lead, contact, account or opportunity.")]


def map_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name in the configuration.")],
    *,
    rules: SetRule = None,
    unset: UnsetRule = None,
    kind: KindOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a CRM's fields and how they are mapped, or change that: custom fields, directions, whose edit wins, pins.

    Example: hitchpost crm map sugar --set lead.budget.field=budget_c --set lead.phone.direction=in
    """
    from sync.field_rows import field_rows

    _check_kind(kind)
    file = settings_file(context, config)
    settings = load_settings(context, config)
    crm = connections.find(settings.crms, name, "crm", file)
    if rules or unset:
        _change(file, settings, crm, rules or [], unset or [])
        settings = load_settings(context, config)
        note("The agent reads the CRM anew with its next pass.")
    rows = [
        _row(row)
        for each, specs in described(settings, crm).items()
        if kind in (None, each.value)
        for row in field_rows(each, specs, settings.field_map(name))
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ("kind", "field", "crm_field", "label", "type", "direction", "on_conflict", "shown")
        print_rows(columns, [[row[column] for column in columns] for row in rows])


def _check_kind(kind: str | None) -> None:
    from crm_model.records import RecordKind

    if kind is not None and kind not in set(RecordKind):
        raise typer.BadParameter(f"--kind can be {', '.join(RecordKind)}, not “{kind}”")


def _change(file: Path, settings: Settings, crm: Connection, rules: Sequence[str], unset: Sequence[str]) -> None:
    from crm_model.errors import ConfigError
    from crm_model.records import RecordKind
    from sync.field_settings import parse_wish, set_rule, unset_rule
    from sync.settings.options import nearest_name

    wishes = [parse_wish(text) for text in rules]
    field_map, known = settings.field_map(crm.name), described(settings, crm) if wishes else {}
    renamed = {(kind, ours) for kind, ours, key, _ in wishes if key == "field"}
    for kind, ours, key, value in wishes:
        words = {word for spec in known.get(kind, ()) for word in (spec.name, spec.vendor_name) if word}
        wanted = value if key == "field" else ours
        is_named = key != "field" and ((kind, ours) in renamed or ours in field_map.of(kind))
        if words and wanted not in words and not is_named:
            nearest = nearest_name(wanted, words)
            raise ConfigError(f"{crm.name} has no such field of a {kind.value}", key=wanted, nearest=nearest)
    for kind, ours, key, value in wishes:
        set_rule(file, crm.name, kind, ours, key=key, value=value)
    for text in unset:
        word, _, ours = text.partition(".")
        if word not in set(RecordKind) or not ours:
            raise ConfigError(f"write KIND.FIELD, as lead.budget, not “{text}”")
        unset_rule(file, crm.name, RecordKind(word), ours)


def _row(row: FieldRow) -> dict[str, str]:
    """As scripts get it. A field that no rule hides and the CRM does not have says so."""
    return {
        "kind": row.kind.value,
        "field": row.ours,
        "crm_field": row.theirs,
        "label": row.label,
        "type": row.type,
        "direction": row.direction.value,
        "on_conflict": row.rule.on_conflict.value,
        "shown": "the CRM has no such field" if row.shown == "unknown" else row.shown.value,
    }
