"""Changes go out: some are claimed, planned and sent, what the CRM makes of them is stored, what can't go now waits.

claimed -> done | conflict | refused        the CRM's answer
        -> pending, later                   no answer, or "not now": back-off with jitter
        -> pending, untried                 the CRM needs a login, or is down: what nobody has begun

One transaction stores the answers that are there and claims what comes next; the calls are made outside of it, for
different records at the same time, for one record in the order of its changes.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.contract import Adapter
from crm_model.changes import Change, ChangeState
from crm_model.errors import (
    Busy,
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    NotSupported,
    RateLimited,
    Rejected,
    TryLater,
)
from crm_model.records import Converted, Record
from sync.arrivals import take_record
from sync.departures import mark_gone_here
from sync.field_map import PLAIN_MAP, FieldMap
from sync.pushing.answers import keep_activities, keep_converted, keep_deletions, keep_records, settle
from sync.pushing.calls import Answer, Moved, jobs_of, message_id_of
from sync.pushing.faults import NotTheCrm
from sync.pushing.files import ReadFile, read_nothing
from sync.pushing.plans import Plan, Unplanned, plan_again, plan_changes
from sync.pushing.workers import Workers
from sync.store import Store, Unit, crms, outbox
from sync.unowned import send_without_owner

_log = logging.getLogger(__name__)
_LEASE_SECONDS = 300.0
_AT_ONCE = 400  # claimed in one transaction
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 5.0, 3600.0
_MOST_FAILURES = 3  # jobs in a row: the CRM is down, not the change wrong
_MOST_ROUNDS = 5
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of a batch, in changes; `problem` is the sentence that ended it early."""

    pushed: int = 0
    refused: int = 0
    conflicts: int = 0
    postponed: int = 0
    problem: str = ""


def push_batch(
    store: Store,
    adapter: Adapter,
    *,
    worker: str,
    now: datetime,
    limit: int = 500,
    open_another: Callable[[], Adapter] | None = None,
    field_map: FieldMap = PLAIN_MAP,
    read_file: ReadFile = read_nothing,
) -> PushResult:
    """Deliver up to `limit` changes that are due. Errors: only those of the store.

    With `open_another`, as many threads call as the CRM bears, each with an adapter of its own. `read_file`
    gives the bytes of a file that is to hang on a record.
    """
    workers = Workers(adapter, open_another, read_file)
    try:
        return _Pusher(store, adapter, workers, worker=worker, now=now, field_map=field_map).push(limit)
    finally:
        workers.close()


class _Pusher:
    """One batch: its clock, its tally, and how often the CRM failed in a row."""

    def __init__(
        self, store: Store, adapter: Adapter, workers: Workers, *, worker: str, now: datetime, field_map: FieldMap
    ) -> None:
        self._store, self._adapter, self._workers, self._worker = store, adapter, workers, worker
        self._crm, self._field_map = adapter.name, field_map
        self._began, self._started = now, time.monotonic()
        self._tally: Counter[str] = Counter()
        self._failures = 0
        self._answered = False
        self._problem = ""

    def push(self, limit: int) -> PushResult:
        left, sent = limit, list[tuple[Plan, Answer]]()
        while True:
            with self._store.write() as unit:
                self._keep(unit, sent)
                claimed = 0 if self._problem else self._give_more(unit, left)
                left -= claimed
            sent = [each for done in self._workers.take() for each in done]
            if not sent and not claimed:
                break
        if self._answered and not self._problem:
            with self._store.write() as unit:
                crms.succeeded(unit, self._crm, self._now())
        tally = self._tally
        return PushResult(tally["pushed"], tally["refused"], tally["conflicts"], tally["postponed"], self._problem)

    # --- out ---------------------------------------------------------------------------------------------------

    def _give_more(self, unit: Unit, left: int) -> int:
        """Claim what there is room for and hand it to the workers; how many were claimed."""
        batch_size = self._adapter.capabilities.batch_size
        wanted = min(left, self._workers.room * batch_size, _AT_ONCE)
        if wanted <= 0:
            return 0
        in_hand = self._workers.in_hand()
        claimed = outbox.claim(
            unit,
            self._crm,
            self._worker,
            limit=wanted,
            now=self._now(),
            lease_seconds=_LEASE_SECONDS,
            in_hand=[plan.change.id for plan in in_hand],
        )
        flying = {message_id_of(plan) for plan in in_hand} - {""}
        self._send(unit, plan_changes(unit, claimed, self._now(), self._field_map), flying)
        return len(claimed)

    def _send(self, unit: Unit, plans: Sequence[Plan | Unplanned], flying: set[str]) -> None:
        ready: list[Plan] = []
        for plan in plans:
            if isinstance(plan, Unplanned):
                self._keep_error(unit, plan.change, plan.error, soon=plan.soon)
            elif message_id_of(plan) in flying:
                outbox.release(unit, [plan.change.id])  # the same mail for another record: one call at a time
            else:
                ready.append(plan)
        self._keep_done(unit, [(plan, None) for plan in ready if not plan.is_sent])
        for job in jobs_of([plan for plan in ready if plan.is_sent], self._adapter.capabilities.batch_size):
            self._workers.give(job)

    # --- back --------------------------------------------------------------------------------------------------

    def _keep(self, unit: Unit, sent: Sequence[tuple[Plan, Answer]]) -> None:
        done = [(plan, answer) for plan, answer in sent if not isinstance(answer, HitchpostError | Moved)]
        self._keep_done(unit, done)
        for plan, answer in sent:
            if isinstance(answer, Moved):
                self._merge_and_send(unit, plan, answer.theirs)
            elif isinstance(answer, HitchpostError):
                self._keep_error(unit, plan.change, answer)
        if sent:
            self._judge_health(unit, sent)

    def _keep_done(self, unit: Unit, done: Sequence[tuple[Plan, Answer]]) -> None:
        now = self._now()
        answered = [(plan, answer) for plan, answer in done if isinstance(answer, Record)]
        keep_records(unit, self._crm, answered, now, self._field_map)
        told = [(plan, answer) for plan, answer in done if isinstance(answer, str | None)]
        of_activities = [(plan, answer) for plan, answer in told if plan.change.activity_id is not None]
        keep_activities(unit, self._crm, of_activities, now)
        rest = [plan for plan, _ in told if plan.change.activity_id is None]
        keep_deletions(unit, [plan for plan in rest if plan.is_deletion], now)
        settle(unit, [plan for plan in rest if not plan.is_deletion], now)
        for plan, answer in done:
            if isinstance(answer, Converted):
                keep_converted(unit, plan, answer, now, self._field_map)
            self._answered = self._answered or plan.is_sent
            self._tally["conflicts" if plan.held_back else "pushed"] += 1

    def _merge_and_send(self, unit: Unit, plan: Plan, theirs: Record) -> None:
        take_record(unit, self._crm, theirs, self._now(), self._field_map)
        if plan.round >= _MOST_ROUNDS:
            busy = Busy("The record changes faster in the CRM than it can be merged; it will be tried again.")
            self._keep_error(unit, plan.change, busy)
        elif self._problem:
            outbox.release(unit, [plan.change.id])
        else:
            self._send(unit, [plan_again(unit, plan, self._now(), self._field_map)], set())

    def _keep_error(self, unit: Unit, change: Change, error: HitchpostError, *, soon: bool = False) -> None:
        if soon or isinstance(error, LoginNeeded | ConfigError):
            outbox.release(unit, [change.id])
        elif isinstance(error, Rejected | NotFound | NotSupported):
            self._refuse(unit, change, error)
        else:
            self._postpone(unit, change, error)

    def _refuse(self, unit: Unit, change: Change, error: Rejected | NotFound | NotSupported) -> None:
        self._answered = True
        if isinstance(error, Rejected) and send_without_owner(unit, change, error, self._now()):
            self._tally["postponed"] += 1
            return
        self._tally["refused"] += 1
        field_errors = error.field_errors if isinstance(error, Rejected) else {}
        outbox.settle(
            unit, change.id, ChangeState.REFUSED, error=str(error), field_errors=field_errors, now=self._now()
        )
        if isinstance(error, NotFound) and _is_about_record(change):
            mark_gone_here(unit, change.record_id)
        _log.info("push_refused", extra={"crm": change.crm, "change": change.id, "kind": change.kind.value})

    def _postpone(self, unit: Unit, change: Change, error: HitchpostError) -> None:
        self._tally["postponed"] += 1
        asked = error.retry_after_seconds if isinstance(error, TryLater) else None
        wait = timedelta(seconds=wait_seconds(change.attempts, asked))
        outbox.postpone(unit, change.id, self._now() + wait, str(error))
        _log.info("push_postponed", extra={"crm": change.crm, "change": change.id, "attempts": change.attempts})

    # --- the CRM as a whole ------------------------------------------------------------------------------------

    def _judge_health(self, unit: Unit, sent: Sequence[tuple[Plan, Answer]]) -> None:
        """End the batch when nobody is let in, or nothing is answered any more; what is not begun is given back."""
        errors = [answer for _, answer in sent if isinstance(answer, HitchpostError)]
        faults = [error for error in errors if isinstance(error, TryLater) and not isinstance(error, NotTheCrm)]
        self._failures = self._failures + 1 if len(faults) == len(sent) else 0
        barred = next((error for error in errors if isinstance(error, LoginNeeded | ConfigError)), None)
        limited = next((error for error in errors if isinstance(error, RateLimited)), None)
        ending = barred or limited or (faults[-1] if self._failures >= _MOST_FAILURES else None)
        if ending is None or self._problem:
            return
        self._problem = str(ending)
        unbegun = [plan.change.id for job in self._workers.give_back() for plan in job.plans]
        outbox.release(unit, unbegun)
        login_needed = isinstance(ending, LoginNeeded)
        crms.failed(unit, self._crm, self._problem, self._now(), login_needed=login_needed)
        _log.warning("push_stopped", extra={"crm": self._crm, "login_needed": login_needed})

    def _now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._started)


def wait_seconds(attempts: int, asked: float | None) -> float:
    """How long to wait after that many tries: what the CRM asked for at least, else doubling, spread by half."""
    doubled = _FIRST_WAIT_SECONDS * 2 ** min(max(attempts - 1, 0), 20)
    wait = min(doubled, _LONGEST_WAIT_SECONDS) * _RANDOM.uniform(0.75, 1.25)
    return wait if asked is None else asked + _RANDOM.uniform(0, min(wait, _FIRST_WAIT_SECONDS))


def _is_about_record(change: Change) -> bool:
    """Whether "not found" can only mean the change's own record."""
    return change.file is None and (change.activity is None or not change.activity.id)
