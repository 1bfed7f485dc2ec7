"""Only one agent works on a database: a second one is refused instead of fetching and linking everything twice."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

import sqlalchemy as sa

from crm_model.errors import Busy
from sync.store.database import Store

_POSTGRESQL_KEY = 0x48495443  # "HITC"
_LOOKS, _LOOK_SECONDS = 5, 0.02
_REFUSAL = "Another hitchpost agent or sync works on this database; let it finish or stop it first."


@contextlib.contextmanager
def held_agent_lock(store: Store) -> Iterator[None]:
    """Hold the lock while the block runs. Errors: Busy. The system gives it back even after kill -9."""
    with _locked_file(store.place) if store.is_sqlite else _locked_session(store):
        yield


def is_agent_running(store: Store) -> bool:
    """Whether anybody holds the lock: an agent, or a pass that somebody started."""
    return _is_file_locked(store.place) if store.is_sqlite else _is_session_locked(store)


def _is_file_locked(database: str) -> bool:
    try:
        descriptor = os.open(f"{database}.agent", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for a moment; an agent that starts just now waits
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_session_locked(store: Store) -> bool:
    held = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted")
    with store.session() as session:
        return bool(session.execute(held, {"key": _POSTGRESQL_KEY}).scalar())


@contextlib.contextmanager
def _locked_file(database: str) -> Iterator[None]:
    # A file of its own: POSIX locks on SQLite's file would be lost whenever SQLite closes it.
    descriptor = os.open(f"{database}.agent", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Who only looks lets go at once; who works does not. Errors: Busy."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
    raise Busy(_REFUSAL)


@contextlib.contextmanager
def _locked_session(store: Store) -> Iterator[None]:
    with store.session() as session:
        if not session.scalar(sa.select(sa.func.pg_try_advisory_lock(_POSTGRESQL_KEY))):
            raise Busy(_REFUSAL)
        try:
            yield
        finally:
            session.scalar(sa.select(sa.func.pg_advisory_unlock(_POSTGRESQL_KEY)))
