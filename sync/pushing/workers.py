"""Who makes the calls: threads with an adapter each, or the caller itself where the CRM takes one call at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from crm_adapters.contract import Adapter
from crm_model.errors import ConfigError, LoginNeeded, TryLater
from sync.pushing.calls import Answer, Job, run
from sync.pushing.files import ReadFile
from sync.pushing.plans import Plan

Sent = list[tuple[Plan, Answer]]
_WAITING_EACH = 3  # jobs per thread, so that none waits for the database
_IN_TURN = 20


class Workers:
    """Jobs given to them and not yet taken back."""

    def __init__(self, adapter: Adapter, open_another: Callable[[], Adapter] | None, read_file: ReadFile) -> None:
        count = adapter.capabilities.parallel_calls
        self._adapter, self._open, self._read_file = adapter, open_another, read_file
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="push") if open_another and count > 1 else None
        self._most = count * _WAITING_EACH if self._pool else _IN_TURN
        self._own = threading.local()
        self._opened: list[Adapter] = []
        self._flying: dict[Future[Sent], Job] = {}

    @property
    def room(self) -> int:
        """How many more jobs they can be given now; none until it is worth a transaction."""
        free = self._most - len(self._flying)
        return free if free >= self._most // _WAITING_EACH else 0

    def give(self, job: Job) -> None:
        """Have a job done; without threads, when it is asked for."""
        future: Future[Sent] = self._pool.submit(self._run, job) if self._pool else Future()
        self._flying[future] = job

    def take(self) -> Iterator[Sent]:
        """What is done by now; it waits for one job if any was given."""
        if not self._flying:
            return
        if self._pool is None:
            yield from self._run_here()
            return
        for done in wait(self._flying, return_when=FIRST_COMPLETED).done:
            del self._flying[done]
            yield done.result()

    def _run_here(self) -> Iterator[Sent]:
        """All of it up to the first fault, which may be the end of the batch."""
        for future, job in list(self._flying.items()):
            del self._flying[future]
            sent = run(job, lambda: self._adapter, self._read_file)
            yield sent
            if any(isinstance(answer, TryLater | LoginNeeded | ConfigError) for _, answer in sent):
                return

    def give_back(self) -> list[Job]:
        """The jobs that nobody has begun, taken out of their hands."""
        unbegun = [future for future in self._flying if self._pool is None or future.cancel()]
        return [self._flying.pop(future) for future in unbegun]

    def in_hand(self) -> list[Plan]:
        """Every plan that is under way."""
        return [plan for job in self._flying.values() for plan in job.plans]

    def close(self) -> None:
        """End the threads after the calls under way, and give their connections back."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        for adapter in self._opened:
            with contextlib.suppress(Exception):  # strangers' code, and nothing depends on it any more
                adapter.close()

    def _run(self, job: Job) -> Sent:
        return run(job, self._adapter_of_this_thread, self._read_file)

    def _adapter_of_this_thread(self) -> Adapter:
        held: Adapter | None = getattr(self._own, "adapter", None)
        if held is None:
            held = self._open() if self._open else self._adapter
            self._own.adapter = held
            self._opened.append(held)
        return held
