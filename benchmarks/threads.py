"""Threads: finding them among many, and how they compare with a mail server's on the graph of a real list.

    python -m benchmarks.threads [NODES …]

The yardstick is as many look-ups by primary key in SQLite as the page names ids.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from benchmarks.measure import Row, median, milliseconds, timed
from sync.store.database import Store, Unit
from sync.store.families import NewMessage
from sync.store.schema import open_store
from sync.store.tables import messages
from sync.store.threads import assign_threads, facts_columns
from sync.threads import ThreadFacts

PAGE = 200
GRAPH = Path(__file__).parents[2] / "shared/data/threads"
GRAPH_MESSAGES = 50_000
_FAMILY = 4
_PAGES = 15
_START = datetime(2020, 1, 1, tzinfo=UTC)

# Four messages to a thread; each names the one before.
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
_FILL = (
    "INSERT INTO threads (id, family_id, message_count) SELECT i, i, 4 FROM n WHERE i <= {count} / 4",
    "INSERT INTO thread_nodes (node, family_id) SELECT 'm' || i || '@made.example', (i - 1) / 4 + 1 FROM n",
    "INSERT INTO messages (id, key, thread_id, node, thread_facts, recipients, received_at, sent_at, attachments,"
    " outcome, reasons, subject) SELECT i, 'k' || i, (i - 1) / 4 + 1, 'm' || i || '@made.example',"
    """ CASE WHEN i % 4 = 1 THEN '{{}}' ELSE '{{"chain": ["m' || (i - 1) || '@made.example"]}}' END, '[]',"""
    " {at} + i, {at} + i, '[]', 'held', '[]', 'made' FROM n",
)


def measure(sizes: tuple[int, ...]) -> list[Row]:
    """The rows of the table."""
    rows = []
    for size in sizes:
        place = Path(tempfile.mkdtemp(prefix="hpb-"))
        try:
            rows.append(_lookups(place / "threads.sqlite3", size))
        finally:
            shutil.rmtree(place)
    return rows + _graph()


def _lookups(path: Path, size: int) -> Row:
    store = open_store(f"sqlite:///{path}")
    with store.write() as unit:
        for statement in _FILL:
            table, _, query = statement.partition(" SELECT ")
            filled = f"{table} {_NUMBERS} SELECT {query}"
            unit.exec_driver_sql(filled.format(count=size, at=_stamp(unit)))
    with store.write() as unit:
        unit.exec_driver_sql("ANALYZE")
    chance = random.Random(size)
    ours, theirs = [], []
    for _ in range(_PAGES):
        page = [_reply(size + number, chance.randint(1, size)) for number in range(1, PAGE + 1)]
        names = [node for message in page for node in message.facts.nodes]
        theirs.append(_by_key(path, names))
        ours.append(_assign(store, page))
    store.close()
    shown = f"{milliseconds(median(theirs))} ({len(names)} look-ups by key)"
    what = f"threads of {PAGE} new messages among {size:,}"
    return Row(what, milliseconds(median(ours)), shown, f"{median(ours) / median(theirs):.1f}")


def _stamp(unit: Unit) -> str:
    """The START as the column stores a time, as a number of its own unit."""
    kind = messages.c.received_at.type.bind_processor(unit.dialect)
    return str(kind(_START) if kind else _START)


def _reply(number: int, to: int) -> NewMessage:
    at = _START + timedelta(days=3_650, seconds=number)
    fact = ThreadFacts(f"new {number}", f"m{number}@new.example", at, (f"m{to}@made.example",), subject="made")
    return NewMessage(number, fact)


def _assign(store: Store, page: list[NewMessage]) -> float:
    with store.write() as unit:
        seconds = timed(lambda: assign_threads(unit, page))
        transaction = unit.get_transaction()
        assert transaction
        transaction.rollback()  # so that each page meets the same database
    return seconds


def _by_key(path: Path, names: list[str]) -> float:
    connection = sqlite3.connect(path)
    started = time.perf_counter()
    for name in names:
        connection.execute("SELECT family_id FROM thread_nodes WHERE node = ?", (name,)).fetchone()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def _graph() -> list[Row]:
    """A real list of 50,000 mails through the store, page by page, against what Dovecot's THREAD=REFS says of it."""
    if not GRAPH.exists():
        return []
    place = Path(tempfile.mkdtemp(prefix="hpb-"))
    try:
        store = open_store(f"sqlite:///{place}/graph.sqlite3")
        facts = _listed()
        started = time.process_time()
        for start in range(0, GRAPH_MESSAGES, PAGE):
            _store_page(store, start, list(islice(facts, PAGE)))
        seconds = time.process_time() - started
        with store.read() as unit:
            ours = {
                str(row.key): row.thread_id for row in unit.execute(sa.select(messages.c.key, messages.c.thread_id))
            }
        store.close()
    finally:
        shutil.rmtree(place)
    with gzip.open(GRAPH / "list-50k.refs.tsv.gz", "rt") as lines:
        theirs = {n: thread for n, thread, _ in (line.split("\t") for line in lines) if n in ours}
    together = _pairs(Counter((ours[n], theirs[n]) for n in theirs))
    precision = together / _pairs(Counter(ours[n] for n in theirs))
    recall = together / _pairs(Counter(theirs.values()))
    rate = f"{GRAPH_MESSAGES / seconds:,.0f} messages per CPU second"
    return [
        Row(f"threads of a real list, {GRAPH_MESSAGES:,} messages, stored", rate),
        Row("pairs in one thread that Dovecot's THREAD=REFS has too", f"{precision:.3%}", mark="≥ 99.8 %"),
        Row("pairs of Dovecot's THREAD=REFS that are found", f"{recall:.3%}", mark="≥ 98 %"),
    ]


def _store_page(store: Store, start: int, facts: list[ThreadFacts]) -> None:
    page = [NewMessage(start + place, fact) for place, fact in enumerate(facts, 1)]
    with store.write() as unit:
        thread_of = assign_threads(unit, page).thread_of
        unit.execute(messages.insert(), [_row(message, thread_of[message.id]) for message in page])


def _row(message: NewMessage, thread_id: int) -> dict[str, object]:
    return {
        "id": message.id,
        "key": message.facts.key,
        "thread_id": thread_id,
        **facts_columns(message.facts),
        "subject": message.facts.subject,
        "from_email": message.facts.sender,
        "recipients": [],
        "sent_at": message.facts.at,
        "received_at": message.facts.at,
        "attachments": [],
        "outcome": "held",
        "reasons": [],
    }


def _listed() -> Iterator[ThreadFacts]:
    with gzip.open(GRAPH / "list-90k.jsonl.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            chain = dict.fromkeys(str(each) for each in [*row["refs"], *row["irt"][:1]])
            yield ThreadFacts(
                key=str(row["n"]),
                node=f"{row['id']}" if row["id"] is not None else f"key {row['n']}",
                at=datetime.fromtimestamp(row["date"] or 0, UTC),
                chain=tuple(chain),
                subject=str(row["subject"]),
                sender=str(row["from"][:1]),
                parties=frozenset(map(str, [*row["from"], *row["to"]])),
            )


def _pairs(counted: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in counted.values())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodes", type=int, nargs="*", default=[100_000, 1_000_000])
    for row in measure(tuple(options.parse_args().nodes)):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
