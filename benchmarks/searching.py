"""Searches of every shape among many mails, on SQLite and PostgreSQL: common and rare words, with operators.

    python -m benchmarks.searching [MAILS]

The yardstick is the list without a search, read in the same run: what every search is narrowed from.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks.measure import Row, median, milliseconds, timed
from sync import queries
from sync.store.database import Store
from sync.store.schema import open_store
from sync.views import Mailview
from tests import seeds
from tests.servers.postgresql import program, running_postgresql

_NOW = datetime(2027, 4, 20, tzinfo=UTC)
_MAILS_EACH, _ROUNDS = 3, 5
SEARCHES = {
    "a common word": "hello",
    "a beginning of many words": "proj",
    "two letters": "pr",
    "a rare word": "w1234 ",
    "a common and a rare word": "hello w1234 ",
    "a phrase of common words": '"hello about"',
    "a common sender": "from:kari ",
    "a rare sender and a common word": "from:p1234 hello ",
    "a company": 'company:"acme 102" ',
    "a stage and a common word": "stage:new hello ",
    "an owner and a common word": "owner:kari project ",
    "a state of few": "is:suggested project ",
    "files and a common word": "has:attachment hello ",
    "days and a common sender": "before:2026-02 from:kari ",
    "without a common word": "from:p1234 -contract ",
}


def measure(mails: int) -> list[Row]:
    """The rows of the table; PostgreSQL's only where it is installed."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="hpb-") as folder:
        rows += _rows("SQLite", f"sqlite:///{Path(folder) / 'searched.sqlite3'}", mails)
    if program("initdb"):
        with _database() as url:
            rows += _rows("PostgreSQL", url, mails)
    return rows


@contextlib.contextmanager
def _database() -> Iterator[str]:
    with running_postgresql() as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE searched")
        yield server.replace("/postgres?", "/searched?")


def _rows(database: str, url: str, mails: int) -> list[Row]:
    store = open_store(url)
    try:
        seeds.seed(store, conversations=mails // _MAILS_EACH, mails_each=_MAILS_EACH, people=mails * 3 // 5, words=120)
        if database == "PostgreSQL":
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("ANALYZE")
        plain = _seconds(store, "")
        rows = []
        for what, text in SEARCHES.items():
            taken = _seconds(store, text)
            name = f"search: {what}, {mails:,} mails, {database}"
            yardstick = f"{milliseconds(plain)} (the list)"
            rows.append(Row(name, milliseconds(taken), yardstick, f"{taken / plain:.2f}", "< 100 ms"))
        return rows
    finally:
        store.close()


def _seconds(store: Store, text: str) -> float:
    def search() -> None:
        queries.thread_ids(store, Mailview.TRIAGE, text, now=_NOW, zone=UTC)

    search()
    return median([timed(search) for _ in range(_ROUNDS)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("mails", type=int, nargs="?", default=200_000)
    for row in measure(options.parse_args().mails):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
