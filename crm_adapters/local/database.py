"""The embedded CRM's file: its tables, its transactions, and SQLite's errors in our words."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from crm_model.errors import Busy, ConfigError, HitchpostError

_FORMAT = 2
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL);
INSERT INTO counter VALUES (1, 0);
CREATE TABLE records (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  fields TEXT NOT NULL,
  revision INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  modified_by TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX records_seq ON records (kind, seq);
CREATE TABLE emails (email TEXT NOT NULL, record_id TEXT NOT NULL REFERENCES records, PRIMARY KEY (email, record_id))
  WITHOUT ROWID;
CREATE INDEX emails_record ON emails (record_id);
CREATE TABLE keys (key TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE activities (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  at INTEGER NOT NULL,
  due_at INTEGER,
  done INTEGER NOT NULL,
  direction TEXT NOT NULL,
  message_id TEXT NOT NULL,
  about TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX activities_mail ON activities (message_id, about) WHERE message_id <> '';
CREATE TABLE activity_records (
  record_id TEXT NOT NULL REFERENCES records,
  activity_id INTEGER NOT NULL REFERENCES activities,
  PRIMARY KEY (record_id, activity_id)
) WITHOUT ROWID;
CREATE TABLE owners (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) WITHOUT ROWID;
"""
_SINCE_2 = """
ALTER TABLE activities ADD COLUMN more TEXT NOT NULL DEFAULT '{}';
CREATE TABLE files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  record_id TEXT NOT NULL REFERENCES records,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  content BLOB NOT NULL
);
CREATE INDEX files_record ON files (record_id);
"""


class Database:
    """One connection to the file; several processes may have one each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _our_errors(path):
            _make_private(path)
            self.connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self.connection.row_factory = sqlite3.Row
            self._prepare()
            self.identity = self._identify()

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view. Errors: Busy, ConfigError."""
        yield from self._transaction("BEGIN")

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, alone with the file from the start. Errors: Busy, ConfigError."""
        yield from self._transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        self.connection.close()

    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with _our_errors(self.path):
            self.connection.execute(begin)
            try:
                yield self.connection
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def _identify(self) -> str:
        query = "SELECT value FROM facts, counter WHERE name = 'identity' AND seq >= 0"
        found = self.connection.execute(query).fetchone()
        if found is None:
            raise _unusable(self.path)
        return str(found[0])

    def _prepare(self) -> None:
        # FULL: what a pusher was told is stored must outlive a power cut, since nobody will push it again.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        with self.write() as unit:
            held = int(unit.execute("PRAGMA user_version").fetchone()[0])
            if held > _FORMAT:
                raise ConfigError(f"{self.path} was written by a newer Hitchpost; upgrade this one", key="path")
            if held == 0:
                _run(unit, _SCHEMA)
                unit.execute("INSERT INTO facts VALUES ('identity', ?)", (secrets.token_hex(8),))
            if held < _FORMAT:
                _run(unit, _SINCE_2)
                unit.execute(f"PRAGMA user_version = {_FORMAT}")


def _run(unit: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";\n"):  # executescript would commit first
        unit.execute(statement)


def next_seq(unit: sqlite3.Connection) -> int:
    """The next place in the order of changes; the write lock makes it the order of commits, too."""
    return int(unit.execute("UPDATE counter SET seq = seq + 1 RETURNING seq").fetchone()[0])


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise ConfigError(f"can't make the CRM's file {path}: {error.strerror}", key="path") from error


@contextlib.contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _named(error, path) from error


def _named(error: sqlite3.Error, path: Path) -> HitchpostError | sqlite3.Error:
    text = str(error).lower()
    if "locked" in text or "busy" in text:
        return Busy(f"The embedded CRM {path} is in use by another program; it will be tried again.")
    if "full" in text or "disk i/o" in text:
        return Busy(f"The disk is full or broken: free some space for {path}. Nothing is lost.")
    if any(words in text for words in ("not a database", "malformed", "no such table", "no such column", "exists")):
        return _unusable(path)
    if "readonly" in text or "unable to open" in text:
        return ConfigError(f"can't write to {path}; check who owns it and its permissions", key="path")
    return error


def _unusable(path: Path) -> ConfigError:
    return ConfigError(f"{path} is no usable CRM file; restore it from a copy or name another", key="path")
