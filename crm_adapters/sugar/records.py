"""Leads, contacts, accounts and opportunities: checked before they are sent, since Sugar checks nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_adapters.checks import World, check_values, keep_required, need_required, rejected
from crm_adapters.contract import RecordPage, Write
from crm_adapters.own_ids import own_id
from crm_adapters.places import read_place
from crm_adapters.spelling import content_revision
from crm_adapters.sugar.calls import SugarCalls
from crm_adapters.sugar.fields import Described, picklists_of, specs_of
from crm_adapters.sugar.values import Row, address_list, is_last, record_of, rows_of, values_of
from crm_adapters.sugar_family import CONVERTED, MODULES
from crm_model.errors import HitchpostError, NotFound, Rejected, StaleRevision, UnknownOutcome
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldSpec, FieldValue, Record, RecordKind

_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
_PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)
_MOST_PAGES = 1_000
_RECENT = timedelta(days=1)
_ALWAYS = ("id", "date_modified", "modified_by_name", "deleted")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the server says of a kind: its fields in our words, and as its metadata has them."""

    specs: tuple[FieldSpec, ...]
    described: Described

    @property
    def columns(self) -> list[str]:
        return [*dict.fromkeys(spec.vendor_name for spec in self.specs if spec.vendor_name), *_ALWAYS]

    @property
    def has_sync_key(self) -> bool:
        return "sync_key" in self.described


class Records:
    """The records of one server. `takes_ids` turns false when it gives a record another id than we asked for."""

    def __init__(self, calls: SugarCalls, site_url: str) -> None:
        self._calls, self._site_url = calls, site_url
        self._shapes: dict[RecordKind, Shape] = {}
        self._owners: frozenset[str] | None = None
        self.takes_ids, self._took_ids = True, False

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        """Asked anew each time: an admin may have added a field or an option."""
        module = MODULES[kind]
        params = {"type_filter": "modules", "module_filter": module}
        metadata = self._calls.document("GET", "metadata", params=params)
        described = _described(metadata, module)
        names = picklists_of(kind, described)
        answers = self._calls.many([("GET", f"{module}/enum/{name}", None) for name in names])
        options = {name: _options(answer) for name, answer in zip(names, answers, strict=False)}
        self._shapes[kind] = Shape(specs_of(kind, described, options), described)
        self._owners = None
        return self._shapes[kind].specs

    def shape(self, kind: RecordKind) -> Shape:
        if kind not in self._shapes:
            self.describe(kind)
        return self._shapes[kind]

    def get(self, kind: RecordKind, record_id: str) -> Record:
        """Errors: NotFound."""
        return self._record(kind, self.row(kind, record_id))

    def row(self, kind: RecordKind, record_id: str) -> Row:
        """Errors: NotFound."""
        if _ID.fullmatch(record_id):
            params = {"fields": ",".join(self.shape(kind).columns)}
            row = self._calls.document("GET", f"{MODULES[kind]}/{record_id}", params=params)
            if not row.get("deleted"):
                return row
        raise NotFound(f"There is no {kind} {record_id[:40]!a} in this CRM (any more).")

    def is_there(self, kind: RecordKind, record_id: str) -> bool:
        try:
            return bool(_ID.fullmatch(record_id)) and bool(
                self._calls.call("GET", f"{MODULES[kind]}/{record_id}", params={"fields": "id"})
            )
        except NotFound:
            return False

    def find_by_email(self, emails: Sequence[str]) -> tuple[Record, ...]:
        """Leads and contacts with one of these addresses, each once."""
        wanted = sorted({email.strip().lower() for email in emails if "@" in email and email.isprintable()})
        if not wanted:
            return ()
        condition = [{"email_addresses.email_address": {"$in": wanted}}]
        found = {
            (kind, str(row["id"])): self._record(kind, row) for kind in _PEOPLE for row in self._all(kind, condition)
        }
        return tuple(record for record in found.values() if _holds(record, wanted))

    def changes(self, kind: RecordKind, cursor: str, limit: int) -> RecordPage:
        """Errors: CursorExpired."""
        place = read_place(cursor)
        going_on = place if place.next is not None else place.begun(self._calls.now())
        conditions: list[object] = []
        if place.since is not None:
            conditions.append({"date_modified": {"$gte": _stamp(place.since)}})
        if place.after:
            conditions.append({"id": {"$gt": place.after}})
        found = self._page(kind, conditions, limit=limit, deleted=place.since is not None)
        rows, more = rows_of(found), not is_last(found)
        if not rows and place.next is None and place.since is not None:
            return RecordPage((), (), cursor)
        live = [self._record(kind, row) for row in rows if not row.get("deleted")]
        live.sort(key=lambda each: each.modified_at)
        mark = content_revision({str(row["id"]): str(row.get("date_modified")) for row in rows})[:8]
        after = going_on.at(str(rows[-1]["id"])) if more and rows else going_on.done(mark)
        removed = tuple(str(row["id"]) for row in rows if row.get("deleted"))
        return RecordPage(live, removed, after.text(), more and bool(rows))

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        """Errors: Rejected, UnknownOutcome."""
        return self.create_checked(kind, own_id(kind, key), self.checked_new(kind, fields))

    def create_checked(self, kind: RecordKind, record_id: str, checked: dict[str, FieldValue]) -> Record:
        """A record once per id of our own, by whatever this server lets us keep of it."""
        if (held := self._made_before(kind, record_id, checked)) is not None:
            return held
        body = {**self._new_body(kind, checked), **self._marks(kind, record_id)}
        try:
            made = self._calls.document("POST", MODULES[kind], body=body)
        except UnknownOutcome:
            if (held := self._made_before(kind, record_id, checked)) is None:
                raise
            return held
        made_id = str(made.get("id") or "")
        self.takes_ids = self._took_ids = made_id == record_id
        return self.get(kind, made_id)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        """Errors: StaleRevision, Rejected, NotFound. The server compares times, to the second; we compare content."""
        row = self.row(kind, record_id)
        held = self._record(kind, row)
        if held.revision != if_revision:
            raise StaleRevision(f"The {kind} was changed meanwhile.", revision=held.revision)
        checked = self._checked_edit(kind, held, fields)
        body = self._edit_body(kind, row, held, checked)
        if not body:
            return held
        headers = {"x-timestamp": str(row.get("date_modified") or "")}
        self._calls.call("PUT", f"{MODULES[kind]}/{record_id}", body=body, headers=headers)
        after = self.get(kind, record_id)
        _need_address(checked, after)
        return after

    # --- batches: see `crm_adapters.batching` ------------------------------------------------------------

    def fits(self, write: Write) -> bool:
        """Creations only where the server has taken an id of ours before: else nobody would find them again."""
        return bool(write.record_id) or self._took_ids

    def id_of(self, write: Write) -> str:
        record_id = write.record_id or own_id(write.kind, write.key)
        return record_id if _ID.fullmatch(record_id) else ""

    def held(self, kind: RecordKind, ids: Sequence[str]) -> dict[str, Record]:
        return {str(row["id"]): self._record(kind, row) for row in self._all(kind, [{"id": {"$in": list(ids)}}])}

    def prepared(self, kind: RecordKind, fields: Fields, held: Record | None) -> dict[str, object] | None:
        """Errors: Rejected."""
        if held is None:
            return self._new_body(kind, self.checked_new(kind, fields))
        checked = self._checked_edit(kind, held, fields)
        if {"email", "other_emails"} & checked.keys():
            return self._edit_body(kind, self.row(kind, held.id), held, checked)
        return self._edit_body(kind, {}, held, checked) or None

    def send(self, kind: RecordKind, rows: Sequence[tuple[str, dict[str, object], bool]]) -> None:
        """Errors: UnknownOutcome."""
        module = MODULES[kind]
        self._calls.many(
            [
                ("POST", module, {**body, **self._marks(kind, record_id)})
                if is_new
                else ("PUT", f"{module}/{record_id}", body)
                for record_id, body, is_new in rows
            ]
        )

    def delete(self, kind: RecordKind, record_id: str) -> None:
        """Gone already is no error."""
        try:
            if _ID.fullmatch(record_id):
                self._calls.call("DELETE", f"{MODULES[kind]}/{record_id}")
        except NotFound:
            return

    def checked_new(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """Fields of a record to be made. Errors: Rejected with every wrong field."""
        checked = self.checked(kind, {name: value for name, value in fields.items() if not is_empty(value)})
        specs = self.shape(kind).specs
        need_required(kind, [spec for spec in specs if spec.name == "name"], checked)
        stages = next((spec.options for spec in specs if spec.name == "stage" and not spec.read_only), ())
        if stages and not checked.get("stage"):
            checked["stage"] = stages[0][0]
        return checked

    def checked(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """Errors: Rejected with every wrong field."""
        checked = check_values(kind, self.shape(kind).specs, fields, World(self.is_there, self._owner_ids(fields)))
        if kind is RecordKind.LEAD and checked.get("status") == CONVERTED:
            raise rejected(kind, {"status": "A lead becomes converted by converting it, not by its status."})
        return checked

    def users(self) -> list[Row]:
        """Active ones; at least the one who is signed in."""
        body = {"filter": [{"status": "Active"}], "fields": "id,full_name,user_name,email,email1", "max_num": 500}
        try:
            return rows_of(self._calls.document("POST", "Users/filter", body=body, writes=False))
        except Rejected:
            me = self._calls.document("GET", "me").get("current_user")
            return [me] if isinstance(me, Mapping) and me.get("id") else []

    def _checked_edit(self, kind: RecordKind, held: Record, fields: Fields) -> dict[str, FieldValue]:
        """What an edit changes. Errors: Rejected."""
        changed = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
        checked = self.checked(kind, changed)
        keep_required(kind, self.shape(kind).specs, checked)
        return checked

    def _edit_body(self, kind: RecordKind, row: Row, held: Record, checked: dict[str, FieldValue]) -> dict[str, object]:
        shape = self.shape(kind)
        body = values_of(kind, shape.specs, shape.described, checked)
        if {"email", "other_emails"} & checked.keys():
            body["email"] = address_list(row, _wanted(checked, held.fields))
        return body

    def _marks(self, kind: RecordKind, record_id: str) -> dict[str, object]:
        """What makes a creation repeatable."""
        return {"id": record_id, **({"sync_key": record_id} if self.shape(kind).has_sync_key else {})}

    def _new_body(self, kind: RecordKind, checked: dict[str, FieldValue]) -> dict[str, object]:
        shape = self.shape(kind)
        body = values_of(kind, shape.specs, shape.described, checked)
        addresses = _wanted(checked, {})
        return {**body, "email": address_list({}, addresses)} if addresses else body

    def _made_before(self, kind: RecordKind, record_id: str, checked: Mapping[str, FieldValue]) -> Record | None:
        if self.shape(kind).has_sync_key:
            rows = self._all(kind, [{"sync_key": {"$equals": record_id}}])
            return self._record(kind, rows[0]) if rows else None
        if self.takes_ids:
            return self.get(kind, record_id) if self.is_there(kind, record_id) else None
        return self._same_content(kind, checked)

    def _same_content(self, kind: RecordKind, checked: Mapping[str, FieldValue]) -> Record | None:
        """A record that holds all of this and is young: what is left where the server keeps no key of ours."""
        name = "last_name" if kind in _PEOPLE else "name"
        since = _stamp(self._calls.now() - _RECENT)
        conditions = [{name: {"$equals": checked.get(name) or ""}}, {"date_entered": {"$gte": since}}]
        for row in self._all(kind, conditions):
            record = self._record(kind, row)
            if all(same_value(record.fields.get(each), value) for each, value in checked.items()):
                return record
        return None

    def _all(self, kind: RecordKind, conditions: Sequence[object]) -> list[Row]:
        rows: list[Row] = []
        for _ in range(_MOST_PAGES):
            found = self._page(kind, conditions, limit=100, offset=len(rows))
            rows += rows_of(found)
            if is_last(found):
                break
        return rows

    def _page(
        self, kind: RecordKind, conditions: Sequence[object], *, limit: int, offset: int = 0, deleted: bool = False
    ) -> Mapping[str, object]:
        body = {
            "filter": conditions,
            "fields": ",".join(self.shape(kind).columns),
            "order_by": "id:asc",
            "max_num": limit,
            "offset": offset,
            "deleted": deleted,
        }
        return self._calls.document("POST", f"{MODULES[kind]}/filter", body=body, writes=False)

    def _owner_ids(self, fields: Fields) -> frozenset[str]:
        if "owner" in fields and self._owners is None:
            self._owners = frozenset(str(row["id"]) for row in self.users())
        return self._owners or frozenset()

    def _record(self, kind: RecordKind, row: Row) -> Record:
        return record_of(kind, row, self.shape(kind).specs, self._site_url)


def _described(metadata: Mapping[str, object], module: str) -> Described:
    modules = metadata.get("modules")
    found = modules.get(module) if isinstance(modules, Mapping) else None
    fields = found.get("fields") if isinstance(found, Mapping) else None
    named = fields.items() if isinstance(fields, Mapping) else ()
    return {str(name): each for name, each in named if isinstance(each, Mapping)}


def _options(answer: object) -> tuple[tuple[str, str], ...]:
    if isinstance(answer, HitchpostError) or not isinstance(answer, Mapping):
        return ()
    return tuple((str(value), str(label)) for value, label in answer.items() if value)


def _wanted(checked: Mapping[str, FieldValue], held: Fields) -> list[str]:
    """The addresses as they are to be, the main one first."""
    main = checked.get("email", held.get("email"))
    others = checked.get("other_emails", held.get("other_emails"))
    listed = [main, *(others if isinstance(others, tuple) else ())]
    return list({str(each).lower(): str(each) for each in listed if each}.values())


def _need_address(checked: Mapping[str, FieldValue], after: Record) -> None:
    """Late versions may take addresses only as links: then nothing happened."""
    if "email" in checked and not same_value(checked["email"], after.fields.get("email")):
        sentence = "The CRM kept the old e-mail address; change it there."
        raise Rejected(f"The change was refused: {sentence}", field_errors={"email": sentence})


def _holds(record: Record, wanted: Sequence[str]) -> bool:
    """A condition that the server does not understand is dropped, and everything comes back."""
    others = record.fields.get("other_emails")
    held = {
        str(record.fields.get("email") or "").lower(),
        *(each.lower() for each in (others if isinstance(others, tuple) else ())),
    }
    return bool(held & set(wanted))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")
