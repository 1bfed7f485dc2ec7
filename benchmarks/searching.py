"""Searches of every shape among many mails, on SQLite and PostgreSQL: common and rare words, with operators.

    python -m benchmarks.searching [--part 0.1]

The desk is that of `benchmarks.screen`: 200,000 mails, 60,000 conversations, 100,000 contacts, 20,000 deals. The
yardstick is the list without a search, read in the same run: what every search is narrowed from. What is timed is what
the screen asks for: the triage list of one person, what is due first.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from benchmarks.desk_store import desks, the_size
from benchmarks.measure import Row, median, milliseconds, timed
from sync import queries
from sync.store.database import Store
from sync.store.schema import open_store
from sync.viewer import Viewer
from sync.views import Mailview

_ROUNDS = 5
SEARCHES = {
    "one letter": "p",
    "two letters": "pr",
    "a beginning of many words": "pro",
    "a word of every mail": "hello ",
    "a common word": "project ",
    "three common words": "price order offer ",
    "a rare word": "w1234 ",
    "a common and a rare word": "hello w1234 ",
    "a phrase of common words": '"kind regards"',
    "a common sender": "from:kari ",
    "a rare sender and a common word": "from:person1234 hello ",
    "a company": 'company:"firma 102" ',
    "the word in every company's name": "company:firma ",
    "a stage and a common word": "stage:new hello ",
    "an owner and a common word": "owner:kari project ",
    "a state of few": "is:suggested project ",
    "a state of many and a common word": "is:unlinked price ",
    "files and a common word": "has:attachment hello ",
    "days and a common sender": "before:2026-05 from:kari ",
    "a sender without a common word": "from:anna -hello ",
}


def measure(part: float = 1.0) -> list[Row]:
    """The rows of the table; PostgreSQL's only where it is installed."""
    size = the_size(part)
    with desks(size) as made:
        return [row for database, url in made for row in of_database(f"{size.mails:,} mails, {database}", url)]


def of_database(where: str, url: str) -> list[Row]:
    """The rows of one filled database."""
    store = open_store(url)
    try:
        plain = _seconds(store, "")
        rows = []
        for what, text in SEARCHES.items():
            taken = _seconds(store, text)
            yardstick = f"{milliseconds(plain)} (the list)"
            ratio = f"{taken / plain:.2f}"
            rows.append(Row(f"search: {what}, {where}", milliseconds(taken), yardstick, ratio, "≤ 100 ms"))
        return rows
    finally:
        store.close()


def _seconds(store: Store, text: str) -> float:
    now = datetime.now(UTC)
    viewer = Viewer("Kari Nordmann", now)

    def search() -> None:
        queries.thread_ids(store, Mailview.TRIAGE, text, now=now, zone=UTC, viewer=viewer)

    search()
    return median([timed(search) for _ in range(_ROUNDS)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--part", type=float, default=1.0, help="of the sizes, for a quick look")
    options.add_argument("--url", help="a database that is filled already")
    given = options.parse_args()
    for row in of_database("given", given.url) if given.url else measure(given.part):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
