"""`hitchpost doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from crm_model.errors import ConfigError
from hitchpost.exits import FAILED
from hitchpost.output import print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, settings_file

if TYPE_CHECKING:
    from agent.doctor import Finding


def doctor(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check configuration, file permissions, database, mailboxes, CRMs and clashing packages.

    Example: hitchpost doctor
    """
    from agent.doctor import Level, examine

    file = settings_file(context, config)
    findings = [*examine(file), *_keys(file)]
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            print_line(f"{finding.level.value}: {finding.subject}: {finding.problem}")
            if finding.mend:
                print_line(f"  mend: {finding.mend}")
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(FAILED)


def _keys(file: Path) -> Iterator[Finding]:
    """The keys of the screen, which the agent knows nothing of; a file that can't be read is told of already."""
    from agent.doctor import Finding, Level
    from sync.settings import load
    from tui.keymap import keymap_of

    try:
        settings = load(file)
    except ConfigError:
        return
    try:
        keymap_of(settings.key_set, settings.own_keys, file)
    except ConfigError as error:
        yield Finding(Level.ERROR, "keys", error.problem, f"mend {error.key} in {file}")
    else:
        yield Finding(Level.FINE, "keys", "every command of the screen has keys of its own")
