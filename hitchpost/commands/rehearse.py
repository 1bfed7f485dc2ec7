"""`hitchpost rehearse`: what the agent would do, changing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitchpost.output import print_json, print_rows
from hitchpost.session import JsonOption


def rehearse(
    path: Annotated[Path, typer.Argument(exists=True, readable=True, help="A file or folder: eml, mbox, Maildir.")],
    organisation: Annotated[
        Path, typer.Option("--context", exists=True, dir_okay=False, metavar="FILE", help="Who we are, as JSON.")
    ],
    records: Annotated[
        Path | None, typer.Option("--records", exists=True, dir_okay=False, metavar="FILE", help="The CRM, as JSON.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the agent would do with every message under PATH, changing nothing; with --json a line each.

    Example: hitchpost rehearse ~/Maildir --context context.json --records crm.json --json
    """
    from agent.rehearsal import rehearse as rehearsed

    lines = rehearsed(path, organisation, records)
    if as_json:
        for line in lines:
            print_json(line)
        return
    print_rows(
        ("file", "verdict", "lead", "outcome", "person", "account", "opportunity"),
        (
            (
                str(line["file"]),
                str(line.get("verdict", "")),
                "lead" if line["creates_lead"] else "",
                str(line["outcome"]),
                *(str(line.get(slot) or "") for slot in ("person", "account", "opportunity")),
            )
            for line in lines
        ),
        empty="No message was found there.",
    )
