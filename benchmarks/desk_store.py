"""A database with a busy desk in it, filled in bulk: as the program makes it, but for how the rows come in.

python -m benchmarks.desk_store FILE [--part 0.1]      one to look at
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import desk_rows
from benchmarks.desk_rows import Rows, Size
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.search_schema import SQLITE_SEARCH
from sync.store.tables import change_counter, mail_accounts
from tests import seeds
from tests.servers.postgresql import program, running_postgresql

_BATCH = 20_000
# In an order in which each row finds those that it names.
_TABLES = (
    desk_rows.records,
    desk_rows.record_texts,
    desk_rows.record_emails,
    desk_rows.record_domains,
    desk_rows.activities,
    desk_rows.threads,
    desk_rows.messages,
    desk_rows.message_texts,
    desk_rows.thread_nodes,
    desk_rows.links,
    desk_rows.suggestions,
    desk_rows.outgoing,
)


def the_size(part: float = 1.0) -> Size:
    """What the marks are for, or a part of it."""
    numbers = (int(number * part) for number in (200_000, 60_000, 100_000, 20_000))
    return Size(*numbers, now=datetime.now(UTC).replace(microsecond=0))


@contextlib.contextmanager
def desks(size: Size) -> Iterator[Iterator[tuple[str, str]]]:
    """The name and the URL of a filled database of each kind, made when it is asked for."""
    with contextlib.ExitStack() as stack:
        yield _desks(size, stack)


def _desks(size: Size, stack: contextlib.ExitStack) -> Iterator[tuple[str, str]]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hpb-")))
    url = f"sqlite:///{folder / 'desk.sqlite3'}"
    fill(url, size)
    yield "SQLite", url
    if program("initdb"):
        server = stack.enter_context(running_postgresql())
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE desk")
        url = server.replace("/postgres?", "/desk?")
        fill(url, size)
        yield "PostgreSQL", url


def fill(url: str, size: Size) -> None:
    """Make the database and put the desk into it."""
    store = open_store(url)
    try:
        with store.write() as unit:
            unit.execute(change_counter.update().values(value=1))
            unit.execute(mail_accounts.insert().values(name="work", kind="maildir", last_success_at=size.now))
            seeds.describe(unit)
        _fill_sqlite(store, size) if store.is_sqlite else _fill_postgresql(store, size)
    finally:
        store.close()


def _names(rows: Rows) -> tuple[list[str], Iterator[tuple[object, ...]]]:
    first = next(rows)
    return list(first), (tuple(row.values()) for row in chain([first], rows))


def _fill_sqlite(store: Store, size: Size) -> None:
    """The words of all mail are indexed at once when it is there: by triggers it takes twice as long."""
    with contextlib.closing(sqlite3.connect(store.place)) as connection:
        connection.execute("PRAGMA synchronous=off")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for table in _TABLES:
            names, rows = _names(table(size))
            places = ", ".join("?" for _ in names)
            command = f"INSERT INTO {table.__name__} ({', '.join(names)}) VALUES ({places})"
            while batch := list(islice(rows, _BATCH)):
                connection.executemany(command, batch)
        for index in ("message_search", "record_search"):
            connection.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
        for statement in SQLITE_SEARCH:
            if statement.startswith("CREATE TRIGGER"):
                connection.execute(statement)
        connection.commit()


def _fill_postgresql(store: Store, size: Size) -> None:
    with psycopg.connect(store.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # rows name each other; nobody need look
        for table in _TABLES:
            names, rows = _names(table(size))
            where = sql.Identifier(table.__name__), sql.SQL(", ").join(map(sql.Identifier, names))
            with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(*where)) as copy:
                for row in rows:
                    copy.write_row(row)
        for name in ("threads", "messages", "records"):
            where = sql.Literal(f"{name}_id_seq"), sql.Identifier(name)
            connection.execute(sql.SQL("SELECT setval({}, (SELECT max(id) FROM {}))").format(*where))
        connection.execute("VACUUM ANALYZE")  # as the server does by itself before long


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    options.add_argument("--part", type=float, default=1.0)
    given = options.parse_args()
    fill(f"sqlite:///{given.file}", the_size(given.part))


if __name__ == "__main__":
    main()
