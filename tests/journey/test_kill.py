"""kill -9 at any moment, then run again: every message once, every change pushed once."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections import Counter

import sqlalchemy as sa

from crm_model.records import RecordKind
from sync import edits
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.tables import copies, messages, outbox, records
from tests.journey.workplace import Workplace, deliver

MAILS = 1200
CHANGES = 150


def count(store: Store, table: sa.Table) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_killed_while_reading_mail(workplace: Workplace) -> None:
    for number in range(MAILS):
        deliver(workplace, number, refs=(number - 1,) if number % 3 else ())
    chance = random.Random(11)
    store = open_store(workplace.database)
    with contextlib.closing(store):
        kills = 0
        while count(store, messages) < MAILS and kills < 25:
            seen = count(store, messages)
            process = workplace.start("sync")
            while count(store, messages) <= seen and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
            process.communicate()
            kills += 1
        assert kills > 1
        workplace.run("sync")
        assert count(store, messages) == count(store, copies) == MAILS
        with store.read() as unit:
            uids = Counter(unit.execute(sa.select(copies.c.uid)).scalars())
            threads = unit.execute(sa.select(sa.func.count(sa.distinct(messages.c.thread_id)))).scalar_one()
        assert set(uids.values()) == {1}
        assert threads == MAILS // 3
    workplace.run("audit")


def test_killed_while_pushing(workplace: Workplace) -> None:
    workplace.run("sync")
    with contextlib.closing(open_store(workplace.database)) as store:
        for number in range(CHANGES):
            fields = {"last_name": f"Lead {number}", "email": f"l{number}@firm.example", "company": "Firm"}
            edits.create_record(store, "local", RecordKind.LEAD, fields, "Ingrid")
        chance = random.Random(5)
        for _ in range(6):
            process = workplace.start("sync")
            before = _done(store)
            while _done(store) == before and process.poll() is None:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.03))
            process.kill()
            process.communicate()
            with store.write() as unit:  # what a person would wait for: the leases of the dead run out
                unit.execute(
                    outbox.update().where(outbox.c.state == "claimed").values(claimed_until=None, state="pending")
                )
        workplace.run("sync")
        assert _done(store) == CHANGES
        with store.read() as unit:
            remote_ids = list(unit.execute(sa.select(records.c.remote_id)).scalars())
        assert len(set(remote_ids)) == len(remote_ids) == CHANGES
    with contextlib.closing(sqlite3.connect(workplace.crm_file)) as crm:
        assert crm.execute("SELECT count(*) FROM records WHERE kind = 'lead'").fetchone() == (CHANGES,)


def _done(store: Store) -> int:
    with store.read() as unit:
        query = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.state == "done")
        return int(unit.execute(query).scalar_one())
