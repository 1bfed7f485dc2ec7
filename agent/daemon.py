"""The composition root: one pass over everything, once or for ever."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.crm_pass import sync_crm
from agent.mail_loop import mail_loop
from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.sending.due import is_due
from agent.summary import PassSummary, Progress, ReportProgress, Tally
from crm_model.errors import HitchpostError, TryLater
from crm_model.options import Connection
from sync import mail_log
from sync.settings import Settings
from sync.store import crms, outbox, status
from sync.store.database import Store

if TYPE_CHECKING:
    from agent.sending.way_out import OpenOutpost

_log = logging.getLogger(__name__)

_TICK_SECONDS, _OUTPOST_SECONDS = 0.5, 2.0
_LONGEST_PAUSE_SECONDS = 300.0
_STOP_SECONDS = 3.0
_DAY_SECONDS = 86_400.0


def rules_of(settings: Settings) -> Rules:
    """What the configuration says about deciding."""
    return Rules(
        organisation=settings.organisation,
        auto_leads=settings.leads.mode == "auto",
        lead_crm=settings.leads.crm,
        log_mail=settings.log_mail,
    )


def run_pass(
    settings: Settings, store: Store, progress: ReportProgress, *, stop: threading.Event | None = None
) -> PassSummary:
    """One pass: CRM records in, mail in, changes out. One account's trouble is in `errors`, the others go on.

    Errors: Busy, Unreachable, ConfigError of the database itself.
    """
    started, tally, stop = time.monotonic(), Tally(), stop or threading.Event()
    _begin(settings, store)
    for connection in settings.crms:
        _sync_crm(settings, connection, store, tally, report=progress, stop=stop)
    _visit_outpost(settings, store, tally, stop)  # first: what forms brought is mail
    sync_mail(settings.mail_accounts, store, rules_of(settings), tally, report=progress, stop=stop)
    for account in settings.mail_accounts:
        _send(settings, account, store, tally, stop)
    for connection in settings.crms:
        with store.read() as unit:
            due = crms.is_confirmed(unit, connection.name) and outbox.has_due(unit, connection.name, datetime.now(UTC))
        if due:
            _sync_crm(settings, connection, store, tally, report=progress, stop=stop)
    _look(settings, store)
    return tally.summary(time.monotonic() - started)


def _sync_crm(
    settings: Settings,
    connection: Connection,
    store: Store,
    tally: Tally,
    *,
    report: ReportProgress,
    stop: threading.Event,
) -> None:
    sync_crm(
        connection,
        store,
        tally,
        report=report,
        stop=stop,
        field_map=settings.field_map(connection.name),
        mail_accounts=settings.mail_accounts,
    )


def _begin(settings: Settings, store: Store) -> None:
    """What the configuration says goes to the store before the first account is asked."""
    mail_log.set_policy(store, settings.log_mail)
    with store.write() as unit:
        names = ([each.name for each in places] for places in (settings.mail_accounts, settings.crms))
        status.forget_removed(unit, *names)
    _look(settings, store)


def _look(settings: Settings, store: Store) -> None:
    """What is there now is known to the hooks; what comes from now on is news."""
    if settings.hooks:
        from agent.hooks.delivering import notice

        notice(store, settings.hooks, datetime.now(UTC))


def run_forever(settings: Settings, store: Store, stop: threading.Event) -> None:
    """Passes until `stop` is set; each mail account, outbox and CRM has a thread of its own: none waits for another.

    An account that needs a sign-in pauses until `mailbox test` or `crm test` succeeded.
    """
    _begin(settings, store)
    rules, seconds = rules_of(settings), float(settings.poll_seconds)
    loops = [mail_loop(account, store, rules, seconds, stop) for account in settings.mail_accounts]
    loops += [_crm_loop(settings, connection, store, stop) for connection in settings.crms]
    loops += [_send_loop(settings, account, store, stop) for account in settings.mail_accounts]
    loops += [_hook_loop(settings, store, stop)] if settings.hooks else []
    loops += [_outpost_loop(settings, store, stop)] if settings.has_outpost else []
    threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    _log.info("agent_started", extra={"mail_accounts": len(settings.mail_accounts), "crms": len(settings.crms)})
    stop.wait()
    # What is in a transaction ends or is undone; what is on the network is left, its cursor is not moved.
    deadline = time.monotonic() + _STOP_SECONDS
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))
    _log.info("agent_stopped")


def _crm_loop(settings: Settings, connection: Connection, store: Store, stop: threading.Event) -> Callable[[], None]:
    """Pushes within a tick of an edit, pulls every `poll_seconds`."""
    pulled_at = -float("inf")

    def once() -> None:
        nonlocal pulled_at
        with store.read() as unit:
            due = crms.is_confirmed(unit, connection.name) and outbox.has_due(unit, connection.name, datetime.now(UTC))
            if crms.needs_login(unit, connection.name):
                return
        if due or time.monotonic() - pulled_at >= settings.poll_seconds:
            tally = Tally()
            _sync_crm(settings, connection, store, tally, report=_unseen, stop=stop)
            pulled_at = time.monotonic()
            _log_pass("crm_pass", tally, crm=connection.name)
            if tally.errors:
                raise TryLater(tally.errors[-1])

    return lambda: _repeat(once, _TICK_SECONDS, stop)


def _send_loop(settings: Settings, account: Connection, store: Store, stop: threading.Event) -> Callable[[], None]:
    """Sends within a tick of a mail's time."""

    def once() -> None:
        tally = Tally()
        _send(settings, account, store, tally, stop)
        _log_pass("send_pass", tally, account=account.name)

    return lambda: _repeat(once, _TICK_SECONDS, stop)


def _send(settings: Settings, account: Connection, store: Store, tally: Tally, stop: threading.Event) -> None:
    if not is_due(store, account.name):
        return
    # Writing, judging and linking take long to import: an agent with nothing to send goes without.
    from agent.sending.round import send_due

    send_due(
        account,
        store,
        settings.desk,
        rules_of(settings),
        tally,
        accounts=settings.mail_accounts,
        stop=stop,
        open_outpost=_outpost_opener(settings),
    )


def _outpost_opener(settings: Settings) -> OpenOutpost | None:
    if not settings.has_outpost:
        return None
    from agent.outpost.connecting import connect_outpost

    return lambda: connect_outpost(settings.web)


def _outpost_loop(settings: Settings, store: Store, stop: threading.Event) -> Callable[[], None]:
    """Collects what the outpost heard within two seconds, and judges it."""
    from agent.outpost_pass import outpost_pass

    def once() -> None:
        outpost_pass(settings, store, stop)

    return lambda: _repeat(once, _OUTPOST_SECONDS, stop)


def _visit_outpost(settings: Settings, store: Store, tally: Tally, stop: threading.Event) -> None:
    if settings.has_outpost:
        from agent.outpost_pass import outpost_pass

        try:
            outpost_pass(settings, store, stop)
        except HitchpostError as error:
            tally.errors.append(f"outpost: {error}")


def _hook_loop(settings: Settings, store: Store, stop: threading.Event) -> Callable[[], None]:
    """Tells within a tick of what happened."""
    from agent.hooks.delivering import forget_old, notice, tell_due

    cleaned_at = -float("inf")

    def once() -> None:
        nonlocal cleaned_at
        notice(store, settings.hooks, datetime.now(UTC))
        tell_due(settings.hooks, store, stop)
        if time.monotonic() - cleaned_at > _DAY_SECONDS:
            forget_old(store, datetime.now(UTC))
            cleaned_at = time.monotonic()

    return lambda: _repeat(once, _TICK_SECONDS, stop)


def _repeat(once: Callable[[], None], pause_seconds: float, stop: threading.Event) -> None:
    """Call `once` again and again; after trouble the pause doubles, with jitter, up to five minutes."""
    troubled = 0
    while not stop.is_set():
        try:
            once()
            troubled = 0
        except TryLater as error:
            troubled += 1
            _log.warning("pass_postponed", extra={"error": type(error).__name__})
        except HitchpostError as error:
            troubled += 1
            _log.warning("pass_failed", extra={"error": type(error).__name__, "reason": str(error)})
        except Exception:  # a bug: said with its traceback, counted, and the loop goes on after a pause
            troubled += 1
            _log.exception("pass_crashed", extra={"times": troubled})
        pause = pause_seconds if not troubled else min(_LONGEST_PAUSE_SECONDS, max(1.0, pause_seconds) * 2**troubled)
        stop.wait(pause * random.uniform(0.8, 1.2) if troubled else pause)  # noqa: S311  # jitter, no secret


def _unseen(_progress: Progress) -> None:
    return None


def _log_pass(event: str, tally: Tally, **fields: str) -> None:
    new = sum(tally.outcomes.values())
    if new or tally.mails_sent or tally.changes_pushed or tally.changes_refused or tally.records_pulled or tally.errors:
        counts = {
            "messages": new,
            "links": tally.links,
            "pushed": tally.changes_pushed,
            "refused": tally.changes_refused,
            "pulled": tally.records_pulled,
            "sent": tally.mails_sent,
            "errors": len(tally.errors),
        }
        _log.info(event, extra={**counts, **fields})
