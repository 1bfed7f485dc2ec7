"""Activities and files on Sugar's records: logged once, hung on every record they are about, listed newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from crm_adapters.own_ids import own_id
from crm_adapters.spelling import whole_of
from crm_adapters.sugar.activity_rows import FIELDS, MODULES, activity_of, status_of, values_of
from crm_adapters.sugar.calls import SugarCalls
from crm_adapters.sugar.records import Records
from crm_adapters.sugar.values import Row, rows_of
from crm_adapters.sugar_family import MODULES as RECORD_MODULES
from crm_model.errors import HitchpostError, NotFound, NotSupported, Rejected, UnknownOutcome
from crm_model.records import Activity, ActivityKind, AttachedFile, FileContent, RecordKind, Ref

_PARENTS = (RecordKind.OPPORTUNITY, RecordKind.ACCOUNT, RecordKind.LEAD, RecordKind.CONTACT)
"""Which record an activity with one parent hangs on: a deal before the person, who has a link of their own."""

_PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)
_MOST = 200
_SIZE = re.compile(r"([0-9]{1,12}) bytes")


class Activities:
    """What happened with the records of one server."""

    def __init__(self, calls: SugarCalls, records: Records) -> None:
        self._calls, self._records = calls, records
        self._made: dict[str, str] = {}

    def log(self, activity: Activity, key: str) -> str:
        """Errors: NotFound for a record, Rejected for one about nothing."""
        about = tuple(dict.fromkeys(activity.about))
        if not about:
            raise Rejected("An activity needs a record that it is about.")
        for ref in about:
            self._need(ref)
        module = MODULES[activity.kind]
        activity_id = self._logged_mail(activity) or self._insert(module, activity, about, key)
        self._hang(module, activity_id, about)
        return f"{module}/{activity_id}"

    def listed(self, kind: RecordKind, record_id: str, limit: int) -> tuple[Activity, ...]:
        """Errors: NotFound."""
        self._need((kind, record_id))
        found = {
            (module, str(row["id"])): activity_of(module, row, (kind, record_id))
            for module, row in self._rows(kind, record_id, min(limit, _MOST))
            if not row.get("deleted") and not (module == "Notes" and row.get("filename"))
        }
        return tuple(sorted(found.values(), key=lambda each: (each.at, each.id), reverse=True)[:limit])

    def set_done(self, activity_id: str, *, done: bool) -> None:
        """Errors: NotFound, NotSupported for what can't be done or undone."""
        module, row_id = _parts(activity_id)
        status = status_of(module, done=done)
        if not status:
            raise NotSupported("Notes and e-mails are not done or undone.", feature="activities")
        self._calls.call("PUT", f"{module}/{row_id}", body={"status": status})

    def delete(self, activity_id: str) -> None:
        """Gone already is no error."""
        try:
            module, row_id = _parts(activity_id)
            self._calls.call("DELETE", f"{module}/{row_id}")
        except NotFound:
            return

    def attach(self, about: Ref, file: FileContent, key: str) -> str:
        """A file is a note with an attachment. Errors: NotFound."""
        self._need(about)
        values = {
            "name": file.name[:255],
            "description": f"{len(file.content)} bytes",
            "parent_type": RECORD_MODULES[about[0]],
            "parent_id": about[1],
        }
        note_id = self._make("Notes", own_id("file", key), values)
        self._calls.call(
            "PUT",
            f"Notes/{note_id}/file/filename?filename={quote(file.name, safe='')}",
            content=file.content,
            headers={"content-type": file.content_type},
        )
        return f"Notes/{note_id}"

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        """Errors: NotFound."""
        self._need(about)
        body = {"filter": [{"parent_id": about[1]}], "fields": FIELDS["Notes"], "max_num": _MOST}
        rows = rows_of(self._calls.document("POST", "Notes/filter", body=body, writes=False))
        return tuple(_file(row) for row in rows if row.get("filename"))

    def _logged_mail(self, activity: Activity) -> str:
        """The id of this e-mail if the CRM has it, from us or from others; "" if not."""
        if activity.kind is not ActivityKind.EMAIL or not activity.message_id:
            return ""
        body = {"filter": [{"message_id": activity.message_id}], "fields": "id,message_id", "max_num": 1}
        rows = rows_of(self._calls.document("POST", "Emails/filter", body=body, writes=False))
        return str(rows[0]["id"]) if rows and rows[0].get("message_id") == activity.message_id else ""

    def _insert(self, module: str, activity: Activity, about: tuple[Ref, ...], key: str) -> str:
        parent = min(about, key=lambda ref: _PARENTS.index(ref[0]))
        values = values_of(activity) | {"parent_type": RECORD_MODULES[parent[0]], "parent_id": parent[1]}
        people = [record_id for kind, record_id in about if kind is RecordKind.CONTACT]
        if people and module in ("Tasks", "Notes"):
            values["contact_id"] = people[0]
        if activity.kind is ActivityKind.EMAIL:
            values |= self._participants(activity, about)
        return self._make(module, own_id("activity", key), values)

    def _make(self, module: str, row_id: str, values: Mapping[str, object]) -> str:
        """The id under which it is, which may be the server's own choice."""
        if (made := self._made.get(row_id)) or self._is_there(module, row_id):
            return made or row_id
        try:
            found = self._calls.document("POST", module, body={"id": row_id, **values})
        except UnknownOutcome:
            if not self._is_there(module, row_id):
                raise
            return row_id
        self._made[row_id] = str(found.get("id") or row_id)
        return self._made[row_id]

    def _participants(self, activity: Activity, about: tuple[Ref, ...]) -> dict[str, object]:
        """Addresses are rows of their own; the sender has to be one."""
        sender = [activity.sender] if activity.sender else []
        groups = {"from": sender, "to": activity.recipients, "cc": activity.copies}
        found: dict[str, object] = {
            name: {"create": [{"email_address_id": self._address_id(email)} for email in emails]}
            for name, emails in groups.items()
            if emails
        }
        if not sender:
            persons = [ref for ref in about if ref[0] in _PEOPLE]
            me = self._calls.document("GET", "me").get("current_user")
            who = ("Users", str(me.get("id"))) if isinstance(me, Mapping) else ("Users", "1")
            if activity.direction == "in" and persons:
                who = (RECORD_MODULES[persons[0][0]], persons[0][1])
            found["from"] = {"create": [{"parent_type": who[0], "parent_id": who[1]}]}
        return found

    def _address_id(self, email: str) -> str:
        body = {"filter": [{"email_address": email}], "fields": "id,email_address", "max_num": 1}
        try:
            rows = rows_of(self._calls.document("POST", "EmailAddresses/filter", body=body, writes=False))
        except (Rejected, NotSupported):  # not every version lists them
            rows = []
        if rows and str(rows[0].get("email_address", "")).lower() == email.lower():
            return str(rows[0]["id"])
        return str(self._calls.document("POST", "EmailAddresses", body={"email_address": email})["id"])

    def _hang(self, module: str, activity_id: str, about: tuple[Ref, ...]) -> None:
        """E-mails hang on every record; calls and meetings have links for people only."""
        for kind, record_id in about:
            if module == "Emails" or (module in ("Calls", "Meetings") and kind in _PEOPLE):
                link = RECORD_MODULES[kind].lower()
                self._calls.call("POST", f"{module}/{activity_id}/link/{link}/{record_id}", body={})

    def _rows(self, kind: RecordKind, record_id: str, limit: int) -> list[tuple[str, Row]]:
        """One call for all of them. Errors: those of a part, but for what this version can't do."""
        at = f"{RECORD_MODULES[kind]}/{record_id}/link"
        linked = ["Emails", *(("Calls", "Meetings") if kind in _PEOPLE else ())]
        asked: list[tuple[str, tuple[str, str, object]]] = [
            (module, ("GET", f"{at}/{module.lower()}?fields={FIELDS[module]}&max_num={limit}", None))
            for module in linked
        ]
        for module in ("Calls", "Meetings", "Tasks", "Notes"):
            about: list[object] = [{"parent_id": record_id}]
            if kind is RecordKind.CONTACT and module in ("Tasks", "Notes"):
                about.append({"contact_id": record_id})
            body = {
                "filter": [{"$or": about}],
                "fields": FIELDS[module],
                "max_num": limit,
                "order_by": "date_entered:desc",
            }
            asked.append((module, ("POST", f"{module}/filter", body)))
        answers = self._calls.many([call for _, call in asked])
        found: list[tuple[str, Row]] = []
        for (module, _), answer in zip(asked, answers, strict=True):
            if isinstance(answer, HitchpostError):
                if not isinstance(answer, NotSupported | NotFound | Rejected):
                    raise answer
                continue
            found += [(module, row) for row in rows_of(answer)]
        return found

    def _is_there(self, module: str, row_id: str) -> bool:
        try:
            self._calls.call("GET", f"{module}/{row_id}", params={"fields": "id"})
        except NotFound:
            return False
        return True

    def _need(self, ref: Ref) -> None:
        kind, record_id = ref
        if not self._records.is_there(kind, record_id):
            raise NotFound(f"There is no {kind} {record_id[:40]!a} in this CRM (any more).")


def _parts(activity_id: str) -> tuple[str, str]:
    """Module and id. Errors: NotFound for what is no id of an activity."""
    module, _, row_id = activity_id.partition("/")
    if module not in MODULES.values() or not re.fullmatch(r"[0-9A-Za-z_-]{1,36}", row_id):
        raise NotFound("There is no such activity in this CRM (any more).")
    return module, row_id


def _file(row: Row) -> AttachedFile:
    told = _SIZE.fullmatch(str(row.get("description") or ""))
    size_bytes = whole_of(row.get("file_size"))
    if size_bytes is None:
        size_bytes = (whole_of(told[1]) or 0) if told else 0
    return AttachedFile(f"Notes/{row['id']}", str(row["filename"]), size_bytes)
