"""A store, its agent's adapter to an embedded CRM, and a colleague who works in that CRM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from crm_adapters.contract import Adapter
from crm_adapters.local.adapter import LocalAdapter
from crm_model.changes import ChangeKind, MailFile
from crm_model.errors import NotFound
from crm_model.records import Activity, ActivityKind, Fields, FileContent, Record, RecordKind, Ref
from sync.field_map import PLAIN_MAP
from sync.mapped import MappedAdapter
from sync.pull import pull_batch
from sync.push import PushResult, push_batch
from sync.store import activities, conflicts, outbox, records
from sync.store.database import Store
from sync.store.status import status
from tests.new_stores import kept_store

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


class LossyAdapter(LocalAdapter):
    """Does as it is told, then fails as it is told: by the name of the call."""

    def __init__(self, path: Path) -> None:
        super().__init__("crm", path, user="Agent")
        self.lost: dict[str, list[Exception]] = {}
        self.refused: dict[str, list[Exception]] = {}
        self.calls: list[str] = []

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        self._before("create")
        made = super().create(kind, fields, key)
        self._after("create")
        return made

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        self._before("update")
        made = super().update(kind, record_id, fields, if_revision)
        self._after("update")
        return made

    def log_activity(self, activity: Activity, key: str) -> str:
        self._before("log")
        made = super().log_activity(activity, key)
        self._after("log")
        return made

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        self._before("attach")
        made = super().attach_file(about, file, key)
        self._after("attach")
        return made

    def _before(self, call: str) -> None:
        self.calls.append(call)
        if waiting := self.refused.get(call):
            raise waiting.pop(0)

    def _after(self, call: str) -> None:
        if waiting := self.lost.get(call):
            raise waiting.pop(0)


class World:
    """A store, its agent's adapter, and a colleague in the CRM."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.store = store or kept_store(folder / "store.db")
        self.adapter = LossyAdapter(folder / "crm.db")
        self.colleague = LocalAdapter("other", folder / "crm.db", user="Colleague")
        self.clock = NOW
        self.keys = 0
        self.field_map = PLAIN_MAP
        self.mailbox: dict[str, bytes | Exception] = {}

    @property
    def mapped(self) -> Adapter:
        """The agent's adapter behind the field map."""
        return MappedAdapter(self.adapter, self.field_map) if self.field_map.rules else self.adapter

    def close(self) -> None:
        self.adapter.close()
        self.colleague.close()
        self.store.close()

    def push(self) -> PushResult:
        return push_batch(
            self.store, self.mapped, worker="w", now=self.clock, field_map=self.field_map, read_file=self.read_file
        )

    def read_file(self, file: MailFile) -> bytes:
        """A file of the world's mailbox, by its name."""
        held = self.mailbox.get(file.name, NotFound("gone"))
        if isinstance(held, Exception):
            raise held
        return held

    def attach(self, record_id: int, name: str, content: bytes | Exception) -> int:
        self.mailbox[name] = content
        return self.enqueue(ChangeKind.ATTACH, record_id, details=MailFile(1, "2", name, "text/plain"))

    def pull(self) -> None:
        while pull_batch(self.store, self.mapped, now=self.clock, field_map=self.field_map).more:
            pass

    def wait(self) -> None:
        self.clock += timedelta(hours=2)

    def enqueue(self, kind: ChangeKind, record_id: int, **more: object) -> int:
        self.keys += 1
        with self.store.write() as unit:
            return outbox.enqueue(
                unit,
                crm="crm",
                kind=kind,
                key=f"key-{self.keys}",
                record_id=record_id,
                author="Ada",
                now=self.clock,
                **more,  # type: ignore[arg-type]
            )

    def create(self, kind: RecordKind, fields: Fields) -> int:
        with self.store.write() as unit:
            record_id = records.insert_local(unit, "crm", kind, fields)
        self.enqueue(ChangeKind.CREATE, record_id, fields=fields)
        return record_id

    def edit(self, record_id: int, fields: Fields, base: Fields | None = None) -> int:
        seen = self.record(record_id).fields
        with self.store.write() as unit:
            records.set_fields(unit, record_id, fields)
        shown = base if base is not None else {name: seen.get(name) for name in fields}
        return self.enqueue(ChangeKind.UPDATE, record_id, fields=fields, base=shown)

    def note(self, record_id: int, kind: ActivityKind = ActivityKind.NOTE, message_id: str = "") -> int:
        self.keys += 1
        with self.store.write() as unit:
            activity_id = activities.insert(
                unit,
                crm="crm",
                key=f"a-{self.keys}",
                kind=kind,
                record_id=record_id,
                subject="Called",
                body="",
                author="Ada",
                at=self.clock,
                message_id=message_id,
            )
        self.enqueue(ChangeKind.LOG, record_id, activity_id=activity_id)
        return activity_id

    def record(self, record_id: int) -> records.StoredRecord:
        with self.store.read() as unit:
            found = records.get(unit, record_id)
        assert found is not None
        return found

    def theirs(self, record_id: int) -> Record:
        mine = self.record(record_id)
        return self.colleague.get(mine.kind, mine.remote_id)

    def colleague_sets(self, record_id: int, fields: Fields) -> None:
        held = self.theirs(record_id)
        self.colleague.update(held.kind, held.id, fields, held.revision)

    def lead(self, **fields: str) -> int:
        record_id = self.create(LEAD, {"last_name": "Bø", "email": "ida@bo.example", **fields})
        assert self.push() == PushResult(pushed=1)
        return record_id

    def counts(self) -> dict[str, int]:
        with self.store.read() as unit:
            return status(unit).changes

    def conflict_fields(self, record_id: int) -> dict[str, tuple[object, object]]:
        with self.store.read() as unit:
            return {held.field: (held.mine, held.theirs) for held in conflicts.of_record(unit, record_id)}
