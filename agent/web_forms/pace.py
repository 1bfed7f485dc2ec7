"""How often a network may send a form: enough for an office, too little for a robot; all processes count together.

The counts lie in a small database beside the spool, networks as digests under the outpost's key.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import math
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger(__name__)

_HOUR = 3_600.0
_ALL = 50  # networks' worth of submissions that a form takes in an hour, whoever sends them
_WAIT_SECONDS = 2.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (bucket BLOB PRIMARY KEY, level REAL NOT NULL, since REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS buckets_since ON buckets (since);
"""


class Pace:
    """Token buckets by form and network, and one by form for all. To be shared by threads and processes."""

    def __init__(self, database: Path, key: bytes) -> None:
        self._key, self._lock = key, threading.Lock()
        database.touch(mode=0o600)
        self._connection = sqlite3.connect(
            database, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        with _as_it_may():
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")  # what a power cut takes is an hour's counts
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Harmless twice."""
        self._connection.close()

    def wait_minutes(self, form: str, network: str, per_hour: int, now: float) -> int:
        """0 if this one may pass, and it is counted; else for how many minutes not. `now` in seconds of the clock.

        Where nothing can be counted everybody passes: a form that takes too much is better than one that takes nothing.
        """
        wanted = ((self._bucket(form, network), float(per_hour)), (self._bucket(form, ""), float(per_hour * _ALL)))
        with _as_it_may(), self._lock, self._transaction():
            levels = [self._level(bucket, size, now) for bucket, size in wanted]
            for level, (_, size) in zip(levels, wanted, strict=True):
                if level < 1:
                    return math.ceil((1 - level) * _HOUR / size / 60)
            rows = [(bucket, level - 1, now) for level, (bucket, _) in zip(levels, wanted, strict=True)]
            self._connection.executemany("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", rows)
            self._connection.execute("DELETE FROM buckets WHERE since < ?", (now - _HOUR,))  # they are full again
        return 0

    def _bucket(self, form: str, network: str) -> bytes:
        return hmac.digest(self._key, f"pace\0{form}\0{network}".encode("utf-8", "replace"), "sha256")[:16]

    def _level(self, bucket: bytes, size: float, now: float) -> float:
        query = "SELECT level, since FROM buckets WHERE bucket = ?"
        level, since = self._connection.execute(query, (bucket,)).fetchone() or (size, now)
        return float(min(size, level + max(0.0, now - since) * size / _HOUR))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextlib.contextmanager
def _as_it_may() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        _log.warning("form_pace_not_counted", extra={"error": type(error).__name__})
