"""What nearly every command begins with: the settings and the database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sync.settings import Settings
    from sync.store import Store
    from sync.views import Configured

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The configuration file (else HITCHPOST_CONFIG, else your own)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def settings_file(context: typer.Context, given: Path | None) -> Path:
    """The file to use: `--config` after the command or before it, HITCHPOST_CONFIG, the user's own."""
    chosen = given or context.find_root().obj
    if isinstance(chosen, Path):
        return chosen.expanduser()
    if named := os.environ.get("HITCHPOST_CONFIG"):
        return Path(named).expanduser()
    from sync.glance import default_file

    return default_file()


def load_settings(context: typer.Context, given: Path | None) -> Settings:
    """The checked settings. Errors: ConfigError."""
    from sync.settings import load

    return load(settings_file(context, given))


def configured(settings: Settings) -> Configured:
    """Which mail accounts and CRMs are to be shown."""
    from sync.views import Configured

    return Configured(
        frozenset(account.name for account in settings.mail_accounts), frozenset(crm.name for crm in settings.crms)
    )


@contextlib.contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The database, closed afterwards. Errors: ConfigError, Busy, Unreachable."""
    from sync.store.schema import open_store

    store = open_store(settings.database)
    try:
        yield store
    finally:
        store.close()
