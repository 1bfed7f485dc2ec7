"""One login per user of a site, shared by all adapters of this process: one in flight, renewed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

Token = TypeVar("Token")


class SharedSession(Generic[Token]):
    """What a login gave (a token, a session id), held for every adapter of the same user of the same site."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: Token | None = None

    def get(self, login: Callable[[], Token]) -> Token:
        """The token held, else what `login` gives. While one logs in the others wait. Errors: those of `login`."""
        with self._lock:
            if self._held is None:
                self._held = login()
            return self._held

    def renew(self, stale: Token, login: Callable[[], Token]) -> Token:
        """A token other than `stale`: what somebody fetched meanwhile, else what `login` gives."""
        with self._lock:
            if self._held is None or self._held == stale:
                self._held = None
                self._held = login()
            return self._held

    def drop(self) -> None:
        """Forget the token, after a logout."""
        with self._lock:
            self._held = None


_sessions: dict[tuple[str, ...], SharedSession[object]] = {}
_guard = threading.Lock()


def shared_session(*identity: str) -> SharedSession[Token]:
    """The one of this kind of CRM, site and user, whoever asks."""
    with _guard:
        return cast("SharedSession[Token]", _sessions.setdefault(identity, SharedSession()))


def forget_sessions() -> None:
    """For tests, whose servers reuse ports."""
    with _guard:
        _sessions.clear()
