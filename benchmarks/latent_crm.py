"""A CRM in memory that answers after a while: what a real one's network, batches and limits of calls cost."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crm_adapters.contract import Adapter, Capabilities, RecordPage, ServerInfo, Write
from crm_adapters.local.fields import SPECS
from crm_adapters.pace import Pace
from crm_model.errors import HitchpostError, NotFound, StaleRevision
from crm_model.records import Activity, Fields, FieldSpec, Record, RecordKind

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a CRM allows: writes per call, and calls per second (None: no limit is documented)."""

    name: str
    batch_size: int
    per_second: float | None
    parallel_calls: int = 4

    def seconds_for(self, changes: int, latency_seconds: float) -> float:
        """The time that this many changes take at that limit; without one, in batches one after the other."""
        calls = -(-changes // self.batch_size)
        if self.per_second is not None:
            return calls / self.per_second
        at_once = 1 if self.batch_size > 1 else self.parallel_calls
        return calls * latency_seconds / at_once


@dataclass(slots=True)
class World:
    """What the CRM holds, for all adapters that look at it."""

    pace: Pace
    latency_seconds: float
    records: dict[str, Record] = field(default_factory=dict)
    by_key: dict[str, Record] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    calls: int = 0


class LatentAdapter(Adapter):
    """One of several adapters of the same world."""

    def __init__(self, terms: Terms, world: World) -> None:
        self.name = "latent"
        self.capabilities = Capabilities(batch_size=terms.batch_size, parallel_calls=terms.parallel_calls, owners=False)
        self._world = world

    def test(self) -> ServerInfo:
        return ServerInfo("Latent CRM", {RecordKind.LEAD: len(self._world.records)})

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return SPECS[kind]

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        return ()

    def get(self, kind: RecordKind, record_id: str) -> Record:
        self._call()
        if record_id not in self._world.records:
            raise NotFound("There is no such record.")
        return self._world.records[record_id]

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return _one(self.write([Write(kind, fields, key)]))

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return _one(self.write([Write(kind, fields, record_id=record_id, if_revision=if_revision)]))

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        self._call()
        with self._world.lock:
            return tuple(self._written(write) for write in writes)

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        return RecordPage((), (), cursor or "0")

    def log_activity(self, activity: Activity, key: str) -> str:
        self._call()
        return key

    def close(self) -> None:
        return None

    def _call(self) -> None:
        self._world.pace.take()
        self._world.calls += 1
        time.sleep(self._world.latency_seconds)

    def _written(self, write: Write) -> Record | HitchpostError:
        world = self._world
        if not write.record_id:
            made = world.by_key.get(write.key) or _record(write.kind, str(next(world.numbers)), write.fields, 1)
            world.by_key[write.key] = world.records[made.id] = made
            return made
        held = world.records[write.record_id]
        if held.revision != write.if_revision:
            return StaleRevision("The record was changed meanwhile.")
        made = _record(held.kind, held.id, {**held.fields, **write.fields}, int(held.revision) + 1)
        world.records[held.id] = made
        return made


class EndlessAdapter(LatentAdapter):
    """Holds `count` leads, each made when it is asked for, so that only whoever reads them needs memory."""

    def __init__(self, terms: Terms, world: World, count: int, seen: Callable[[int], None]) -> None:
        super().__init__(terms, world)
        self._count, self._seen = count, seen

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        if kind is not RecordKind.LEAD:
            return RecordPage((), (), "end")
        first = int(cursor or 0)
        last = min(first + limit, self._count)
        self._seen(last)
        records = [_record(kind, f"L{number}", lead_fields(number), 1) for number in range(first, last)]
        return RecordPage(records, (), str(last), more=last < self._count)


def lead_fields(number: int) -> Fields:
    """A lead of its own."""
    return {
        "first_name": "Kari",
        "last_name": f"Nordmann {number}",
        "email": f"kari{number}@firma{number % 5000}.example",
        "company": f"Firma {number % 5000} AS",
        "phone": f"+47 {number:08d}",
        "status": "new",
    }


def _record(kind: RecordKind, record_id: str, fields: Fields, revision: int) -> Record:
    return Record(kind, record_id, fields, str(revision), _BEGAN + timedelta(seconds=revision))


def _one(answers: Sequence[Record | HitchpostError]) -> Record:
    (answer,) = answers
    if isinstance(answer, HitchpostError):
        raise answer
    return answer
