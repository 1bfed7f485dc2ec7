"""Trying a mail account, a CRM or a hook of the configuration, in lines for a person."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from hitchpost import connections
from hitchpost.explain import explained

if TYPE_CHECKING:
    from crm_model.options import Connection


def try_place(file: Path, table: str, name: str) -> list[str]:
    """What trying it says. Errors: HitchpostError whose sentence names the mend."""
    from sync.settings import load

    settings = load(file)
    if table == "mail_account":
        return _mailbox(connections.find(settings.mail_accounts, name, table, file))
    if table == "crm":
        return _crm(connections.find(settings.crms, name, table, file), file)
    return _hook(connections.find(settings.hooks, name, table, file))


def _mailbox(account: Connection) -> list[str]:
    from agent.sending.way_out import WayOut
    from sync.mailboxes import registry
    from sync.settings.writing import can_send

    with contextlib.closing(registry.load(account.kind).open(account)) as source:
        lines = [f"{folder.name}: {'?' if folder.total is None else folder.total}" for folder in source.folders()]
    if can_send(account):
        with contextlib.closing(WayOut(account)) as way:
            way.submission().check()
        lines.append("it can send")
    return lines


def _crm(crm: Connection, file: Path) -> list[str]:
    from crm_adapters import registry
    from crm_model.errors import HitchpostError

    try:
        with contextlib.closing(registry.load(crm.kind).open(crm)) as adapter:
            info = adapter.test()
    except HitchpostError as error:
        raise explained(error, crm, file) from error
    counts = ", ".join(f"{kind.value}: {count}" for kind, count in info.counts.items())
    return [info.product, counts, *info.notes]


def _hook(hook: Connection) -> list[str]:
    from agent.hooks.delivering import tell_test

    return [f"it answered {tell_test(hook)}"]
