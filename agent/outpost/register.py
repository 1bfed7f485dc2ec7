"""What an outpost answers, in a small database of its own: tokens, pages, and how far its spool was collected.

A token is found by its digest: how long a look-up takes tells nothing of tokens that are nearly right, and the
database alone opens no link.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from agent.outpost.targets import is_sound_target
from crm_model.errors import Busy, ConfigError, Rejected, Unreachable
from crm_model.tracking import Token, TokenKind

_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS tokens (
  digest BLOB PRIMARY KEY, kind TEXT NOT NULL, url TEXT NOT NULL, state INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (segment TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_WAIT_SECONDS = 10.0


class TokenState(IntEnum):
    """What becomes of a fetch. A revoked token stays known, so that a repeated `publish_tokens` can't revive it."""

    RECORDED = 0
    UNRECORDED = 1  # its link goes on working
    GONE = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a token here; `url` is where a click goes."""

    kind: TokenKind
    url: str
    state: TokenState


class Register:
    """One connection to the database, to be shared by threads. Errors of every call: Busy, Unreachable, ConfigError.

    Who must not wait for another's writing opens one of its own. What is written through a `hurried` one may be
    forgotten by a power cut.
    """

    def __init__(self, database: Path, *, hurried: bool = False) -> None:
        self._lock = threading.RLock()
        with _our_errors(database):
            database.touch(mode=0o600)
            self._connection = sqlite3.connect(
                database, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(database, "NORMAL" if hurried else "FULL")
        self._database = database

    def close(self) -> None:
        """Harmless twice."""
        self._connection.close()

    def find(self, token: str) -> Entry | None:
        """What this token leads to; None for one that nobody published. Errors: sqlite3.Error, for it is in haste.

        No cache before it: to ask whether one is still valid (PRAGMA data_version) takes half as long as this.
        """
        row = self._connection.execute(
            "SELECT kind, url, state FROM tokens WHERE digest = ?", (_digest(token),)
        ).fetchone()
        return Entry(TokenKind(row[0]), row[1], TokenState(row[2])) if row else None

    def add_tokens(self, tokens: Sequence[Token]) -> None:
        """Know these; the ones known already stay as they are. Errors: also Rejected for a link that can't be sent."""
        if any(token.kind is TokenKind.CLICK and not is_sound_target(token.url) for token in tokens):
            raise Rejected("a link must lead to an http or https address in printable ASCII, without user or password")
        rows = [(_digest(each.token), each.kind.value, each.url, TokenState.RECORDED) for each in tokens]
        with self._writing() as connection:
            connection.executemany("INSERT INTO tokens VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)

    def revoke(self, tokens: Sequence[str], *, keep_links: bool) -> None:
        """Never record a fetch of these again; without `keep_links` their addresses are wiped."""
        statement = (
            "UPDATE tokens SET state = max(state, 1) WHERE digest = ?"
            if keep_links
            else "UPDATE tokens SET state = 2, url = '' WHERE digest = ?"
        )
        with self._writing() as connection:
            connection.executemany(statement, [(_digest(token),) for token in tokens])

    def replace_pages(self, pages: Mapping[str, Mapping[str, Any]]) -> None:
        """Show these and no others."""
        rows = [(name, json.dumps(content)) for name, content in pages.items()]
        with self._writing() as connection:
            connection.execute("DELETE FROM pages")
            connection.executemany("INSERT INTO pages VALUES (?, ?)", rows)

    def page(self, name: str) -> Mapping[str, Any] | None:
        """A page by its name, as it was published."""
        with self._reading() as connection:
            row = connection.execute("SELECT content FROM pages WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def places(self) -> dict[str, int]:
        """How many bytes of each segment were collected and acknowledged."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT segment, position FROM places"))

    def advance(self, places: Mapping[str, int]) -> None:
        """These bytes were acknowledged; never goes back."""
        with self._writing() as connection:
            connection.executemany(
                "INSERT INTO places VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET position = max(position, excluded.position)",
                places.items(),
            )

    def forget_places(self, segments: Sequence[str]) -> None:
        """These segments are gone."""
        with self._writing() as connection:
            connection.executemany("DELETE FROM places WHERE segment = ?", [(segment,) for segment in segments])

    def use_nonce(self, nonce: str, *, keep_seconds: float) -> bool:
        """Whether this nonce comes for the first time; older ones than `keep_seconds` are forgotten."""
        now = time.time()
        with self._writing() as connection:
            connection.execute("DELETE FROM nonces WHERE at < ?", (now - keep_seconds,))
            added = connection.execute("INSERT INTO nonces VALUES (?, ?) ON CONFLICT DO NOTHING", (nonce, now))
            return added.rowcount == 1

    def _prepare(self, database: Path, synchronous: str) -> None:
        [version] = self._connection.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise ConfigError(f"{database} was made by a newer hitchpost; install that one here", key="web: folder")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        if version < _VERSION:
            self._connection.executescript(_SCHEMA)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _our_errors(self._database):
            yield self._connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _our_errors(self._database):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@contextlib.contextmanager
def _our_errors(database: Path) -> Iterator[None]:
    """SQLite's errors in our words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy("the outpost's database is in use; it will be tried again.") from error
        raise Unreachable(
            f"the outpost's database {database} can't be used now ({error}); is the disk full?"
        ) from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise ConfigError(
            f"the outpost's database {database} can't be read ({error}); set it aside, and publish everything anew",
            key="web: folder",
        ) from error
