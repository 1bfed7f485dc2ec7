"""CPU time of each step of a pass, measured around the functions that are the steps; other load does not count."""

from __future__ import annotations

import functools
import importlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

# Where a function is called from (module, or module and class), its name there, what the step is called.
STEPS = (
    ("sync.mailboxes.imap.source.ImapSource", "fetch_page", "fetch"),
    ("sync.mailboxes.maildir.MaildirSource", "fetch_page", "fetch"),
    ("agent.page_reads", "parse_message", "parse"),
    ("agent.page_reads", "thread_facts", "thread"),
    ("agent.page_reads", "judge", "judge"),
    ("agent.ingest", "assign_threads", "thread"),
    ("agent.decide", "decide_link", "link"),
    ("agent.page_records.PageRecords", "__init__", "link: look-ups"),
    ("agent.effects.Effects", "write", "link: write"),
    ("sync.mail_log", "log_messages", "log linked mail"),
    ("sync.store.mail", "insert_arrivals", "store and index"),
    ("sync.store.mail", "insert_copies", "store and index"),
    ("sync.store.mail", "held_uids", "store: look-ups"),
    ("sync.store.mail", "ids_by_key", "store: look-ups"),
    ("agent.ingest", "refresh_threads", "rows of the list"),
    ("agent.ingest", "ingest_page", "rest of a page"),
    ("agent.crm_pass", "pull_batch", "CRM: pull"),
    ("agent.crm_pass", "push_batch", "CRM: push"),
)


class Steps:
    """Adds up what each step takes itself, without the steps inside it."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._own = threading.local()

    def watch(self) -> None:
        """Put a clock around every step that this version of the program has."""
        for place, name, step in STEPS:
            owner = _found(place)
            if owner is not None and hasattr(owner, name):
                setattr(owner, name, self._clocked(getattr(owner, name), step))

    def report(self, count: int) -> str:
        """A line for each step: CPU and wall seconds, calls, CPU per message."""
        lines = [f"{'step':<18}{'CPU s':>8}{'wall s':>8}{'calls':>9}{'ms/message':>12}"]
        for step, cpu in sorted(self.cpu.items(), key=lambda item: -item[1]):
            each = 1000 * cpu / max(1, count)
            lines.append(f"{step:<18}{cpu:8.2f}{self.wall[step]:8.2f}{self.calls[step]:9}{each:12.3f}")
        return "\n".join(lines)

    def _clocked(self, call: Callable[..., Any], step: str) -> Callable[..., Any]:
        @functools.wraps(call)
        def clocked(*arguments: Any, **named: Any) -> Any:
            inner = getattr(self._own, "inner", (0.0, 0.0))
            self._own.inner = (0.0, 0.0)
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
                self.cpu[step] += cpu - self._own.inner[0]
                self.wall[step] += wall - self._own.inner[1]
                self.calls[step] += 1
                self._own.inner = (inner[0] + cpu, inner[1] + wall)

        return clocked


def _found(place: str) -> Any:
    try:
        return importlib.import_module(place)
    except ImportError:
        module, _, name = place.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name, None)
        except ImportError:
            return None
