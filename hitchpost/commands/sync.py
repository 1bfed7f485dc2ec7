"""`hitchpost sync`: one pass over all mailboxes and CRMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hitchpost.exits import FAILED
from hitchpost.output import note, print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from agent.summary import PassSummary
    from sync.settings import Settings


def sync(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read new mail, link it, send and fetch changes: one pass over all mailboxes and CRMs, then a summary.

    Example: hitchpost sync
    """
    settings = load_settings(context, config)
    summary = one_pass(settings)
    show_summary(summary, as_json)
    _tell_held_back(settings)
    if summary.errors:
        raise typer.Exit(FAILED)


def _tell_held_back(settings: Settings) -> None:
    """Which CRMs wait for a person's word, and what would be written there."""
    from sync.store import crms
    from sync.store.waiting import waiting

    with opened_store(settings) as store, store.read() as unit:
        held = [crm.name for crm in settings.crms if not crms.is_confirmed(unit, crm.name)]
        words = {name: waiting(unit, name).in_words() for name in held}
    for name, would in words.items():
        note(f"{name}: nothing is written yet; hitchpost crm confirm {name} lets it {would}.")


def one_pass(settings: Settings) -> PassSummary:
    """One pass with progress on stderr. Errors: Busy while an agent works on the same database."""
    from agent.daemon import run_pass
    from hitchpost.logs import start_logs
    from hitchpost.progress import shown_progress
    from sync.store.agent_lock import held_agent_lock

    start_logs(quiet=True)
    with opened_store(settings) as store, held_agent_lock(store), shown_progress() as show:
        return run_pass(settings, store, show)


def show_summary(summary: PassSummary, as_json: bool) -> None:
    """What the pass did; its errors on stderr, each naming its account."""
    if as_json:
        print_json(summary)
    else:
        for line in summary_lines(summary):
            print_line(line)
    for error in summary.errors:
        note(f"hitchpost: {error}")


def summary_lines(summary: PassSummary) -> list[str]:
    """The summary in words."""
    total = sum(summary.outcomes.values())
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(summary.outcomes.items()) if count)
    speed = f" ({total / summary.seconds:,.0f} messages/s)" if total and summary.seconds > 0 else ""
    pushed = f"changes: {summary.changes_pushed} pushed, {summary.changes_refused} refused"
    return [
        f"messages: {total}" + (f" - {outcomes}" if outcomes else ""),
        f"threads: {summary.threads}, links: {summary.links}",
        f"leads: {summary.leads_created} made, {summary.leads_suggested} suggested",
        f"{pushed}, {summary.conflicts} in conflict; records fetched: {summary.records_pulled}",
        *([f"own mail: {summary.mails_sent} sent"] if summary.mails_sent else []),
        f"took {summary.seconds:.1f} s{speed}",
    ]
