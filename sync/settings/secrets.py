"""Where a secret is, as the configuration names it."""

from __future__ import annotations

from pathlib import Path

from crm_model.errors import ConfigError
from sync.secrets import SecretKind, SecretSource
from sync.settings.model import SecretTable


def read_source(table: SecretTable, path: Path, key: str) -> SecretSource:
    """The one place that the table names; a file's path is meant from the configuration. Errors: ConfigError."""
    named = [(kind, value) for kind in SecretKind if (value := str(getattr(table, kind)))]
    if len(named) != 1:
        raise ConfigError("must name exactly one of env, command, keyring and file", file=path, key=key)
    [(kind, place)] = named
    if kind is SecretKind.FILE:
        place = str(path.parent.absolute() / Path(place).expanduser())
    return SecretSource(kind, place)
