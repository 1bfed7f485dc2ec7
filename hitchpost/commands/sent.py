"""`hitchpost sent`: mail that left, and what is known of its reading."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hitchpost.output import print_json, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store


def sent(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, newest first.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List mail that left from here: opened, clicked and answered by whom, and why that is believed.

    Example: hitchpost sent --json
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        rows = queries.sent_mails(store, limit)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "sent", "to", "subject", "reading"),
        (
            (row.id, row.sent_at, row.to, row.subject, row.tracking.summary(moment) if row.tracking else "")
            for row in rows
        ),
        empty="No mail has left from here yet.",
    )


def moment(at: datetime) -> str:
    """The time here, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
