"""The notebook behind Hitchpost's adapter contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crm_adapters.checks import World, check_values, keep_required, need_required
from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo
from crm_adapters.spelling import iso_time, time_of
from crm_model.errors import CursorExpired, NotFound, StaleRevision
from crm_model.field_values import clean_text, is_empty, pack_fields, unpack_fields
from crm_model.options import Connection, OptionSpec, OptionType
from crm_model.records import Activity, ActivityKind, Fields, FieldSpec, Record, RecordKind, emails_of
from hitchpost_notebook.fields import SPECS
from hitchpost_notebook.notebook import Notebook, Page, next_seq

_WORLD = World(exists=lambda kind, record_id: True, owners=None)


class NotebookAdapter(Adapter):
    """One notebook, one person."""

    capabilities = Capabilities(
        kinds=frozenset(SPECS),
        activities=frozenset({ActivityKind.NOTE}),
        convert_lead=False,
        owners=False,
        relations=False,
        files=False,
    )

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._notebook = Notebook(path)

    def test(self) -> ServerInfo:
        with self._notebook.open() as page:
            counts = {kind: sum(_is_live(each, kind) for each in page["records"].values()) for kind in SPECS}
        return ServerInfo("Notebook", counts)

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        if kind not in SPECS:
            raise self.lacks(kind.value, f"has no {kind} records")
        return SPECS[kind]

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        wanted = {clean_text(email).strip().lower() for email in emails} - {""}
        with self._notebook.open() as page:
            held = [_record(record_id, each) for record_id, each in page["records"].items() if not each["deleted"]]
        return tuple(record for record in held if wanted & set(emails_of(record.fields)))

    def get(self, kind: RecordKind, record_id: str) -> Record:
        with self._notebook.open() as page:
            return _record(record_id, _find(page, kind, record_id))

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        with self._notebook.open() as page:
            if key in page["keys"]:
                record_id = page["keys"][key]
                return _record(record_id, _find(page, kind, record_id))
            given = {name: value for name, value in fields.items() if not is_empty(value)}
            checked = check_values(kind, self.describe(kind), given, _WORLD)
            need_required(kind, SPECS[kind], checked)
            record_id = f"N{next_seq(page)}"
            page["keys"][key] = record_id
            page["records"][record_id] = {"kind": kind.value, "deleted": False}
            return _stored(page, record_id, checked)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        with self._notebook.open() as page:
            held = _record(record_id, _find(page, kind, record_id))
            if held.revision != if_revision:
                raise StaleRevision(f"The {kind} was changed meanwhile.", revision=held.revision)
            checked = check_values(kind, SPECS[kind], fields, _WORLD)
            keep_required(kind, SPECS[kind], checked)
            next_seq(page)
            return _stored(page, record_id, {**held.fields, **checked})

    def delete(self, kind: RecordKind, record_id: str) -> None:
        with self._notebook.open() as page:
            found = page["records"].get(record_id)
            if found is not None and not found["deleted"]:
                found |= {"deleted": True, "seq": next_seq(page)}

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        if cursor and not cursor.isdecimal():
            raise CursorExpired("This is no place in the notebook.")
        since = int(cursor or 0)
        with self._notebook.open() as page:
            of_kind = [(record_id, each) for record_id, each in page["records"].items() if each["kind"] == kind.value]
        later = sorted((each for each in of_kind if each[1]["seq"] > since), key=lambda each: each[1]["seq"])
        some = later[:limit]
        return RecordPage(
            records=[_record(record_id, each) for record_id, each in some if not each["deleted"]],
            removed=[record_id for record_id, each in some if each["deleted"]],
            cursor=str(some[-1][1]["seq"]) if some else str(since),
            more=len(later) > limit,
        )

    def log_activity(self, activity: Activity, key: str) -> str:
        if activity.kind is not ActivityKind.NOTE:
            raise self.lacks("activities", f"keeps notes only, no {activity.kind}")
        with self._notebook.open() as page:
            kind, record_id = activity.about[0]
            _find(page, kind, record_id)
            if key not in page["keys"]:
                page["keys"][key] = f"A{next_seq(page)}"
                subject, body = clean_text(activity.subject), clean_text(activity.body)
                note = {"about": [kind.value, record_id], "subject": subject, "body": body}
                page["notes"][page["keys"][key]] = {**note, "at": iso_time(activity.at)}
            return str(page["keys"][key])

    def delete_activity(self, activity_id: str) -> None:
        with self._notebook.open() as page:
            page["notes"].pop(activity_id, None)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        with self._notebook.open() as page:
            _find(page, kind, record_id)
            notes = [(note_id, note) for note_id, note in page["notes"].items() if note["about"][1] == record_id]
        found = [
            Activity(
                ActivityKind.NOTE,
                note["subject"],
                time_of(note["at"]) or datetime.now(UTC),
                ((kind, record_id),),
                body=note["body"],
                id=note_id,
            )
            for note_id, note in notes
        ]
        return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:limit])

    def close(self) -> None:
        """Nothing stays open between calls."""


def _find(page: Page, kind: RecordKind, record_id: str) -> Page:
    found: Page | None = page["records"].get(record_id)
    if found is None or not _is_live(found, kind):
        raise NotFound(f"There is no such {kind} in the notebook (any more).")
    return found


def _is_live(record: Page, kind: RecordKind) -> bool:
    return record["kind"] == kind.value and not record["deleted"]


def _stored(page: Page, record_id: str, fields: Fields) -> Record:
    kept = {name: value for name, value in pack_fields(fields).items() if value not in (None, "", [])}
    page["records"][record_id] |= {"fields": kept, "seq": page["seq"], "modified_at": iso_time(datetime.now(UTC))}
    return _record(record_id, page["records"][record_id])


def _record(record_id: str, held: Page) -> Record:
    return Record(
        kind=RecordKind(held["kind"]),
        id=record_id,
        fields=unpack_fields(held["fields"]),
        revision=str(held["seq"]),
        modified_at=time_of(held["modified_at"]) or datetime.now(UTC),
    )


def open_notebook(connection: Connection) -> NotebookAdapter:
    """What the entry point's Backend calls with the checked configuration."""
    return NotebookAdapter(connection.name, Path(connection.text("path")).expanduser())


BACKEND = Backend(
    name="notebook",
    title="Notebook",
    options=(OptionSpec("path", OptionType.PATH, "The JSON file that holds the notebook.", required=True),),
    open=open_notebook,
    needs_secret=False,
)
