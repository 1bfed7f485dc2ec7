"""Records of EspoCRM: read with all details, made once, never overwritten blindly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from crm_adapters.checks import World, check_values, keep_required, need_required
from crm_adapters.espocrm.api import LISTED_TEXT, PAGE, Api, EspoRejected, Row, equals, one_of, server_time
from crm_adapters.espocrm.fields import ACCOUNT, CONTACT, ENTITIES, LEAD, OPPORTUNITY, Schema
from crm_adapters.espocrm.server import Facts
from crm_adapters.espocrm.values import decode, encode
from crm_adapters.spelling import content_revision, sql_time, time_of
from crm_model.errors import NotFound, Rejected, StaleRevision, TryLater, UnknownOutcome
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldValue, Record, RecordKind

_WORLD = World(lambda kind, record_id: True, None)  # EspoCRM itself refuses what is not there
_PEOPLE = (LEAD, CONTACT)
_AT_ONCE = 4
_IDS_AT_ONCE = 100
_RECENTLY = timedelta(days=2)
_NAMES = ("first_name", "last_name", "name", "email", "account_id", "company")


class Records:
    """Calls for records of all kinds."""

    def __init__(self, api: Api, facts: Facts) -> None:
        self._api, self._facts = api, facts

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._record(kind, self._api.row(ENTITIES[kind], record_id))

    def create(self, kind: RecordKind, fields: Fields) -> Record:
        """A new record, or the one with this content that an earlier try has made. Errors: Rejected."""
        given = self.checked_new(kind, fields)
        if (held := self._made_before(kind, given)) is not None:
            return held
        try:
            row = self._send("POST", kind, ENTITIES[kind], encode(self.schema(kind), given, {}))
        except UnknownOutcome:
            if (held := self._look_again(kind, given)) is None:
                raise
            return held
        return self.get(kind, str(row.get("id", "")))

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        """Compared just before it is written: EspoCRM has no lock. Errors: StaleRevision, Rejected, NotFound."""
        schema = self.schema(kind)
        row = self._api.row(ENTITIES[kind], record_id)
        held = self._record(kind, row)
        if held.revision != if_revision:
            raise StaleRevision(f"The {kind} was changed in EspoCRM meanwhile.", revision=held.revision)
        given = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
        checked = check_values(kind, schema.specs, given, _WORLD)
        keep_required(kind, schema.specs, checked)
        if not checked:
            return held
        self._send("PUT", kind, f"{ENTITIES[kind]}/{record_id}", encode(schema, checked, row))
        return self.get(kind, record_id)  # the answer to PUT may show addresses as they were

    def checked_new(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """The values of a record to be made. Errors: Rejected."""
        schema = self.schema(kind)
        given = {name: value for name, value in fields.items() if not is_empty(value)}
        checked = check_values(kind, schema.specs, given, _WORLD)
        stage = str(checked.get("stage") or next(iter(schema.probabilities), ""))
        if kind is OPPORTUNITY and checked.get("probability") is None and stage in schema.probabilities:
            checked["probability"] = schema.probabilities[stage]
        need_required(kind, schema.specs, checked)
        return checked

    def by_email(self, kind: RecordKind, emails: Sequence[str]) -> list[Record]:
        wanted = [equals("emailAddress", email) for email in emails]
        where = [{"type": "or", "value": wanted}]
        rows = self._api.rows(ENTITIES[kind], where, select=("id",), order_by="createdAt")
        return self.details(kind, rows)

    def details(self, kind: RecordKind, rows: Sequence[Row]) -> list[Record]:
        """The records of a list, in its order; those deleted meanwhile are left out."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda row: self._whole(kind, row), rows)
            return [record for record in found if record is not None]

    def listed(self, kind: RecordKind, where: Sequence[dict[str, object]], limit: int) -> list[Row]:
        """A page of records in the order of change."""
        select = self._attributes(kind) if kind is ACCOUNT else ("id", "modifiedAt")
        return self._api.rows(
            ENTITIES[kind], where, select=select, order_by="modifiedAt", size=max(1, min(limit, PAGE))
        )

    def missing(self, kind: RecordKind, record_ids: Sequence[str]) -> Iterable[str]:
        """Those that no list shows: deleted, or out of our sight."""
        for start in range(0, len(record_ids), _IDS_AT_ONCE):
            asked = record_ids[start : start + _IDS_AT_ONCE]
            rows = self._api.rows(ENTITIES[kind], [one_of("id", asked)], select=("id",))
            seen = {str(row.get("id")) for row in rows}
            yield from (each for each in asked if each not in seen)

    def schema(self, kind: RecordKind) -> Schema:
        return self._facts.schemas[kind]

    def refused(self, kind: RecordKind, error: EspoRejected) -> Rejected:
        """The refusal with our names of fields."""
        field = error.field.removesuffix("Id")
        spec = next((each for each in self.schema(kind).specs if each.vendor_name == field), None)
        if spec is None:
            return Rejected(str(error), field_errors={"": str(error)})
        sentence = str(error).replace(error.field, spec.label, 1)
        return Rejected(f"The {kind} was refused: {sentence}", field_errors={spec.name: sentence})

    def _send(self, method: str, kind: RecordKind, path: str, body: dict[str, object]) -> Row:
        try:
            answer = self._api.send(method, path, body)
        except EspoRejected as error:
            raise self.refused(kind, error) from error
        return answer if isinstance(answer, dict) else {}

    def _whole(self, kind: RecordKind, row: Row) -> Record | None:
        """The record of a row of a list, asked for alone where a list does not show all of it."""
        cut = any(isinstance(value, str) and len(value) >= LISTED_TEXT for value in row.values())
        if kind is ACCOUNT and not cut:
            return self._record(kind, row)
        return self._detail(kind, str(row.get("id", "")))

    def _detail(self, kind: RecordKind, record_id: str) -> Record | None:
        try:
            return self.get(kind, record_id)
        except NotFound:
            return None

    def _record(self, kind: RecordKind, row: Row) -> Record:
        fields = decode(self.schema(kind), row)
        return Record(
            kind=kind,
            id=str(row.get("id", "")),
            fields=fields,
            revision=content_revision(fields),
            modified_at=time_of(server_time(row)) or datetime.now(UTC),
            modified_by=str(row.get("modifiedByName") or row.get("createdByName") or ""),
            url=f"{self._api.site.url}/#{ENTITIES[kind]}/view/{row.get('id', '')}",
        )

    def _attributes(self, kind: RecordKind) -> list[str]:
        """What a list has to show of a kind whose lists show all of it."""
        wanted = {mapped.held_in for mapped in self.schema(kind).mapped.values()}
        names = ("modifiedAt", "modifiedByName", "createdByName")
        return sorted({*wanted, *names, "id"})

    def _made_before(self, kind: RecordKind, given: Fields) -> Record | None:
        """EspoCRM keeps no key of ours, so the content is the key: the same, or ours of late and edited since."""
        if given.get("email"):
            where = [equals("emailAddress", str(given["email"]).lower())]
        else:
            name = "last_name" if kind in _PEOPLE else "name"
            where = [equals(self.schema(kind).mapped[name].field, given.get(name) or "")]
        where.append(equals("createdById", self._facts.user_id))
        select = ("id", "createdAt", "modifiedAt")
        for row in self._api.rows(ENTITIES[kind], where, select=select, order_by="createdAt", descending=True, size=20):
            record = self._detail(kind, str(row.get("id", "")))
            if record is None or record.fields.get("converted_contact_id"):
                continue
            others = [name for name, value in given.items() if not _alike(name, record.fields.get(name), value)]
            if not others or (self._edited_of_late(row) and not set(others) & set(_NAMES)):
                return record
        return None

    def _look_again(self, kind: RecordKind, given: Fields) -> Record | None:
        """None also if this can't be told now; the next try looks first."""
        try:
            return self._made_before(kind, given)
        except TryLater:
            return None

    def _edited_of_late(self, row: Row) -> bool:
        """Whether it was made in these days, and changed since."""
        made_at = str(row.get("createdAt") or "")
        return server_time(row) > made_at > sql_time(self._api.now() - _RECENTLY)


def _alike(name: str, held: FieldValue, wanted: FieldValue) -> bool:
    """An address is spelled as whoever came first with it spelled it."""
    if name in ("email", "other_emails"):
        return str(held).lower() == str(wanted).lower()
    return same_value(held, wanted)
