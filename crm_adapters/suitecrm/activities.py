"""Activities and files on records: logged once, hung on every record they are about, listed newest first."""

from __future__ import annotations

import re

from crm_adapters.own_ids import own_id
from crm_adapters.sugar_family import KINDS
from crm_adapters.sugar_family import MODULES as RECORD_MODULES
from crm_adapters.suitecrm.activity_rows import FIELDS, MODULES, NEWEST, activity_of, mail_fields, status_of, values_of
from crm_adapters.suitecrm.dialect import Dialect, Row, Taken
from crm_adapters.suitecrm.records import Records
from crm_adapters.suitecrm.text import bare_message_id, to_server
from crm_model.errors import NotFound, NotSupported, Rejected, UnknownOutcome
from crm_model.records import Activity, ActivityKind, AttachedFile, FileContent, RecordKind, Ref

_PARENTS = (RecordKind.OPPORTUNITY, RecordKind.ACCOUNT, RecordKind.LEAD, RecordKind.CONTACT)
"""Which record an activity with one parent hangs on: a deal before the person, who has a link of their own."""

_PEOPLE_LINKS = {RecordKind.LEAD: "leads", RecordKind.CONTACT: "contacts"}
_MEETINGS = {"Calls": "calls", "Meetings": "meetings"}
_SIZE = re.compile(r"([0-9]{1,12}) bytes")


class Activities:
    """What happened with the records of one server."""

    def __init__(self, dialect: Dialect, records: Records) -> None:
        self._dialect, self._records = dialect, records
        self._dates: str | None = None
        self._subjects: dict[str, int | None] = {}

    def log(self, activity: Activity, key: str) -> str:
        """Errors: NotFound for a record, Rejected for one about nothing."""
        about = tuple(dict.fromkeys(activity.about))
        if not about:
            raise Rejected("An activity needs a record that it is about.")
        for kind, record_id in about:
            self._need(kind, record_id)
        module = MODULES[activity.kind]
        activity_id = self._logged_mail(activity) or self._insert(module, activity, about, key)
        self._hang(module, activity_id, about)
        return f"{module}/{activity_id}"

    def listed(self, kind: RecordKind, record_id: str, limit: int) -> tuple[Activity, ...]:
        """Errors: NotFound."""
        self._need(kind, record_id)
        found = {(module, row.id): row for module, row in self._rows(kind, record_id, limit)}
        date_field = self._date_field()
        listed = [
            activity_of(module, row, _about(row, (kind, record_id)), date_field)
            for (module, _), row in found.items()
            if not (module == "Notes" and row.values.get("filename"))
        ]
        listed.sort(key=lambda each: (each.at, each.id), reverse=True)
        return tuple(listed[:limit])

    def set_done(self, activity_id: str, *, done: bool) -> None:
        """Errors: NotFound, NotSupported for what can't be done or undone."""
        module, row_id = self._live(activity_id)
        status = status_of(module, done=done)
        if not status:
            raise NotSupported("Notes and e-mails are not done or undone.", feature="activities")
        self._dialect.update(module, row_id, {"status": status})

    def delete(self, activity_id: str) -> None:
        """Gone already is no error."""
        try:
            module, row_id = self._live(activity_id)
        except NotFound:
            return
        self._dialect.delete(module, row_id)

    def attach(self, about: Ref, file: FileContent, key: str) -> str:
        """A file is a note with an attachment. Errors: NotFound."""
        self._need(*about)
        note_id, parent = own_id("file", key), (RECORD_MODULES[about[0]], about[1])
        values = {
            "name": to_server(file.name)[:255],
            "description": f"{len(file.content)} bytes",
            "parent_type": parent[0],
            "parent_id": parent[1],
        }
        if self._dialect.look("Notes", note_id) is None:
            self._make("Notes", note_id, values)
        self._dialect.attach(note_id, file, parent)
        return f"Notes/{note_id}"

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        """Errors: NotFound."""
        self._need(*about)
        notes = self._dialect.matching(
            "Notes", "parent_id", about[1], FIELDS["Notes"], newest=NEWEST["Notes"], limit=200
        )
        return tuple(_file(row) for row in notes if row.values.get("filename"))

    def follow(self, lead_id: str, contact_id: str) -> None:
        """What happened with a lead shows on the contact that it became."""
        for module, row in self._rows(RecordKind.LEAD, lead_id, 500):
            if module in ("Tasks", "Notes"):
                if not row.values.get("contact_id"):
                    self._dialect.update(module, row.id, {"contact_id": contact_id})
            else:
                self._dialect.relate(module, row.id, "contacts", "Contacts", contact_id)

    def _logged_mail(self, activity: Activity) -> str:
        """The id of this e-mail if the CRM has it, from us or from others; "" if not."""
        message_id = to_server(bare_message_id(activity.message_id))
        if activity.kind is not ActivityKind.EMAIL or not message_id:
            return ""
        fields = ("message_id",)
        rows = self._dialect.matching("Emails", "message_id", message_id, fields, newest=self._date_field(), limit=1)
        return rows[0].id if rows else ""

    def _insert(self, module: str, activity: Activity, about: tuple[Ref, ...], key: str) -> str:
        activity_id = own_id("activity", key)
        if self._dialect.look(module, activity_id) is None:
            parent = min(about, key=lambda ref: _PARENTS.index(ref[0]))
            values = values_of(activity, self._subject_length(module), self._date_field())
            values |= {"parent_type": RECORD_MODULES[parent[0]], "parent_id": parent[1]}
            people = [record_id for kind, record_id in about if kind is RecordKind.CONTACT]
            if people and module in ("Tasks", "Notes"):
                values["contact_id"] = people[0]
            if module == "Emails" and "from_addr" not in values:
                values["from_addr"] = self._dialect.me().email or "unknown@invalid"  # else it takes some other address
            self._make(module, activity_id, values)
        return activity_id

    def _make(self, module: str, row_id: str, values: dict[str, str | int | float] | dict[str, str]) -> None:
        try:
            self._dialect.insert(module, row_id, values)
        except Taken:
            pass  # made by the call whose answer was lost
        except UnknownOutcome:
            if self._dialect.look(module, row_id) is not True:
                raise

    def _hang(self, module: str, activity_id: str, about: tuple[Ref, ...]) -> None:
        """E-mails hang on every record; calls and meetings have links for people only."""
        for kind, record_id in about:
            if module == "Emails":
                self._dialect.relate(module, activity_id, RECORD_MODULES[kind].lower(), RECORD_MODULES[kind], record_id)
            elif module in _MEETINGS and kind in _PEOPLE_LINKS:
                self._dialect.relate(module, activity_id, _PEOPLE_LINKS[kind], RECORD_MODULES[kind], record_id)

    def _rows(self, kind: RecordKind, record_id: str, limit: int) -> list[tuple[str, Row]]:
        record_module = RECORD_MODULES[kind]
        fields = mail_fields(self._date_field())
        mails = self._dialect.mails_of(record_module, record_id, fields, newest=self._date_field(), limit=limit)
        found = [("Emails", row) for row in mails]
        for module, columns in FIELDS.items():
            names = ["parent_id"]
            if kind is RecordKind.CONTACT and "contact_id" in columns:
                names.append("contact_id")
            for name in names:
                rows = self._dialect.matching(module, name, record_id, columns, newest=NEWEST[module], limit=limit)
                found += [(module, row) for row in rows]
        if kind in _PEOPLE_LINKS:
            for module, link in _MEETINGS.items():
                found += [
                    (module, row) for row in self._dialect.related(record_module, record_id, link, FIELDS[module])
                ]
        return found

    def _live(self, activity_id: str) -> tuple[str, str]:
        """Module and id. Errors: NotFound."""
        module, _, row_id = activity_id.partition("/")
        if module not in MODULES.values() or self._dialect.look(module, row_id) is not True:
            raise NotFound("There is no such activity in this CRM (any more).")
        return module, row_id

    def _need(self, kind: RecordKind, record_id: str) -> None:
        if not self._records.is_there(kind, record_id):
            raise NotFound(f"There is no {kind} {record_id[:40]!a} in this CRM (any more).")

    def _date_field(self) -> str:
        """Sugar CE has another name for it."""
        if self._dates is None:
            described = self._dialect.describe("Emails")
            self._dates = "date_sent_received" if "date_sent_received" in described else "date_sent"
        return self._dates

    def _subject_length(self, module: str) -> int | None:
        if module not in self._subjects:
            name = self._dialect.describe(module).get("name")
            self._subjects[module] = name.length if name is not None else None
        return self._subjects[module]


def _about(row: Row, asked: Ref) -> tuple[Ref, ...]:
    parent_kind = KINDS.get(row.values.get("parent_type", ""))
    parent = ((parent_kind, row.values["parent_id"]),) if parent_kind and row.values.get("parent_id") else ()
    contact = row.values.get("contact_id")
    people = ((RecordKind.CONTACT, contact),) if contact else ()
    return tuple(dict.fromkeys((asked, *people, *parent)))


def _file(row: Row) -> AttachedFile:
    name, title = row.values["filename"], row.values.get("name", "")
    size = _SIZE.fullmatch(row.values.get("description", ""))
    # The server puts .txt behind names that it finds dangerous.
    name = title if name == f"{title}.txt" else name
    return AttachedFile(f"Notes/{row.id}", name, int(size[1]) if size else 0)
