"""Which CRM backends are installed: ours and strangers', by entry points of the group `hitchpost.crm_adapters`."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points

from crm_adapters.contract import Backend
from crm_model.errors import ConfigError

GROUP = "hitchpost.crm_adapters"


def backends() -> dict[str, EntryPoint]:
    """Every installed backend by name; nothing is imported."""
    return {found.name: found for found in sorted(entry_points(group=GROUP), key=lambda found: found.name)}


def load(name: str) -> Backend:
    """Import one backend. Errors: ConfigError for an unknown name (with the nearest) or one that can't be used."""
    installed = backends()
    if name not in installed:
        nearest = difflib.get_close_matches(name, installed, n=1)
        listed = ", ".join(installed) or "none"
        raise ConfigError(
            f"“{name}” is no kind of CRM that is installed ({listed}).",
            key="kind",
            nearest=nearest[0] if nearest else None,
        )
    try:
        backend = installed[name].load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"the CRM backend “{name}” can't be loaded: {error}", key="kind") from error
    if not isinstance(backend, Backend):
        raise ConfigError(f"the CRM backend “{name}” is no Backend; tell its author", key="kind")
    return backend
