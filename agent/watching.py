"""Learning of new mail the moment it comes, where the kind of mailbox can tell; polling goes on beside it."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections.abc import Callable

from crm_model.errors import ConfigError, HitchpostError, LoginNeeded, NotSupported
from crm_model.options import Connection
from sync.mailboxes import registry
from sync.mailboxes.contract import MailWatch

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks whether all is to end
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 900.0


class Watching:
    """Sets `news` when the mailbox tells of any. Trouble makes mail slower, never lost: it only ends in a pause."""

    def __init__(self, account: Connection, news: threading.Event, stop: threading.Event) -> None:
        self._account, self._news, self._stop = account, news, stop
        self._pause = _SHORTEST_PAUSE_SECONDS

    def run(self) -> None:
        try:
            open_watch = registry.load(self._account.kind).watch
        except ConfigError:  # the passes say it
            return
        while open_watch is not None and not self._stop.is_set():
            try:
                self._follow(open_watch)
            except NotSupported as error:
                _log.info("watch_ended", extra={"account": self._account.name, "reason": str(error)})
                return
            except HitchpostError as error:
                _log.info("watch_broken", extra={"account": self._account.name, "error": type(error).__name__})
                if isinstance(error, (LoginNeeded, ConfigError)):  # asking again soon would lock the account
                    self._pause = _LONGEST_PAUSE_SECONDS
            except Exception:  # the edge of this thread: a bug here costs speed, no mail
                _log.exception("watch_crashed", extra={"account": self._account.name})
            self._stop.wait(self._pause * random.uniform(0.8, 1.2))  # noqa: S311  # jitter, no secret
            self._pause = min(_LONGEST_PAUSE_SECONDS, self._pause * 2)

    def _follow(self, open_watch: Callable[[Connection], MailWatch]) -> None:
        with contextlib.closing(open_watch(self._account)) as watch:
            while not self._stop.is_set():
                if watch.wait(_LOOK_SECONDS):
                    self._news.set()
                self._pause = _SHORTEST_PAUSE_SECONDS
