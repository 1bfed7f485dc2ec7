"""`hitchpost crm map`: how a CRM's fields are ours, shown and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.output import note, print_json, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file

if TYPE_CHECKING:
    from crm_model.options import Connection
    from crm_model.records import FieldSpec, RecordKind
    from sync.field_map import FieldMap, FieldRule
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
    _check_kind(kind)
    file = settings_file(context, config)
    settings = load_settings(context, config)
    crm = connections.find(settings.crms, name, "crm", file)
    if rules or unset:
        _change(file, settings, crm, rules or [], unset or [])
        settings = load_settings(context, config)
        note("The agent reads the CRM anew with its next pass.")
    rows = [
        row
        for each, specs in _described(settings, crm).items()
        if kind in (None, each.value)
        for row in _rows(each, specs, settings.field_map(name))
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
    field_map, described = settings.field_map(crm.name), _described(settings, crm) if wishes else {}
    renamed = {(kind, ours) for kind, ours, key, _ in wishes if key == "field"}
    for kind, ours, key, value in wishes:
        words = {word for spec in described.get(kind, ()) for word in (spec.name, spec.vendor_name) if word}
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


def _described(settings: Settings, crm: Connection) -> Mapping[RecordKind, Sequence[FieldSpec]]:
    """The fields as mapped now: what the last pass was told, else what the CRM says when asked."""
    import contextlib

    from crm_model.records import RecordKind
    from sync.crm_access import open_crm
    from sync.store import crms, field_specs

    field_map = settings.field_map(crm.name)
    with opened_store(settings) as store, store.read() as unit:
        held = {kind: field_specs.fields_of(unit, crm.name, kind) for kind in RecordKind}
        is_fresh = crms.mapped(unit, crm.name) == field_map.digest
    if is_fresh and any(held.values()):
        return held
    with contextlib.closing(open_crm(crm, field_map)) as adapter:
        return {kind: adapter.describe(kind) for kind in RecordKind if kind in adapter.capabilities.kinds}


def _rows(kind: RecordKind, specs: Sequence[FieldSpec], field_map: FieldMap) -> list[dict[str, str]]:
    from sync.field_map import Direction

    listed = {spec.name: _row(kind, spec, field_map.rule(kind, spec.name)) for spec in specs}
    for name, rule in field_map.of(kind).items():
        if name not in listed:
            state = "never" if rule.direction is Direction.NEVER else "the CRM has no such field"
            listed[name] = _row(kind, None, rule, name=name, shown=state)
    return list(listed.values())


def _row(
    kind: RecordKind, spec: FieldSpec | None, rule: FieldRule, *, name: str = "", shown: str = ""
) -> dict[str, str]:
    if spec is None:
        found = {"field": name, "crm_field": rule.theirs, "label": rule.label, "type": ""}
    else:
        found = {
            "field": spec.name,
            "crm_field": spec.vendor_name or spec.name,
            "label": spec.label,
            "type": spec.type.value,
        }
        shown = "pinned" if spec.pinned else "no" if spec.extra else "yes"
    direction = "in" if spec is not None and spec.read_only else rule.direction.value
    return {"kind": kind.value, **found, "direction": direction, "on_conflict": rule.on_conflict.value, "shown": shown}
