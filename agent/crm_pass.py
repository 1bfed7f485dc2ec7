"""One pass over a CRM: its changes in, ours out, and what came of ours in again."""

from __future__ import annotations

import contextlib
import functools
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.summary import Progress, ReportProgress, Tally
from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_model.changes import MailFile
from crm_model.errors import HitchpostError, LoginNeeded, TryLater
from crm_model.options import Connection
from sync.crm_access import open_crm
from sync.field_map import PLAIN_MAP, FieldMap
from sync.pull import pull_batch
from sync.push import push_batch
from sync.store import crms
from sync.store.database import Store, is_database_error

_log = logging.getLogger(__name__)

_WORKER = socket.gethostname()
"""Alike after a restart: an agent that was killed takes up at once what it held (one agent per database)."""


def sync_crm(
    connection: Connection,
    store: Store,
    tally: Tally,
    *,
    report: ReportProgress,
    stop: threading.Event,
    field_map: FieldMap = PLAIN_MAP,
    mail_accounts: Sequence[Connection] = (),
) -> None:
    """Pull, push, and pull what the push changed; a failure is kept for `status` and counted as an error.

    Nothing is pushed before a person confirmed it, unless the CRM is our own. Files for records come out of
    `mail_accounts`.
    """
    try:
        may_write = _begin(connection, store)
        open_one = functools.partial(open_crm, connection, field_map)
        with contextlib.closing(open_one()) as adapter:
            reader = _FileReader(store, mail_accounts)
            crm = _Crm(adapter, open_one, store, tally, report=report, stop=stop, field_map=field_map, reader=reader)
            if crm.pull() and may_write and crm.push():
                crm.pull()
    except HitchpostError as error:
        _note_failure(connection, store, tally, error)
    except Exception as error:  # a bug in one adapter must not take mail and the other CRMs down
        if is_database_error(error):
            raise
        _log.exception("crm_crashed", extra={"crm": connection.name})
        problem = TryLater(f"reading or writing the CRM failed ({type(error).__name__}); it will be tried again")
        _note_failure(connection, store, tally, problem)


def _begin(connection: Connection, store: Store) -> bool:
    """Make the CRM known; whether we may write there."""
    asks_first = registry.load(connection.kind).asks_first
    with store.write() as unit:
        crms.ensure(unit, connection.name, connection.kind)
        if not asks_first:
            crms.confirm(unit, connection.name, datetime.now(UTC))
        return crms.is_confirmed(unit, connection.name)


def _note_failure(connection: Connection, store: Store, tally: Tally, error: HitchpostError) -> None:
    with store.write() as unit:
        login_needed = isinstance(error, LoginNeeded)
        crms.failed(unit, connection.name, str(error), datetime.now(UTC), login_needed=login_needed)
    tally.errors.append(f"{connection.name}: {error}")
    _log.warning("crm_failed", extra={"crm": connection.name, "error": type(error).__name__})


@dataclass(frozen=True, slots=True)
class _FileReader:
    """Files of mail, each read when the CRM is about to take it."""

    store: Store
    accounts: Sequence[Connection]

    def read(self, file: MailFile) -> bytes:
        from agent.attachments import fetch_attachment  # takes long to import; few passes send files

        return fetch_attachment(self.store, self.accounts, file.message_id, file.part).data


class _Crm:
    """One CRM during a pass."""

    def __init__(
        self,
        adapter: Adapter,
        open_another: Callable[[], Adapter],
        store: Store,
        tally: Tally,
        *,
        report: ReportProgress,
        stop: threading.Event,
        field_map: FieldMap,
        reader: _FileReader,
    ) -> None:
        self._adapter, self._open_another, self._store, self._tally = adapter, open_another, store, tally
        self._field_map, self._reader = field_map, reader
        self._report, self._stop = report, stop

    def pull(self) -> bool:
        """Take everything that changed; whether the CRM answered."""
        count, more = 0, True
        while more and not self._stop.is_set():
            result = pull_batch(self._store, self._adapter, now=datetime.now(UTC), field_map=self._field_map)
            count, more = count + result.records + result.removed, result.more
            self._report(Progress("pull", self._adapter.name, "", count, None))
            if self._trouble(result.problem):
                return False
        self._tally.records_pulled += count
        return True

    def push(self) -> bool:
        """Deliver every change that is due; whether any reached the CRM."""
        pushed = 0
        while not self._stop.is_set():
            result = push_batch(
                self._store,
                self._adapter,
                worker=_WORKER,
                now=datetime.now(UTC),
                open_another=self._open_another,
                field_map=self._field_map,
                read_file=self._reader.read,
            )
            pushed += result.pushed
            self._tally.changes_pushed += result.pushed
            self._tally.changes_refused += result.refused
            self._tally.conflicts += result.conflicts
            self._report(Progress("push", self._adapter.name, "", pushed, None))
            if self._trouble(result.problem) or not (result.pushed or result.refused or result.conflicts):
                break
        return pushed > 0

    def _trouble(self, problem: str) -> bool:
        if problem:
            self._tally.errors.append(f"{self._adapter.name}: {problem}")
        return bool(problem)
