"""From delivery to the database, with IDLE: `python -m benchmarks.new_mail [HELD] [--deliveries 100]`.

The screen asks the database every half second (`tui.screens.reading.POLL_SECONDS`), which comes on top.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from agent.mail_loop import MailLoop
from agent.rules import Rules
from benchmarks.mailbox import mails
from benchmarks.measure import Row
from benchmarks.workplace import deliver, served
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync.store import Store
from sync.store.schema import open_store
from sync.store.tables import copies
from tests.servers import dovecot

_POLL_SECONDS = 3600.0


def measure(held: int, deliveries: int) -> list[Row]:
    """The row of the table; none without Dovecot."""
    if not dovecot.is_installed():
        return []
    made, dice = mails(), random.Random(7)
    with served(islice(made, held)) as (server, user), tempfile.TemporaryDirectory() as place:
        store = open_store(f"sqlite:///{Path(place) / 'new.db'}")
        given = {"host": "localhost", "port": server.tls_port, "user": user, "ca_file": str(server.ca_file)}
        account = Connection("work", "imap", given, secret=lambda: dovecot.PASSWORD)
        with _running(account, store):
            _wait(store, held)
            time.sleep(2)
            waits = []
            for number in range(deliveries):
                time.sleep(dice.uniform(0.2, 1.2))
                began = time.monotonic()
                deliver(server, user, next(made))
                _wait(store, held + number + 1)
                waits.append(time.monotonic() - began)
        store.close()
    waits.sort()
    p95 = waits[min(len(waits) - 1, int(0.95 * len(waits)))]
    what = (
        f"one new message stored, IDLE, p95 of {deliveries} (median {waits[len(waits) // 2]:.2f} s), {held:,} messages"
    )
    return [Row(what, f"{p95:.2f} s", mark="< 1 s at 100,000")]


@contextmanager
def _running(account: Connection, store: Store) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=MailLoop(account, store, Rules(Organisation()), _POLL_SECONDS, stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def _wait(store: Store, count: int) -> None:
    query = sa.select(copies.c.id).order_by(copies.c.id).offset(count - 1).limit(1)
    while True:
        with store.read() as unit:
            if unit.execute(query).first() is not None:
                return
        time.sleep(0.01)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("held", type=int, nargs="?", default=100_000)
    options.add_argument("--deliveries", type=int, default=100)
    given = options.parse_args()
    for row in measure(given.held, given.deliveries):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
