"""`hitchpost status`: how mailboxes, CRMs and queues are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from crm_model.errors import HitchpostError
from hitchpost.exits import sentence
from hitchpost.output import plain, print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, configured, load_settings, opened_store

if TYPE_CHECKING:
    from sync.settings import Settings
    from sync.store.outposts import OutpostState
    from sync.views import PlaceStatus, StatusView


def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show mailboxes, CRMs, queues, last success, errors, and who needs to sign in.

    Example: hitchpost status
    """
    from sync import queries

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        view = configured(settings).keep(queries.status(store))
        collected, aside = queries.outpost(store)
    outpost = "; ".join(filter(None, (_outpost(settings), _collected(collected, aside))))
    if as_json:
        shown = plain(view)
        print_json({**shown, "outpost": outpost} if isinstance(shown, dict) and outpost else shown)
    else:
        _show(view)
        if outpost:
            print_line(f"outpost: {outpost}")


def _outpost(settings: Settings) -> str:
    """How the outpost is, in a line; "" where the configuration needs none."""
    if not settings.has_outpost:
        return ""
    from agent.outpost.connecting import ask_outpost

    try:
        health = ask_outpost(settings.web)
    except HitchpostError as error:
        return sentence(error)
    told = f"answers at {health.address}, {health.waiting_bytes} bytes wait"
    return f"{told}; {health.problem}" if health.problem else told


def _collected(state: OutpostState, aside: int) -> str:
    """What the agent has of it, as far as that asks for a look."""
    words = f"{state.unknown_hits} fetches of tokens that nobody made" if state.unknown_hits else ""
    broken = f"{state.broken_lines} broken lines" if state.broken_lines else ""
    left = f"{aside} events set aside, to be tried again tomorrow" if aside else ""
    trouble = f"the agent can't collect: {state.last_error}" if state.last_error else ""
    return "; ".join(filter(None, (words, broken, left, trouble)))


def _show(view: StatusView) -> None:
    print_line("agent: at work" if view.agent_runs else "agent: does not run; start it with hitchpost agent")
    for name, places in (("mailbox", view.mail_accounts), ("folder", view.folders), ("crm", view.crms)):
        if places:
            print_rows((name, "kind", "last success", "count", "state"), (_row(place) for place in places))
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(view.outcomes.items()))
    print_line(f"messages: {outcomes or 'none yet'}")
    print_line(f"threads: {view.threads}, unread: {view.unread}, suggestions: {view.suggestions}")
    changes = ", ".join(f"{count} {name}" for name, count in sorted(view.changes.items()))
    print_line(f"changes: {changes or 'none'}; conflicts: {view.conflicts}")
    mails = ", ".join(f"{count} {name}" for name, count in sorted(view.outgoing.items()))
    print_line(f"own mail: {mails or 'none'}")
    print_line(f"quarantined: {view.quarantined}, to be tried again: {view.retries}")


def _row(place: PlaceStatus) -> tuple[str | int | None, ...]:
    state = f"needs to sign in: {place.error}" if place.login_needed else place.error or "fine"
    if place.held_back:
        state = f"{state}; would {place.held_back}: hitchpost crm confirm {place.name}"
    when = place.last_success_at.astimezone().strftime("%Y-%m-%d %H:%M") if place.last_success_at else "never"
    return place.name, place.kind, when, place.count, state
