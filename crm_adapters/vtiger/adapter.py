"""vtiger behind the adapter contract."""

from __future__ import annotations

import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo
from crm_adapters.http import HttpClient
from crm_adapters.pace import pace_of
from crm_adapters.site import SITE_OPTIONS, site_of
from crm_adapters.vtiger import activities, conversion, files, leads, people, relations, vtql, writing
from crm_adapters.vtiger.activity_rows import activities_of
from crm_adapters.vtiger.changes import changes
from crm_adapters.vtiger.faults import OperationMissing, Refused
from crm_adapters.vtiger.fields import MARK_FIELD, MODULES
from crm_adapters.vtiger.mail_text import LONGEST_BODY
from crm_adapters.vtiger.records import Records
from crm_adapters.vtiger.service import Service, budget_of, is_cloud, service_site
from crm_model.errors import ConfigError
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

PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)
_CLOUD_CALLS_PER_SECOND, _CLOUD_BURST = 4.0, 25


class VtigerAdapter(Adapter):
    """One user of one vtiger."""

    def __init__(self, name: str, records: Records, *, converted_status: str = "") -> None:
        self.name = name
        self.capabilities = Capabilities(
            # `sync` names the deletions of a user's own records only, and under PHP 8 none.
            deletions=False,
            checks_revision=False,
            emoji=False,
            longest_body=LONGEST_BODY,
            parallel_calls=4,
        )
        self._records, self._converted_status = records, converted_status

    def test(self) -> ServerInfo:
        session = self._records.service.session
        product = "vtiger CRM Cloud" if session.version == "cloud" else f"vtiger CRM {session.version}".rstrip()
        counts = {kind: self._records.count(kind) for kind in RecordKind}
        return ServerInfo(product, counts, user=session.user, notes=tuple(self._notes()))

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._records.specs(kind, anew=True)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        # A character beyond U+FFFF is in no address that a database of three bytes holds.
        wanted = [email.strip() for email in emails if "@" in email and all(char <= "\uffff" for char in email)]
        return tuple(record for kind in PEOPLE for record in self._holding(kind, wanted))

    def get(self, kind: RecordKind, record_id: str) -> Record:
        people.learn_names(self._records)
        return writing.find(self._records, kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return writing.create(self._records, kind, fields, key)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return writing.update(self._records, kind, record_id, fields, if_revision)

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        people.learn_names(self._records)
        return changes(self._records, kind, cursor, limit)

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        living = self._records.living(kind, record_ids)
        # A converted lead is not listed any more, but it is still there.
        return frozenset(
            record_id
            for record_id in record_ids
            if record_id not in living
            and not (self._records.module_of(kind).holds(record_id) and self._records.retrieved(record_id) is not None)
        )

    def delete(self, kind: RecordKind, record_id: str) -> None:
        if self._records.module_of(kind).holds(record_id):
            self._records.delete(record_id)

    def convert_lead(self, lead_id: str, conversion_: Conversion, key: str) -> Converted:
        return conversion.convert(self._records, lead_id, conversion_, key, converted_status=self._converted_status)

    def relate(self, one: Ref, other: Ref) -> None:
        relations.relate(self._records, one, other)

    def unrelate(self, one: Ref, other: Ref) -> None:
        relations.unrelate(self._records, one, other)

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        return relations.related(self._records, one, kind)

    def log_activity(self, activity: Activity, key: str) -> str:
        return activities.log(self._records, activity, key)

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        activities.set_done(self._records, activity_id, done)

    def delete_activity(self, activity_id: str) -> None:
        activities.delete(self._records, activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        return activities_of(self._records, kind, self.get(kind, record_id).id, limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return files.attach(self._records, about, file, key)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return files.files_of(self._records, about)

    def owners(self) -> tuple[Owner, ...]:
        return people.owners(self._records)

    def close(self) -> None:
        self._records.service.close()

    def _holding(self, kind: RecordKind, emails: Sequence[str]) -> list[Record]:
        columns = [column for column in ("email", "secondaryemail") if column in self._records.module_of(kind).fields]
        rows = [
            row
            for part in vtql.portions(emails)
            for row in self._records.all_rows(MODULES[kind], *(vtql.among(column, part) for column in columns))
        ]
        each_once = list({str(row.get("id", "")): row for row in rows}.values())
        if kind is RecordKind.LEAD:
            return leads.read_leads(self._records, each_once) if each_once else []
        return [self._records.read(kind, row) for row in each_once]

    def _notes(self) -> list[str]:
        """What this server does otherwise, found out by calls that change nothing."""
        service, notes = self._records.service, []
        now = str(service.session.server_time())
        if not self._works("sync", modifiedTime=now, elementType=MODULES[RecordKind.LEAD]):
            notes.append("Its web service can't tell deletions (usual under PHP 8): they are found by comparing.")
        if "convertlead" in service.session.findings.missing:
            notes.append("Its web service can't convert leads (usual under PHP 8): they are converted step by step.")
        if not all(self._records.keeps_marks(self._records.module_of(kind)) for kind in RecordKind):
            notes.append("It has no field for our marks: name one in key_field, else equal records are taken for one.")
        return notes

    def _works(self, operation: str, **params: str) -> bool:
        try:
            self._records.service.try_read(operation, **params)
        except OperationMissing:
            return False
        except Refused:
            return True
        return True


def open_vtiger(connection: Connection) -> VtigerAdapter:
    """Errors: ConfigError. Nothing is called yet."""
    site = service_site(site_of(connection))
    user = connection.text("user").strip()
    if not user:
        raise ConfigError("vtiger needs the name of a user", key="user")
    try:
        zone = ZoneInfo(connection.text("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError("this is no time zone; it should look like Europe/Oslo", key="time_zone") from error
    cloud = connection.text("api") == "cloud" or (connection.text("api") != "webservice" and is_cloud(site))
    pace = pace_of(connection, _CLOUD_CALLS_PER_SECOND, _CLOUD_BURST) if cloud else None
    client = HttpClient(site, pace=pace, read_budget=lambda headers: budget_of(headers, time.time()))
    records = Records(
        Service(client, user, connection.secret, cloud=cloud),
        zone,
        site_url=site.url,
        key_field=connection.text("key_field") or MARK_FIELD,
    )
    return VtigerAdapter(connection.name, records, converted_status=connection.text("converted_status"))


BACKEND = Backend(
    name="vtiger",
    title="vtiger CRM",
    options=(
        *SITE_OPTIONS,
        OptionSpec("user", OptionType.TEXT, "The user's name in vtiger.", required=True),
        OptionSpec(
            "api",
            OptionType.TEXT,
            "The interface: webservice.php of an own server, or the cloud of the vendor; auto looks at the address.",
            default="auto",
            choices=("auto", "webservice", "cloud"),
        ),
        OptionSpec("time_zone", OptionType.TEXT, "Time zone of the server's database.", default="UTC"),
        OptionSpec(
            "converted_status",
            OptionType.TEXT,
            "Status of a lead that was converted where the server can't do it itself; left out if it is not offered.",
            default="Converted",
        ),
        OptionSpec(
            "key_field",
            OptionType.TEXT,
            "Text field that keeps our marks, so that nothing is made twice; the default is vtiger's own.",
            default=MARK_FIELD,
        ),
    ),
    open=open_vtiger,
    credential_help="The user's access key, from My Preferences in vtiger; it is not the password.",
)
