"""Leads, contacts, accounts and opportunities: checked before they are sent, read back after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_adapters.checks import World, check_values, keep_required, need_required, rejected
from crm_adapters.contract import RecordPage, Write
from crm_adapters.own_ids import own_id
from crm_adapters.places import read_place
from crm_adapters.spelling import content_revision
from crm_adapters.sugar_family import CONVERTED, MODULES
from crm_adapters.suitecrm.addresses import add_addresses, set_addresses
from crm_adapters.suitecrm.dialect import Dialect, Row, Taken, Values, VendorField
from crm_adapters.suitecrm.fields import ALWAYS, LINKS, specs_of
from crm_adapters.suitecrm.values import addresses_of, record_of, values_of
from crm_model.errors import NotFound, StaleRevision, UnknownOutcome
from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldSpec, FieldValue, Record, RecordKind

_ID = re.compile(r"[0-9A-Za-z_.-]{1,36}")
_PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)
_NOT_COLUMNS = {"other_emails", "other_contacts", "email"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the server says of a kind: its fields in our words, and as it describes them itself."""

    specs: tuple[FieldSpec, ...]
    described: Mapping[str, VendorField]

    @property
    def columns(self) -> tuple[str, ...]:
        always = [name for name in ALWAYS if name in self.described]
        return tuple(dict.fromkeys([*(spec.vendor_name for spec in self.specs if spec.vendor_name), *always]))


class Records:
    """The records of one server through one dialect. `page_url` makes the web address of a module's record."""

    def __init__(self, dialect: Dialect, page_url: str) -> None:
        self._dialect, self._page_url = dialect, page_url
        self._shapes: dict[RecordKind, Shape] = {}
        self._owners: frozenset[str] | None = None

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        """Asked anew each time: an admin may have added a field or an option."""
        described = self._dialect.describe(MODULES[kind])
        self._shapes[kind] = Shape(specs_of(kind, described), described)
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
        found = None
        if _ID.fullmatch(record_id):
            found = self._dialect.get(MODULES[kind], record_id, self.shape(kind).columns, LINKS[kind])
        if found is None:
            raise NotFound(f"There is no {kind} {record_id[:40]!a} in this CRM (any more).")
        return found

    def is_there(self, kind: RecordKind, record_id: str) -> bool:
        return bool(_ID.fullmatch(record_id)) and self._dialect.look(MODULES[kind], record_id) is True

    def find_by_email(self, emails: tuple[str, ...]) -> tuple[Record, ...]:
        """Leads and contacts with one of these addresses, each once."""
        wanted = sorted({email.strip().lower() for email in emails if "@" in email and email.isprintable()})
        if not wanted:
            return ()
        return tuple(
            self._record(kind, row)
            for kind in _PEOPLE
            for row in self._dialect.holding(MODULES[kind], wanted, self.shape(kind).columns, LINKS[kind])
        )

    def changes(self, kind: RecordKind, cursor: str, limit: int) -> RecordPage:
        """Errors: CursorExpired."""
        place = read_place(cursor)
        going_on = place if place.next is not None else place.begun(self._dialect.now())
        rows = self._dialect.changed(
            MODULES[kind],
            self.shape(kind).columns,
            LINKS[kind],
            since=place.since,
            after=place.after,
            limit=limit,
        )
        more = len(rows) >= limit
        live = sorted((self._record(kind, row) for row in rows if not row.deleted), key=lambda each: each.modified_at)
        if not rows and place.next is None and place.since is not None:
            return RecordPage((), (), cursor)
        mark = content_revision({row.id: row.values.get("date_modified", "") for row in rows})[:8]
        after = going_on.at(rows[-1].id) if more else going_on.done(mark)
        return RecordPage(live, tuple(row.id for row in rows if row.deleted), after.text(), more)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        """Errors: Rejected, NotFound if it was made and deleted since."""
        record_id, checked = own_id(kind, key), self.checked_new(kind, fields)
        return self.create_checked(kind, record_id, checked)

    def create_checked(self, kind: RecordKind, record_id: str, checked: dict[str, FieldValue]) -> Record:
        """A record with an id of our own: made already, it is only completed."""
        module, values = MODULES[kind], self._new_values(kind, checked)
        held = self._dialect.look(module, record_id)
        if held is False:
            raise NotFound(f"The {kind} was made in this CRM and deleted there since.")
        if held is None:
            try:
                self._dialect.insert(module, record_id, values)
            except Taken:
                pass  # made by the call whose answer was lost
            except UnknownOutcome:
                if self._dialect.look(module, record_id) is not True:
                    raise
        self._complete(kind, record_id, checked)
        return self.get(kind, record_id)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        """Errors: StaleRevision, Rejected, NotFound. The server compares nothing, so we do, just before writing."""
        row = self.row(kind, record_id)
        held = self._record(kind, row)
        if held.revision != if_revision:
            raise StaleRevision(f"The {kind} was changed meanwhile.", revision=held.revision)
        checked = self._checked_edit(kind, held, fields)
        if not checked:
            return held
        self._write(kind, row, held, checked)
        return self.get(kind, record_id)

    # --- batches: see `crm_adapters.batching` ------------------------------------------------------------

    def fits(self, write: Write) -> bool:
        """Contacts don't: a list of them is merged into others of the same name."""
        parts = {"other_emails", "other_contacts", *(("email",) if write.record_id else ())}
        return write.kind is not RecordKind.CONTACT and not parts & write.fields.keys()

    def id_of(self, write: Write) -> str:
        record_id = write.record_id or own_id(write.kind, write.key)
        return record_id if _ID.fullmatch(record_id) else ""

    def held(self, kind: RecordKind, ids: Sequence[str]) -> dict[str, Record]:
        rows = self._dialect.get_many(MODULES[kind], ids, self.shape(kind).columns, LINKS[kind])
        return {row.id: self._record(kind, row) for row in rows}

    def prepared(self, kind: RecordKind, fields: Fields, held: Record | None) -> Values | None:
        """Errors: Rejected."""
        if held is None:
            return self._new_values(kind, self.checked_new(kind, fields))
        checked = self._checked_edit(kind, held, fields)
        return self._values(kind, checked) if checked else None

    def send(self, kind: RecordKind, rows: Sequence[tuple[str, Values, bool]]) -> None:
        """Errors: UnknownOutcome."""
        self._dialect.write_many(MODULES[kind], rows)

    def delete(self, kind: RecordKind, record_id: str) -> None:
        """Gone already is no error."""
        if self.is_there(kind, record_id):
            try:
                self._dialect.delete(MODULES[kind], record_id)
            except UnknownOutcome:
                # Crashes after half of the work when a task hangs on the record; the second time it goes through.
                if self.is_there(kind, record_id):
                    self._dialect.delete(MODULES[kind], record_id)

    def checked_new(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """Fields of a record to be made. Errors: Rejected with every wrong field."""
        given = {name: value for name, value in fields.items() if not is_empty(value)}
        checked = self.checked(kind, given)
        specs = self.shape(kind).specs
        need_required(kind, [spec for spec in specs if spec.name == "name"], checked)
        if kind is RecordKind.OPPORTUNITY and not checked.get("stage"):
            first = next((spec.options[0][0] for spec in specs if spec.name == "stage" and spec.options), None)
            checked.update({"stage": first} if first else {})
        return checked

    def checked(self, kind: RecordKind, fields: Fields) -> dict[str, FieldValue]:
        """Errors: Rejected with every wrong field."""
        checked = check_values(kind, self.shape(kind).specs, fields, World(self.is_there, self._owner_ids(fields)))
        if kind is RecordKind.LEAD and checked.get("status") == CONVERTED:
            raise rejected(kind, {"status": "A lead becomes converted by converting it, not by its status."})
        return checked

    def _write(self, kind: RecordKind, row: Row, held: Record, checked: dict[str, FieldValue]) -> None:
        if "email" in checked or "other_emails" in checked:
            main = checked.get("email", held.fields.get("email"))
            others = checked.get("other_emails", held.fields.get("other_emails"))
            wanted = [main, *(others if isinstance(others, tuple) else ())]
            addresses = {str(each).lower(): str(each) for each in wanted if each}
            set_addresses(self._dialect, MODULES[kind], row, list(addresses.values()))
        if "other_contacts" in checked:
            self._set_contacts(row, checked["other_contacts"])
        if values := self._values(kind, checked):
            self._dialect.update(MODULES[kind], row.id, values)

    def _set_contacts(self, row: Row, wanted: FieldValue) -> None:
        held = {each["id"] for each in row.links.get("contacts", ()) if each.get("id")}
        asked = set(wanted) if isinstance(wanted, tuple) else set()
        for contact_id in sorted(asked - held):
            self._dialect.relate("Opportunities", row.id, "contacts", "Contacts", contact_id)
        for contact_id in sorted(held - asked):
            self._dialect.unrelate("Opportunities", row.id, "contacts", contact_id)

    def _complete(self, kind: RecordKind, record_id: str, checked: dict[str, FieldValue]) -> None:
        """What a record's own row does not hold."""
        others, people = checked.get("other_emails"), checked.get("other_contacts")
        if isinstance(others, tuple):
            row = self.row(kind, record_id)
            known = {email.lower() for email in addresses_of(row)}
            add_addresses(
                self._dialect, MODULES[kind], record_id, [each for each in others if each.lower() not in known]
            )
        for contact_id in people if isinstance(people, tuple) else ():
            self._dialect.relate("Opportunities", record_id, "contacts", "Contacts", contact_id)

    def _checked_edit(self, kind: RecordKind, held: Record, fields: Fields) -> dict[str, FieldValue]:
        """What an edit changes. Errors: Rejected."""
        changed = {name: value for name, value in fields.items() if not same_value(value, held.fields.get(name))}
        checked = self.checked(kind, changed)
        keep_required(kind, self.shape(kind).specs, checked)
        return checked

    def _new_values(self, kind: RecordKind, checked: dict[str, FieldValue]) -> dict[str, str | int | float]:
        """The main address is taken with a new record, and only then."""
        email = checked.get("email")
        return {**self._values(kind, checked), **({"email1": str(email)} if email else {})}

    def _values(self, kind: RecordKind, checked: dict[str, FieldValue]) -> dict[str, str | int | float]:
        shape = self.shape(kind)
        columns = {name: value for name, value in checked.items() if name not in _NOT_COLUMNS}
        return values_of(kind, shape.specs, shape.described, columns)

    def _owner_ids(self, fields: Fields) -> frozenset[str]:
        if "owner" in fields and self._owners is None:
            self._owners = frozenset(person.id for person in self._dialect.users())
        return self._owners or frozenset()

    def _record(self, kind: RecordKind, row: Row) -> Record:
        return record_of(kind, row, self.shape(kind).specs, self._page_url)
