"""One mail account day and night: news is read at once, the rest from time to time, people's wishes are met.

watch thread: IDLE -> news        this thread: news or a wish -> the inbox; every `poll_seconds` -> all folders
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.self_audit import SelfAudit
from agent.sources import Sources
from agent.summary import Progress, Tally
from agent.watching import Watching
from crm_model.errors import HitchpostError
from crm_model.options import Connection
from sync.store import mailbox_changes, mailboxes
from sync.store.database import Store

_log = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 900.0


class MailLoop:
    """Calls passes over one account until `stop` is set; after trouble they come less often, with jitter."""

    def __init__(self, account: Connection, store: Store, rules: Rules, poll_seconds: float, stop: threading.Event):
        self._account, self._store, self._rules, self._stop = account, store, rules, stop
        self._poll_seconds = poll_seconds
        self._sources = Sources()
        self._audit = SelfAudit(account, store, rules)
        self._news = threading.Event()
        self._due_at = 0.0
        self._troubled = 0

    def run(self) -> None:
        watching = Watching(self._account, self._news, self._stop).run
        threading.Thread(target=watching, name=f"watch {self._account.name}", daemon=True).start()
        with contextlib.closing(self._sources):
            while not self._stop.is_set():
                self._news.wait(_TICK_SECONDS)
                try:
                    self.once()
                except Exception as error:  # whatever it was, this thread must live: said, and tried again later
                    known = isinstance(error, HitchpostError)
                    _log.warning("pass_failed", exc_info=not known, extra={"error": type(error).__name__})
                    self._put_off()

    def once(self) -> Tally | None:
        """A pass, if one is due; what it did."""
        with self._store.read() as unit:
            if self._account.name in mailboxes.login_needed(unit):
                return None
            wished = mailbox_changes.has_due(unit, self._account.name, datetime.now(UTC))
        due = time.monotonic() >= self._due_at
        if not (due or wished or self._news.is_set()) or (self._troubled and not due):
            return None
        self._news.clear()
        tally = Tally()
        sync_mail(
            [self._account],
            self._store,
            self._rules,
            tally,
            report=_unseen,
            stop=self._stop,
            sources=self._sources,
            inbox_only=not due,
        )
        if tally.errors:
            self._put_off()
        elif due:
            self._troubled, self._due_at = 0, time.monotonic() + self._poll_seconds
            self._audit_if_due()
        _log_pass(tally, self._account.name)
        return tally

    def _audit_if_due(self) -> None:
        if self._stop.is_set() or not self._audit.look(self._sources.folders(self._account)):
            return
        with contextlib.ExitStack() as on_failure:
            source = on_failure.enter_context(contextlib.closing(self._sources.take(self._account)))
            self._audit.run(source)
            on_failure.pop_all()
        self._sources.give_back(self._account, source)

    def _put_off(self) -> None:
        self._troubled += 1
        pause = min(_LONGEST_PAUSE_SECONDS, self._poll_seconds * 2 ** (self._troubled - 1))
        self._due_at = time.monotonic() + pause * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, no secret


def mail_loop(
    account: Connection, store: Store, rules: Rules, poll_seconds: float, stop: threading.Event
) -> Callable[[], None]:
    """What a thread is to run for this account."""
    return MailLoop(account, store, rules, poll_seconds, stop).run


def _unseen(_progress: Progress) -> None:
    return None


def _log_pass(tally: Tally, account: str) -> None:
    new = sum(tally.outcomes.values())
    if new or tally.errors:
        _log.info(
            "mail_pass",
            extra={"account": account, "messages": new, "links": tally.links, "errors": len(tally.errors)},
        )
