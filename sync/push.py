"""Changes go out: a batch is claimed, each change is delivered and settled, what can't go now waits.

claimed -> done | conflict | refused        the CRM's answer
        -> pending, later                   no answer, or "not now": back-off with jitter
        -> pending, untried                 the CRM needs a login, or is down: the rest of the batch
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.contract import Adapter
from crm_model.changes import Change, ChangeState
from crm_model.errors import (
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    NotSupported,
    RateLimited,
    Rejected,
    TryLater,
)
from sync.delivery import deliver
from sync.references import NotPushedYet
from sync.store import Store, crms, outbox, records

_log = logging.getLogger(__name__)
_LEASE_SECONDS = 300.0
_AT_ONCE = 10  # so that a lease outlasts even slow calls
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 5.0, 3600.0
_MOST_FAILURES = 3  # in a row: the CRM is down, not the change wrong
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of a batch, in changes; `problem` is the sentence that ended it early."""

    pushed: int = 0
    refused: int = 0
    conflicts: int = 0
    postponed: int = 0
    problem: str = ""


def push_batch(store: Store, adapter: Adapter, *, worker: str, now: datetime, limit: int = 50) -> PushResult:
    """Deliver up to `limit` changes that are due. Errors: only those of the store."""
    return _Pusher(store, adapter, worker, now).push(limit)


class _Pusher:
    """One batch: its clock, its tally, and how often the CRM failed in a row."""

    def __init__(self, store: Store, adapter: Adapter, worker: str, now: datetime) -> None:
        self._store, self._adapter, self._worker = store, adapter, worker
        self._began, self._started = now, time.monotonic()
        self._tally: Counter[str] = Counter()
        self._failures = 0
        self._answered = False
        self._problem = ""

    def push(self, limit: int) -> PushResult:
        left = limit
        while left > 0 and not self._problem:
            with self._store.write() as unit:
                claimed = outbox.claim(
                    unit,
                    self._adapter.name,
                    self._worker,
                    limit=min(left, _AT_ONCE),
                    now=self._now(),
                    lease_seconds=_LEASE_SECONDS,
                )
            if not claimed:
                break
            left -= len(claimed)
            for change in claimed:
                self._push_one(change)
        if self._answered and not self._problem:
            with self._store.write() as unit:
                crms.succeeded(unit, self._adapter.name, self._now())
        tally = self._tally
        return PushResult(tally["pushed"], tally["refused"], tally["conflicts"], tally["postponed"], self._problem)

    def _push_one(self, change: Change) -> None:
        if self._problem:
            self._release(change)
            return
        try:
            state = deliver(self._store, self._adapter, change, self._now())
        except (Rejected, NotFound, NotSupported) as error:
            self._refuse(change, error)
        except NotPushedYet as error:
            self._postpone(change, error)
        except (LoginNeeded, ConfigError) as error:
            self._stop(str(error), login_needed=isinstance(error, LoginNeeded))
            self._release(change)
        except TryLater as error:
            self._fail(change, error)
        except HitchpostError as error:
            self._postpone(change, error)
        except Exception:
            # Adapters are strangers' code: a bug in one must not hold up the other changes.
            _log.exception("push_crashed", extra={"crm": change.crm, "change": change.id, "kind": change.kind.value})
            self._postpone(change, TryLater("The CRM's adapter failed; the log says how."))
        else:
            self._failures, self._answered = 0, True
            self._tally["conflicts" if state is ChangeState.CONFLICT else "pushed"] += 1

    def _refuse(self, change: Change, error: Rejected | NotFound | NotSupported) -> None:
        self._failures, self._answered = 0, True
        self._tally["refused"] += 1
        field_errors = error.field_errors if isinstance(error, Rejected) else {}
        with self._store.write() as unit:
            outbox.settle(
                unit, change.id, ChangeState.REFUSED, error=str(error), field_errors=field_errors, now=self._now()
            )
            if isinstance(error, NotFound) and _is_about_record(change):
                records.mark_deleted_here(unit, change.record_id)
        _log.info("push_refused", extra={"crm": change.crm, "change": change.id, "kind": change.kind.value})

    def _fail(self, change: Change, error: TryLater) -> None:
        self._postpone(change, error)
        self._failures += 1
        if isinstance(error, RateLimited) or self._failures >= _MOST_FAILURES:
            self._stop(str(error))

    def _postpone(self, change: Change, error: HitchpostError) -> None:
        self._tally["postponed"] += 1
        asked = error.retry_after_seconds if isinstance(error, TryLater) else None
        wait = timedelta(seconds=wait_seconds(change.attempts, asked))
        with self._store.write() as unit:
            outbox.postpone(unit, change.id, self._now() + wait, str(error))
        _log.info("push_postponed", extra={"crm": change.crm, "change": change.id, "attempts": change.attempts})

    def _release(self, change: Change) -> None:
        with self._store.write() as unit:
            outbox.release(unit, change.id)

    def _stop(self, problem: str, *, login_needed: bool = False) -> None:
        self._problem = problem
        with self._store.write() as unit:
            crms.failed(unit, self._adapter.name, problem, self._now(), login_needed=login_needed)
        _log.warning("push_stopped", extra={"crm": self._adapter.name, "login_needed": login_needed})

    def _now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._started)


def wait_seconds(attempts: int, asked: float | None) -> float:
    """How long to wait after that many tries: what the CRM asked for at least, else doubling, spread by half."""
    doubled = _FIRST_WAIT_SECONDS * 2 ** min(max(attempts - 1, 0), 20)
    wait = min(doubled, _LONGEST_WAIT_SECONDS) * _RANDOM.uniform(0.75, 1.25)
    return wait if asked is None else asked + _RANDOM.uniform(0, min(wait, _FIRST_WAIT_SECONDS))


def _is_about_record(change: Change) -> bool:
    """Whether "not found" can only mean the change's own record."""
    return change.activity is None or not change.activity.id
