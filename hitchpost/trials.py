"""Trying a mail account, a CRM or a hook of the configuration: one way for the commands and the settings screen."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hitchpost import connections
from hitchpost.descriptions import described
from hitchpost.explain import explained

if TYPE_CHECKING:
    from crm_adapters.contract import ServerInfo
    from crm_model.errors import HitchpostError
    from crm_model.options import Connection
    from sync.mailboxes.contract import Folder, MailSource
    from sync.settings import Settings


def try_place(file: Path, table: str, name: str) -> list[str]:
    """What trying it says, in lines. Errors: HitchpostError whose sentence names the mend."""
    from sync.settings import load

    settings = load(file)
    if table == "mail_account":
        return _mailbox(connections.find(settings.mail_accounts, name, table, file))
    if table == "crm":
        crm = connections.find(settings.crms, name, table, file)
        return [*_crm(crm, file), *_rules_without_a_field(settings, crm)]
    return _hook(connections.find(settings.hooks, name, table, file))


def counted_folders(account: Connection) -> list[Folder]:
    """Log in and look: the folders that will be read, each with its number of messages. Errors: HitchpostError."""
    from sync.mailboxes import registry

    with contextlib.closing(registry.load(account.kind).open(account)) as source:
        return [_counted(source, folder) for folder in source.folders()]


def signs_in_to_send(account: Connection) -> bool:
    """Sign in where mail goes out; False for an account that can't send. Nothing is sent. Errors: HitchpostError."""
    from agent.sending.way_out import WayOut
    from sync.settings.writing import can_send

    if not can_send(account):
        return False
    with contextlib.closing(WayOut(account)) as way:
        way.submission().check()
    return True


def tested_crm(crm: Connection, explain: Callable[[HitchpostError], HitchpostError]) -> ServerInfo:
    """Log in and count the records. Errors: what `explain` makes of what went wrong, with the mend."""
    from crm_adapters import registry
    from crm_model.errors import HitchpostError

    try:
        with contextlib.closing(registry.load(crm.kind).open(crm)) as adapter:
            return adapter.test()
    except HitchpostError as error:
        raise explain(error) from error


def _counted(source: MailSource, folder: Folder) -> Folder:
    """The folder with its number of messages, counted where the mailbox does not say it by itself."""
    if folder.total is not None:
        return folder
    _, uids = source.list_uids(folder)
    return dataclasses.replace(folder, total=sum(1 for _ in uids))


def _mailbox(account: Connection) -> list[str]:
    lines = [f"{folder.name}: {folder.total}" for folder in counted_folders(account)]
    return [*lines, "it can send"] if signs_in_to_send(account) else lines


def _crm(crm: Connection, file: Path) -> list[str]:
    info = tested_crm(crm, lambda error: explained(error, crm, file))
    counts = ", ".join(f"{kind.value}: {count}" for kind, count in info.counts.items())
    return [info.product, counts, *info.notes]


def _rules_without_a_field(settings: Settings, crm: Connection) -> list[str]:
    """What the field map names and the CRM does not have."""
    from sync.field_rows import Shown, field_rows

    field_map = settings.field_map(crm.name)
    if not field_map.rules:
        return []
    rows = [row for kind, specs in described(settings, crm).items() for row in field_rows(kind, specs, field_map)]
    unknown = [f"{row.kind.value}.{row.ours} ({row.theirs or row.ours})" for row in rows if row.shown is Shown.UNKNOWN]
    return [f"the CRM has no such field: {', '.join(unknown)}"] if unknown else []


def _hook(hook: Connection) -> list[str]:
    from agent.hooks.delivering import tell_test

    return [f"it answered {tell_test(hook)}"]
