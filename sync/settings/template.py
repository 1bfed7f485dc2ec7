"""The configuration file that `hitchpost init` writes: what was answered, with a word on each part."""

from __future__ import annotations

from collections.abc import Sequence

import tomlkit
from tomlkit.items import Table

from sync.settings import data_folder


def new_configuration(
    *,
    author: str,
    organisation: str,
    domains: Sequence[str],
    addresses: Sequence[str],
    region: str,
    leads_mode: str,
    log_mail: str = "text",
) -> str:
    """A whole configuration with the embedded CRM and no mailbox yet."""
    document = tomlkit.document()
    document.add(tomlkit.comment("Hitchpost's configuration; docs/configuration.md explains every key."))
    document.add(tomlkit.comment("Passwords never stand here: a mailbox or CRM says where its own is,"))
    document.add(tomlkit.comment('as secret = { keyring = "NAME" }, { env = "NAME" } or { command = "…" }.'))
    document.add("author", tomlkit.string(author))
    document.add(tomlkit.comment('How many months back mail is read at first, or "all".'))
    document.add("backfill_months", tomlkit.item(12))
    document.add(tomlkit.comment('What of linked mail is logged in the CRM: "text", "headers" or "off".'))
    document.add("log_mail", tomlkit.string(log_mail))
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("Who we are: mail among these people is never a lead."))
    document.add("organisation", _organisation(organisation, domains, addresses, region))
    document.add(tomlkit.comment('An unknown person\'s enquiry: "suggest" a lead, or make it, "auto".'))
    document.add("leads", _table({"mode": leads_mode, "crm": "local"}))
    document.add(tomlkit.comment("The embedded CRM: one file on this machine."))
    crms = tomlkit.aot()
    crms.append(_table({"name": "local", "backend": "local", "path": str(data_folder() / "crm.sqlite3")}))
    document.add("crm", crms)
    return tomlkit.dumps(document).replace(".\n\n[", ".\n[")  # tomlkit would part the comment from its table


def _organisation(name: str, domains: Sequence[str], addresses: Sequence[str], region: str) -> Table:
    given: dict[str, str | list[str]] = {
        "name": name,
        "domains": list(domains),
        "addresses": list(addresses),
        "default_region": region,
    }
    return _table({key: value for key, value in given.items() if value})


def _table(values: dict[str, str | list[str]]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, value)
    table.add(tomlkit.nl())
    return table
