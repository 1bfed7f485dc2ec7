"""`hitchpost audit`: the proof that no message is missing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from crm_model.errors import HitchpostError
from hitchpost import connections
from hitchpost.exits import FAILED, sentence
from hitchpost.output import note, print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.rules import Rules
    from crm_model.options import Connection
    from sync.audit import AuditReport
    from sync.store import Store


def audit(
    context: typer.Context,
    account: Annotated[str | None, typer.Argument(help="One mail account; else all of them.")] = None,
    config: ConfigOption = None,
    repair: Annotated[bool, typer.Option("--repair", help="Fetch what is missing, then compare again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare every message id that the mailboxes hold with the database; exit code 1 if any is missing.

    Example: hitchpost audit work --repair
    """
    from agent.daemon import rules_of
    from sync.store.agent_lock import held_agent_lock

    settings = load_settings(context, config)
    chosen: Iterable[Connection] = settings.mail_accounts
    if account is not None:
        chosen = [connections.find(settings.mail_accounts, account, "mail_account", settings.file)]
    with opened_store(settings) as store:
        rules = rules_of(settings) if repair else None
        with held_agent_lock(store) if repair else contextlib.nullcontext():
            results = {place.name: _audited(store, place, rules) for place in chosen}
    if as_json:
        print_json({name: found for name, found in results.items() if not isinstance(found, HitchpostError)})
    for name, found in results.items():
        if isinstance(found, HitchpostError):
            note(f"hitchpost: {name}: {sentence(found)}")
        elif not as_json:
            _show(name, found)
    if any(isinstance(found, HitchpostError) or not found.is_complete for found in results.values()):
        raise typer.Exit(FAILED)


def _audited(store: Store, account: Connection, rules: Rules | None) -> AuditReport | HitchpostError:
    """What the audit found; with `rules`, after the missing mail was fetched."""
    from sync.audit import audit_account
    from sync.mailboxes import registry

    try:
        with contextlib.closing(registry.load(account.kind).open(account)) as source:
            report = audit_account(store, source, account.name)
            if rules is None or not report.missing_count:
                return report
            from agent.repair import repair

            repair(store, source, account.name, report, rules)
            return audit_account(store, source, account.name)
    except HitchpostError as error:
        return error


def _show(name: str, report: AuditReport) -> None:
    for folder in report.folders:
        if folder.error:
            print_line(f"{name} {folder.name}: can't be listed: {folder.error}")
            continue
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(folder.outcomes.items()))
        print_line(f"{name} {folder.name}: {folder.held} held ({outcomes or 'none'}), {len(folder.missing)} missing")
        for uid in folder.missing:
            print_line(f"missing: {name} {folder.name} {uid}")
