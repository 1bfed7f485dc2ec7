"""What the tests of the kit share: sample records that a server accepts, the list of what was made, its removal."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from crm_adapters.contract import Adapter
from crm_model.errors import HitchpostError, NotSupported
from crm_model.field_values import is_empty, same_value
from crm_model.records import (
    Activity,
    Conversion,
    Converted,
    Fields,
    FieldSpec,
    FieldType,
    FieldValue,
    Record,
    RecordKind,
    Ref,
)

PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)
_MONTH = timedelta(days=30)


def fresh_key() -> str:
    return f"contract-{uuid.uuid4().hex}"


def fresh_email() -> str:
    return f"{uuid.uuid4().hex[:12]}@contract.example"


def a_while_ago() -> datetime:
    """A time in the past, in whole minutes: some servers tell no seconds."""
    return (datetime.now(UTC) - timedelta(hours=2)).replace(second=0, microsecond=0)


def need(ability: object, name: object) -> None:
    if not ability:
        pytest.skip(f"this CRM has no {name}")


def not_stored(sent: Fields, held: Record) -> list[str]:
    """Names of the fields that the CRM holds otherwise than they were sent."""
    return [name for name, value in sent.items() if not same_value(held.fields.get(name), value)]


def assert_same(one: Record, other: Record) -> None:
    """The same record at the same revision; the time of change is the server's own affair."""
    assert (one.kind, one.id, one.revision) == (other.kind, other.id, other.revision)
    assert not_stored(one.fields, other) == not_stored(other.fields, one) == []


def lacks(adapter: Adapter, ability: object, call: Callable[[], object]) -> bool:
    """Whether the CRM can't do this; then the call must say so."""
    if ability:
        return False
    with pytest.raises(NotSupported) as error:
        call()
    assert error.value.feature
    return True


class Samples:
    """Records of the kit. Override `sample` for a CRM that wants something else."""

    one_server: ClassVar[bool] = False
    owners: ClassVar[dict[type, str]] = {}
    places: ClassVar[dict[tuple[type, RecordKind], str]] = {}

    @pytest.fixture(autouse=True)
    def clean_up(self, adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Delete what a test made, newest first, as far as the CRM allows it."""
        made: list[Ref] = []
        logged: list[str] = []
        create, convert, log = adapter.create, adapter.convert_lead, adapter.log_activity

        def creating(kind: RecordKind, fields: Fields, key: str) -> Record:
            record = create(kind, fields, key)
            made.append((kind, record.id))
            return record

        def converting(lead_id: str, conversion: Conversion, key: str) -> Converted:
            became = convert(lead_id, conversion, key)
            made.extend((each.kind, each.id) for each in (became.account, became.contact, became.opportunity) if each)
            return became

        def logging(activity: Activity, key: str) -> str:
            logged.append(log(activity, key))
            return logged[-1]

        monkeypatch.setattr(adapter, "log_activity", logging, raising=False)
        monkeypatch.setattr(adapter, "create", creating, raising=False)
        monkeypatch.setattr(adapter, "convert_lead", converting, raising=False)
        yield
        if not self.one_server:
            return
        for activity_id in logged:
            with contextlib.suppress(HitchpostError):
                adapter.delete_activity(activity_id)
        if adapter.capabilities.delete:
            for kind, record_id in reversed(dict.fromkeys(made)):
                with contextlib.suppress(HitchpostError):
                    adapter.delete(kind, record_id)

    def sample(self, adapter: Adapter, kind: RecordKind) -> dict[str, FieldValue]:
        """Fields of a record that the CRM accepts: a name, and what this server insists on."""
        tag = uuid.uuid4().hex[:8]
        fields: dict[str, FieldValue] = {"name": f"Contract {tag}"}
        if kind in PEOPLE:
            fields = {"first_name": "Ada", "last_name": f"Ås {tag}", "email": fresh_email()}
        specs = adapter.describe(kind)
        if self.one_server and (owner := self.own_id(adapter)) and any(spec.name == "owner" for spec in specs):
            fields["owner"] = owner  # whom a role lets delete only what is theirs
        for spec in specs:
            if spec.required and not spec.read_only and is_empty(fields.get(spec.name)):
                fields[spec.name] = _something(adapter, spec)
        return fields

    def own_id(self, adapter: Adapter) -> str:
        """Who we are on the server, as an owner; "" if that can't be told."""
        if type(self) not in self.owners:
            name = adapter.test().user
            found = (
                [owner.id for owner in adapter.owners() if owner.name == name] if adapter.capabilities.owners else []
            )
            self.owners[type(self)] = found[0] if name and found else ""
        return self.owners[type(self)]

    def made(self, adapter: Adapter, kind: RecordKind, **fields: FieldValue) -> Record:
        return adapter.create(kind, {**self.sample(adapter, kind), **fields}, fresh_key())

    def drain(
        self, adapter: Adapter, kind: RecordKind, cursor: str, *, limit: int = 200
    ) -> tuple[list[str], list[str], str]:
        """Ids changed and removed since `cursor`, and the cursor after."""
        changed: list[str] = []
        removed: list[str] = []
        for _ in range(100_000):
            page = adapter.changes(kind, cursor, limit)
            changed += [record.id for record in page.records]
            removed += page.removed
            cursor = page.cursor
            if not page.more:
                return changed, removed, cursor
        raise AssertionError("changes() never ends")

    def now(self, adapter: Adapter, kind: RecordKind) -> str:
        """A cursor that leaves the past behind."""
        began = self.places.get((type(self), kind), "") if self.one_server else ""
        cursor = self.drain(adapter, kind, began)[2]
        self.places[type(self), kind] = cursor
        return cursor


def _something(adapter: Adapter, spec: FieldSpec) -> FieldValue:
    """A value for a field that the server insists on."""
    soon = datetime.now(UTC) + _MONTH
    simple: dict[FieldType, FieldValue] = {
        FieldType.DATE: soon.date().isoformat(),
        FieldType.DATETIME: soon.strftime("%Y-%m-%dT%H:%M:%SZ"),
        FieldType.PERCENT: 10,
        FieldType.MONEY: "100.00",
        FieldType.BOOLEAN: True,
        FieldType.EMAIL: fresh_email(),
        FieldType.PHONE: "+47 55 01 02 03",
        FieldType.URL: "https://contract.example",
    }
    if spec.type is FieldType.PICKLIST:
        return next(value for value, _ in spec.options if value)
    if spec.type is FieldType.OWNER:
        return adapter.owners()[0].id
    return simple.get(spec.type, "Contract")
