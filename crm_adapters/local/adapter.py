"""The embedded CRM behind the adapter contract."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path

from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo
from crm_adapters.local import activities, files, relations, rows
from crm_adapters.local.checks import LocalWorld, check_edit, check_new
from crm_adapters.local.conversion import convert, reopened
from crm_adapters.local.database import Database
from crm_adapters.local.fields import Choices, parse_choices
from crm_model.errors import ConfigError, CursorExpired, Rejected, StaleRevision
from crm_model.field_values import clean_text
from crm_model.options import Connection, OptionSpec, OptionType
from crm_model.records import (
    Activity,
    AttachedFile,
    Conversion,
    Converted,
    Fields,
    FieldSpec,
    FileContent,
    Owner,
    Record,
    RecordKind,
    Ref,
)

_PLACE = re.compile(r"(?P<identity>[0-9a-f]{16}):(?P<seq>[0-9]{1,18})")


class LocalAdapter(Adapter):
    """One connection to the file, on behalf of one user."""

    def __init__(
        self, name: str, path: Path, *, user: str = "", owners: Iterable[Owner] = (), choices: Choices | None = None
    ) -> None:
        self.name = name
        self.capabilities = Capabilities()
        self._user = clean_text(user)
        self._choices = choices or Choices()
        self._database = Database(path)
        self.add_owners(owners)

    def test(self) -> ServerInfo:
        with self._database.read() as unit:
            return ServerInfo(f"Embedded CRM at {self._database.path}", rows.counts(unit))

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._choices.specs(kind)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        with self._database.read() as unit:
            found = {record.id: record for email in emails for record in rows.holding(unit, email)}
        return tuple(found.values())

    def get(self, kind: RecordKind, record_id: str) -> Record:
        with self._database.read() as unit:
            return rows.find(unit, kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        with self._database.write() as unit:
            if (made := _answer(unit, key)) is not None:
                return rows.find(unit, kind, made["id"])
            record = rows.insert(unit, kind, check_new(kind, fields, self._world(unit)), self._user)
            _remember(unit, key, {"id": record.id})
            return record

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        with self._database.write() as unit:
            held = rows.find(unit, kind, record_id)
            if held.revision != if_revision:
                raise StaleRevision(f"The {kind} was changed meanwhile.", revision=held.revision)
            before = reopened(held.fields) if fields.get("status") else held.fields
            if before.get("converted_contact_id"):
                raise Rejected("This lead is converted: edit the contact that it became, or give it a status again.")
            return rows.change(unit, held, check_edit(kind, before, fields, self._world(unit)), self._user)

    def delete(self, kind: RecordKind, record_id: str) -> None:
        with self._database.write() as unit:
            rows.remove(unit, kind, record_id, self._user)

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        with self._database.write() as unit:
            made = _answer(unit, key)
            if made is None:
                made = convert(unit, lead_id, conversion, self._world(unit), self._user)
                _remember(unit, key, made)
            return Converted(
                lead=rows.find(unit, RecordKind.LEAD, lead_id),
                contact=rows.find(unit, RecordKind.CONTACT, made["contact"]),
                account=rows.find(unit, RecordKind.ACCOUNT, made["account"]) if made["account"] else None,
                opportunity=rows.find(unit, RecordKind.OPPORTUNITY, made["opportunity"])
                if made["opportunity"]
                else None,
            )

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        since = self._place(cursor)
        with self._database.read() as unit:
            if since > int(unit.execute("SELECT seq FROM counter").fetchone()[0]):
                raise CursorExpired("The embedded CRM's file was replaced by an older one.")
            found = rows.changed_since(unit, kind, since, limit + 1)
        page = found[:limit]
        return RecordPage(
            records=tuple(rows.readable(row for row in page if not row["deleted"])),
            removed=tuple(row["id"] for row in page if row["deleted"]),
            cursor=f"{self._database.identity}:{page[-1]['seq'] if page else since}",
            more=len(found) > limit,
        )

    def log_activity(self, activity: Activity, key: str) -> str:
        with self._database.write() as unit:
            made = _answer(unit, key)
            if made is None:
                made = {"id": str(activities.log(unit, activity))}
                _remember(unit, key, made)
            return made["id"]

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        with self._database.write() as unit:
            activities.set_done(unit, activity_id, done)

    def delete_activity(self, activity_id: str) -> None:
        with self._database.write() as unit:
            activities.delete(unit, activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        with self._database.read() as unit:
            return activities.of_record(unit, rows.find(unit, kind, record_id).id, limit)

    def relate(self, one: Ref, other: Ref) -> None:
        with self._database.write() as unit:
            relations.relate(unit, one, other, self._user)

    def unrelate(self, one: Ref, other: Ref) -> None:
        with self._database.write() as unit:
            relations.unrelate(unit, one, other, self._user)

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        with self._database.read() as unit:
            return relations.related(unit, one, kind)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        with self._database.write() as unit:
            made = _answer(unit, key)
            if made is None:
                made = {"id": str(files.attach(unit, about, file))}
                _remember(unit, key, made)
            return made["id"]

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        with self._database.read() as unit:
            return files.of_record(unit, about)

    def owners(self) -> tuple[Owner, ...]:
        with self._database.read() as unit:
            return tuple(Owner(*row) for row in unit.execute("SELECT id, name, email FROM owners ORDER BY name, id"))

    def add_owners(self, owners: Iterable[Owner]) -> None:
        """More people who can own records; known ones are left as they are."""
        wanted = [(clean_text(owner.id), clean_text(owner.name), clean_text(owner.email)) for owner in owners]
        known = {owner.id for owner in self.owners()}
        if fresh := [owner for owner in wanted if owner[0] not in known]:
            with self._database.write() as unit:
                unit.executemany("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", fresh)

    def close(self) -> None:
        self._database.close()

    def _world(self, unit: sqlite3.Connection) -> LocalWorld:
        owners = frozenset(str(row[0]) for row in unit.execute("SELECT id FROM owners"))
        return LocalWorld(lambda kind, record_id: rows.exists(unit, kind, record_id), owners, self._choices)

    def _place(self, cursor: str) -> int:
        if not cursor:
            return 0
        place = _PLACE.fullmatch(cursor)
        if place is None:
            raise CursorExpired("This is no place in the embedded CRM.")
        if place["identity"] != self._database.identity:
            # Read anew, it would count as all records deleted, and its own would take over their ids and links.
            raise ConfigError(
                f"{self._database.path} is another CRM file than before, maybe made anew because the old one was away;"
                " put the old one back, or give the CRM another name to begin again",
                key="path",
            )
        return int(place["seq"])


def _answer(unit: sqlite3.Connection, key: str) -> dict[str, str] | None:
    row = unit.execute("SELECT answer FROM keys WHERE key = ?", (key,)).fetchone()
    return json.loads(row["answer"]) if row is not None else None


def _remember(unit: sqlite3.Connection, key: str, answer: dict[str, str]) -> None:
    unit.execute("INSERT INTO keys VALUES (?, ?)", (key, json.dumps(answer)))


def parse_owner(text: str) -> Owner:
    """An owner as the configuration names one: "Ida Bø <ida@bo.example>", or just a name."""
    name, email = parseaddr(text)
    if "@" not in email:
        return Owner(text.strip(), text.strip())
    return Owner(email.lower(), name or email, email)


def open_local(connection: Connection) -> LocalAdapter:
    """Errors: ConfigError, Busy."""
    if not (path := connection.text("path")):
        raise ConfigError("the embedded CRM needs a path for its file", key="path")
    user = connection.text("user")
    owners = [parse_owner(text) for text in (*connection.names("owners"), *((user,) if user else ())) if text.strip()]
    return LocalAdapter(
        connection.name,
        Path(path).expanduser(),
        user=parse_owner(user).name if user else "",
        owners=owners,
        choices=parse_choices(connection.names("stages"), connection.names("statuses")),
    )


BACKEND = Backend(
    name="local",
    title="Embedded CRM",
    options=(
        OptionSpec("path", OptionType.PATH, "The file that holds the CRM; it is made when missing.", required=True),
        OptionSpec("user", OptionType.TEXT, "On whose behalf it is changed: “Ida Bø <ida@bo.example>”.", default=""),
        OptionSpec("owners", OptionType.LIST, "Who can own records, each like the user.", default=()),
        OptionSpec("stages", OptionType.LIST, "Sales stages with their probability: “Tilbud sendt 30”.", default=()),
        OptionSpec("statuses", OptionType.LIST, "Statuses of a lead, the first for new ones.", default=()),
    ),
    open=open_local,
    asks_first=False,
    needs_secret=False,
)
