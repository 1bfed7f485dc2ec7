"""CRMs: many changes out within what a CRM allows, many records in with flat memory, an address looked up here."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.latent_crm import EndlessAdapter, LatentAdapter, Terms, World, lead_fields
from benchmarks.measure import Row
from crm_adapters.pace import Pace
from crm_model.changes import ChangeKind
from crm_model.records import RecordKind
from sync.pull import pull_batch
from sync.push import push_batch
from sync.store import Store, known_records, outbox, records
from sync.store.schema import open_store

LATENCY_SECONDS = 0.05
TERMS = (
    # developers.hubspot.com: 100 records in a batch, 100 calls in ten seconds
    Terms("100 a batch, 10 calls/s (HubSpot)", 100, 10.0),
    # Salesforce: 200 records in a composite call, no limit but a day's
    Terms("200 a batch (Salesforce)", 200, None),
    # no batches and no documented limit: as many as we take at once
    Terms("one by one, 4 at once (EspoCRM, vtiger, SuiteCRM)", 1, None),
)
_MARK = 1.3
_LOOK_UPS = 2_000


def measure(changes: int, pulled: int) -> list[Row]:
    """A row per kind of CRM for the changes, and two for the records."""
    return [*(_push(terms, changes) for terms in TERMS), *_pull(pulled)]


def _push(terms: Terms, changes: int) -> Row:
    with _store() as store:
        _fill(store, changes)
        world = World(Pace(terms.per_second or 1e6, int(terms.per_second or 1e6)), LATENCY_SECONDS)
        started, pushed = time.perf_counter(), 0
        while result := push_batch(
            store,
            LatentAdapter(terms, world),
            worker="bench",
            now=datetime.now(UTC),
            open_another=lambda: LatentAdapter(terms, world),
            limit=changes,
        ).pushed:
            pushed += result
        seconds = time.perf_counter() - started
    if pushed != changes or len(world.records) != changes // 2:
        raise RuntimeError(f"{pushed} of {changes} pushed, {len(world.records)} records made")
    allowed = terms.seconds_for(changes, LATENCY_SECONDS)
    what = f"{changes:,} changes out: {terms.name}"
    return Row(what, f"{seconds:.1f} s", f"{allowed:.1f} s", f"{seconds / allowed:.2f}", f"≤ {_MARK}")


def _fill(store: Store, changes: int) -> None:
    """Half of the changes make a lead each, the other half edit it."""
    now = datetime.now(UTC)
    with store.write() as unit:
        for number in range(changes // 2):
            fields = lead_fields(number)
            lead = records.insert_local(unit, "latent", RecordKind.LEAD, fields)
            for kind, values in ((ChangeKind.CREATE, fields), (ChangeKind.UPDATE, {"title": f"CTO {number}"})):
                key = uuid.uuid4().hex
                outbox.enqueue(
                    unit, crm="latent", kind=kind, key=key, record_id=lead, fields=values, author="Ada", now=now
                )


def _pull(count: int) -> list[Row]:
    memory: dict[int, int] = {}
    with _store() as store:
        adapter = EndlessAdapter(
            TERMS[0], World(Pace(1e6, 1_000), 0.0), count, lambda at: memory.update({at: _resident_bytes()})
        )
        started = time.perf_counter()
        while pull_batch(store, adapter, now=datetime.now(UTC)).more:
            pass
        seconds = time.perf_counter() - started
        look_ups = _look_up(store, count)
    early = max(size for at, size in memory.items() if at <= count // 2)
    grown = (max(memory.values()) - early) / 2**20
    return [
        Row(f"{count:,} records in", f"{seconds:.1f} s ({count / seconds:,.0f}/s)"),
        Row("memory grown by the second half of them", f"{grown:.1f} MiB", mark="flat: ≤ 4 MiB"),
        Row(f"find by e-mail among {count:,}", f"{look_ups * 1000:.2f} ms", mark="≤ 1 ms"),
    ]


def _resident_bytes() -> int:
    """What this process holds in memory now, 0 where nobody can tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _look_up(store: Store, count: int) -> float:
    """The median time of one look-up, by addresses in no order."""
    chance, times = random.Random(5), []
    with store.read() as unit:
        for _ in range(_LOOK_UPS):
            email = str(lead_fields(chance.randrange(count))["email"])
            started = time.perf_counter()
            found = known_records.by_emails(unit, [email])
            times.append(time.perf_counter() - started)
            if len(found[email]) != 1:
                raise RuntimeError(f"{email} was found {len(found[email])} times")
    return statistics.median(times)


@contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            yield store
        finally:
            store.close()
