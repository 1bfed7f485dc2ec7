"""Records of Salesforce: read by query, made once, changed in the named fields only, two hundred in one call.

With a field for our keys (an external id) a key is looked up before it is used, so that an edit made since is not
overwritten as an upsert would. Without one the content is the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from crm_adapters.checks import World, check_values, keep_required, need_required
from crm_adapters.contract import Write
from crm_adapters.salesforce.api import ID, Api, Row, SalesforceRejected, as_row, error_from, quoted, saved
from crm_adapters.salesforce.fields import OBJECTS, Schema, decode, encode, schema_of
from crm_adapters.spelling import content_revision, time_of
from crm_model.errors import HitchpostError, NotFound, Rejected, StaleRevision, UnknownOutcome
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldValue, Record, RecordKind

BATCH = 200
_WORLD = World(lambda kind, record_id: True, None)  # Salesforce itself refuses what is not there
_STAMPS = ("Id", "SystemModstamp", "LastModifiedDate", "LastModifiedBy.Name")


class Records:
    """Calls for records of all kinds."""

    def __init__(self, api: Api, key_field: str) -> None:
        self._api, self._key_field = api, key_field
        self._schemas: dict[RecordKind, Schema] = {}

    def schema(self, kind: RecordKind) -> Schema:
        if kind not in self._schemas:
            described = as_row(self._api.get(f"sobjects/{OBJECTS[kind]}/describe"))
            self._schemas[kind] = schema_of(kind, described, self._key_field)
        return self._schemas[kind]

    def get(self, kind: RecordKind, record_id: str) -> Record:
        """Errors: NotFound."""
        return self.record(kind, self.row(kind, record_id))

    def row(self, kind: RecordKind, record_id: str) -> Row:
        found = self.where(kind, f"Id = {quoted(record_id)}") if ID.fullmatch(record_id) else []
        if not found:
            raise NotFound(f"There is no {kind} {record_id[:40]!r} in Salesforce (any more).")
        return found[0]

    def where(self, kind: RecordKind, condition: str, *, more: Sequence[str] = (), deleted: bool = False) -> list[Row]:
        """The rows of a kind that meet a condition (which may go on with ORDER BY and LIMIT)."""
        names = dict.fromkeys((*_STAMPS, *self.schema(kind).names.values(), *more))
        soql = f"SELECT {', '.join(names)} FROM {OBJECTS[kind]} WHERE {condition}"
        return self._api.query(soql, deleted=deleted)

    def record(self, kind: RecordKind, row: Row) -> Record:
        fields = decode(self.schema(kind), row)
        record_id = str(row.get("Id"))
        return Record(
            kind=kind,
            id=record_id,
            fields=fields,
            revision=content_revision(fields),
            modified_at=time_of(row.get("SystemModstamp")) or datetime.now(UTC),
            modified_by=str(as_row(row.get("LastModifiedBy")).get("Name") or ""),
            url=f"{self._api.url}/{record_id}",
        )

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        """Errors: Rejected."""
        given = self.checked_new(kind, fields)
        if (held := self.made_before(kind, given, key)) is not None:
            return held
        body = {**encode(self.schema(kind), given), **self.keyed(key)}
        try:
            made = as_row(self._api.call("POST", f"sobjects/{OBJECTS[kind]}", body=body).json())
        except NotFound as error:  # what it refers to
            raise Rejected(f"The {kind} was refused: it names a record that is not in Salesforce.") from error
        except (UnknownOutcome, SalesforceRejected) as error:
            lost = isinstance(error, UnknownOutcome) or error.code == "DUPLICATE_VALUE"
            held = self.made_before(kind, given, key) if lost else None
            if held is not None:
                return held
            raise self._ours(kind, error) from error
        return self.get(kind, str(made.get("id", "")))

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        """Compared just before it is written, and once more by Salesforce to the second. Errors: StaleRevision, …"""
        row = self.row(kind, record_id)
        body = self._edit(kind, row, fields, if_revision)
        if body:
            at = time_of(row.get("LastModifiedDate"))
            unless = {"If-Unmodified-Since": format_datetime(at, usegmt=True)} if at is not None else {}
            try:
                self._api.call("PATCH", f"sobjects/{OBJECTS[kind]}/{record_id}", body=body, headers=unless)
            except SalesforceRejected as error:
                raise self._ours(kind, error) from error
        return self.get(kind, record_id)

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        """One kind of record and one kind of write in a call. What is refused beforehand does not travel."""
        done: dict[int, Record | HitchpostError] = {}
        for kind in OBJECTS:
            for is_update in (False, True):
                some = [n for n, each in enumerate(writes) if each.kind is kind and bool(each.record_id) is is_update]
                for start in range(0, len(some), BATCH):
                    numbers = some[start : start + BATCH]
                    batch = self._update_many if is_update else self._create_many
                    done |= dict(zip(numbers, batch(kind, [writes[number] for number in numbers]), strict=True))
        return tuple(done[number] for number in range(len(writes)))

    def checked_new(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """Errors: Rejected."""
        given = {name: value for name, value in fields.items() if not is_empty(value)}
        checked = check_values(kind, self.schema(kind).specs, given, _WORLD)
        need_required(kind, self.schema(kind).specs, checked)
        return checked

    def made_before(self, kind: RecordKind, given: Fields, key: str) -> Record | None:
        """What an earlier try has made."""
        if self._key_field:
            found = self.where(kind, f"{self._key_field} = {quoted(key)}")
            return self.record(kind, found[0]) if found else None
        name = next((each for each in ("email", "last_name", "name") if given.get(each)), "")
        if not name:
            return None
        condition = f"{self.schema(kind).names[name]} = {quoted(str(given[name]))} ORDER BY Id LIMIT 20"
        rows = (self.record(kind, row) for row in self.where(kind, condition))
        return next((each for each in rows if _holds(each, given)), None)

    def _create_many(self, kind: RecordKind, writes: Sequence[Write]) -> list[Record | HitchpostError]:
        done: dict[str, Record | HitchpostError] = {}
        wanted: dict[str, dict[str, FieldValue]] = {}
        for each in writes:
            try:
                wanted[each.key] = self.checked_new(kind, each.fields)
            except Rejected as error:
                done[each.key] = error
        done |= self._held_keys(kind, wanted)
        sent = {key: given for key, given in wanted.items() if key not in done}
        bodies = [{**encode(self.schema(kind), given), **self.keyed(key)} for key, given in sent.items()]
        if bodies:
            done |= dict(zip(sent, self._collection("POST", kind, bodies), strict=True))
        return [done[each.key] for each in writes]

    def _held_keys(self, kind: RecordKind, wanted: Mapping[str, Fields]) -> dict[str, Record]:
        if not self._key_field:
            found = {key: self.made_before(kind, given, key) for key, given in wanted.items()}
            return {key: record for key, record in found.items() if record is not None}
        if not wanted:
            return {}
        keys = ", ".join(quoted(key) for key in wanted)
        rows = self.where(kind, f"{self._key_field} IN ({keys})", more=(self._key_field,))
        return {str(row.get(self._key_field)): self.record(kind, row) for row in rows}

    def _update_many(self, kind: RecordKind, writes: Sequence[Write]) -> list[Record | HitchpostError]:
        ids = ", ".join(quoted(each.record_id) for each in writes if ID.fullmatch(each.record_id))
        held = {str(row.get("Id")): row for row in self.where(kind, f"Id IN ({ids})")} if ids else {}
        done: dict[int, Record | HitchpostError] = {}
        bodies: dict[int, dict[str, object]] = {}
        for number, each in enumerate(writes):
            try:
                if each.record_id not in held:
                    raise NotFound(f"There is no such {kind} in Salesforce (any more).")
                body = self._edit(kind, held[each.record_id], each.fields, each.if_revision)
                bodies[number] = {"id": each.record_id, **body}
            except HitchpostError as error:
                done[number] = error
        if bodies:
            done |= dict(zip(bodies, self._collection("PATCH", kind, list(bodies.values())), strict=True))
        return [done[number] for number in range(len(writes))]

    def _collection(
        self, method: str, kind: RecordKind, bodies: Sequence[dict[str, object]]
    ) -> list[Record | HitchpostError]:
        """Up to 200 writes in one call, each with its own end, read back in one query."""
        records = [{"attributes": {"type": OBJECTS[kind]}, **body} for body in bodies]
        answer = self._api.call(method, "composite/sobjects", body={"allOrNone": False, "records": records})
        results = saved(answer.json(), bodies)
        ids = [str(each.get("id")) for each in results if each.get("success") is True]
        rows = self.where(kind, f"Id IN ({', '.join(quoted(each) for each in ids)})") if ids else []
        held = {str(row.get("Id")): self.record(kind, row) for row in rows}
        return [self._result(kind, each, held) for each in results]

    def _result(self, kind: RecordKind, result: Row, held: Mapping[str, Record]) -> Record | HitchpostError:
        if result.get("success") is True:
            record = held.get(str(result.get("id")))
            return record if record is not None else NotFound(f"The {kind} was deleted in Salesforce at once.")
        errors = result.get("errors")
        return self._ours(kind, error_from(as_row(errors[0]) if isinstance(errors, list) and errors else {}))

    def _edit(self, kind: RecordKind, row: Row, fields: Fields, if_revision: str) -> dict[str, object]:
        held = self.record(kind, row)
        if held.fields.get("converted_contact_id"):
            raise Rejected("This lead is converted: edit the contact that it became.")
        if held.revision != if_revision:
            raise StaleRevision(f"The {kind} was changed in Salesforce meanwhile.", revision=held.revision)
        given = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
        checked = check_values(kind, self.schema(kind).specs, given, _WORLD)
        keep_required(kind, self.schema(kind).specs, checked)
        return encode(self.schema(kind), checked)

    def key_of(self, kind: RecordKind, record_id: str) -> str:
        """The key that a record was made with, "" if none is known."""
        rows = self.where(kind, f"Id = {quoted(record_id)}", more=(self._key_field,)) if self._key_field else []
        return str(rows[0].get(self._key_field) or "") if rows else ""

    def keyed(self, key: str) -> dict[str, object]:
        """The attribute that holds a key, where there is one."""
        return {self._key_field: key} if self._key_field else {}

    def _ours(self, kind: RecordKind, error: HitchpostError) -> HitchpostError:
        """The refusal with our names of fields."""
        if not isinstance(error, SalesforceRejected):
            return error
        theirs = {spec.vendor_name: spec for spec in self.schema(kind).specs}
        named = {theirs[each].name: str(error) for each in error.fields if each in theirs}
        return Rejected(f"The {kind} was refused: {error}", field_errors=named or {"": str(error)})


def _holds(record: Record, given: Fields) -> bool:
    return all(same_value(record.fields.get(name), value) for name, value in given.items())
