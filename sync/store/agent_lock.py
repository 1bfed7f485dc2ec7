"""Only one agent works on a database: a second one is refused instead of fetching and linking everything twice."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

import sqlalchemy as sa

from crm_model.errors import Busy
from sync.store.database import Store

_POSTGRESQL_KEY = 0x48495443  # "HITC"
_REFUSAL = "Another hitchpost agent or sync works on this database; let it finish or stop it first."


@contextlib.contextmanager
def held_agent_lock(store: Store) -> Iterator[None]:
    """Hold the lock while the block runs. Errors: Busy. The system gives it back even after kill -9."""
    with _locked_file(store.place) if store.is_sqlite else _locked_session(store):
        yield


@contextlib.contextmanager
def _locked_file(database: str) -> Iterator[None]:
    # A file of its own: POSIX locks on SQLite's file would be lost whenever SQLite closes it.
    descriptor = os.open(f"{database}.agent", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Busy(_REFUSAL) from error
    try:
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked_session(store: Store) -> Iterator[None]:
    with store.session() as session:
        if not session.scalar(sa.select(sa.func.pg_try_advisory_lock(_POSTGRESQL_KEY))):
            raise Busy(_REFUSAL)
        try:
            yield
        finally:
            session.scalar(sa.select(sa.func.pg_advisory_unlock(_POSTGRESQL_KEY)))
