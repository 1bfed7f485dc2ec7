"""`hitchpost leads`: the leads that the database knows."""

from __future__ import annotations

import typer

from hitchpost.output import print_json, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store


def leads(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the leads of every CRM.

    Example: hitchpost leads
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        rows = queries.leads(store)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "crm", "lead", "about", "state", "changed"),
        ((row.id, row.crm, row.title, row.subtitle, row.state, row.modified_at) for row in rows),
        empty="No leads yet; `hitchpost threads --view suggested` lists mail that may become one.",
    )
