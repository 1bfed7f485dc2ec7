"""One pass over the CRMs: their changes in, ours out, and what came of ours in again."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from agent.summary import Progress, ReportProgress, Tally
from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_model.errors import HitchpostError, LoginNeeded
from crm_model.options import Connection
from sync.pull import pull_batch
from sync.push import push_batch
from sync.store import crms
from sync.store.database import Store

log = structlog.get_logger()

WORKER = f"{socket.gethostname()}:{os.getpid()}"


def sync_crm(
    connection: Connection, store: Store, tally: Tally, *, report: ReportProgress, stop: threading.Event
) -> None:
    """Pull, push, and pull what the push changed; a failure is kept for `status` and counted as an error."""
    try:
        with open_adapter(connection) as adapter:
            pull(adapter, store, tally, report=report, stop=stop)
            if push(adapter, store, tally, report=report, stop=stop):
                pull(adapter, store, tally, report=report, stop=stop)
    except HitchpostError as error:
        note_failure(store, connection, error, tally)
        return
    with store.write() as unit:
        crms.succeeded(unit, connection.name, datetime.now(UTC))


def pull(adapter: Adapter, store: Store, tally: Tally, *, report: ReportProgress, stop: threading.Event) -> int:
    """Everything that changed in the CRM; how many records."""
    count = 0
    while not stop.is_set():
        result = pull_batch(store, adapter, now=datetime.now(UTC))
        count += result.records + result.removed
        report(Progress("pull", adapter.name, "", count, None))
        if not result.more:
            break
    tally.records_pulled += count
    return count


def push(adapter: Adapter, store: Store, tally: Tally, *, report: ReportProgress, stop: threading.Event) -> int:
    """Every change that is due; how many reached the CRM."""
    pushed = 0
    while not stop.is_set():
        result = push_batch(store, adapter, worker=WORKER, now=datetime.now(UTC))
        pushed += result.pushed
        tally.changes_pushed += result.pushed
        tally.changes_refused += result.refused
        tally.conflicts += result.conflicts
        report(Progress("push", adapter.name, "", pushed, None))
        if not (result.pushed or result.refused or result.conflicts):
            break
    return pushed


def note_failure(store: Store, connection: Connection, error: HitchpostError, tally: Tally) -> None:
    """Keep why a CRM could not be reached, for `status`."""
    with store.write() as unit:
        crms.failed(unit, connection.name, str(error), datetime.now(UTC), login_needed=isinstance(error, LoginNeeded))
    tally.errors.append(f"{connection.name}: {error}")
    log.warning("crm_failed", crm=connection.name, error=type(error).__name__)


@contextlib.contextmanager
def open_adapter(connection: Connection) -> Iterator[Adapter]:
    """The adapter of a configured CRM, closed at the end."""
    adapter = registry.load(connection.kind).open(connection)
    try:
        yield adapter
    finally:
        adapter.close()
