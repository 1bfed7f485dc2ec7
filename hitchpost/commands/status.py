"""`hitchpost status`: how mailboxes, CRMs and queues are."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import typer

from hitchpost.output import print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from sync.settings import Settings
    from sync.views import PlaceStatus, StatusView


def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show mailboxes, CRMs, queues, last success, errors, and who needs to sign in.

    Example: hitchpost status
    """
    from sync import queries

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        view = _without_removed(queries.status(store), settings)
    if as_json:
        print_json(view)
    else:
        _show(view)


def _without_removed(view: StatusView, settings: Settings) -> StatusView:
    """What the configuration no longer names is still in the database, but nobody looks after it."""
    accounts, crms = ({each.name for each in places} for places in (settings.mail_accounts, settings.crms))
    return dataclasses.replace(
        view,
        mail_accounts=tuple(place for place in view.mail_accounts if place.name in accounts),
        folders=tuple(place for place in view.folders if any(place.name.startswith(f"{name}: ") for name in accounts)),
        crms=tuple(place for place in view.crms if place.name in crms),
    )


def _show(view: StatusView) -> None:
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
