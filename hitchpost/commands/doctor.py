"""`hitchpost doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import typer

from hitchpost.exits import FAILED
from hitchpost.output import print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, settings_file


def doctor(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check configuration, file permissions, database, mailboxes, CRMs and clashing packages.

    Example: hitchpost doctor
    """
    from agent.doctor import Level, examine

    findings = examine(settings_file(context, config))
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            print_line(f"{finding.level.value}: {finding.subject}: {finding.problem}")
            if finding.mend:
                print_line(f"  mend: {finding.mend}")
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(FAILED)
