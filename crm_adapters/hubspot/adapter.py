"""HubSpot behind the adapter contract."""

from __future__ import annotations

from collections.abc import Sequence

from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo, Write
from crm_adapters.http import HttpClient
from crm_adapters.hubspot import activities, conversion, fields, files, people, relations, writing
from crm_adapters.hubspot.activity_texts import LONGEST_BODY
from crm_adapters.hubspot.api import MOST_INPUTS, Api, budget_of, rows_of
from crm_adapters.hubspot.changes import changes
from crm_adapters.hubspot.records import Records, is_id
from crm_adapters.pace import Pace
from crm_adapters.site import SITE_OPTIONS, checked_site
from crm_model.errors import HitchpostError, NotFound
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

_URL = "https://api.hubapi.com"
_CALLS_PER_SECOND, _BURST = 9.0, 60  # a hundred in ten seconds are the least that any edition allows
_GROUPS = 5
PEOPLE = (RecordKind.LEAD, RecordKind.CONTACT)


class HubSpotAdapter(Adapter):
    """One account of HubSpot."""

    def __init__(self, name: str, records: Records) -> None:
        self.name = name
        self.capabilities = Capabilities(
            deletions=False,
            keeps_keys=bool(records.key_property),
            checks_revision=False,
            batch_size=MOST_INPUTS,
            longest_body=LONGEST_BODY,
        )
        self._records = records

    def test(self) -> ServerInfo:
        portal, _ = people.learn_account(self._records.api)
        counts = {kind: self._count(kind) for kind in RecordKind}
        return ServerInfo(f"HubSpot account {portal}".rstrip(), counts, notes=tuple(self._notes()))

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._records.specs(kind, anew=True)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        wanted = list(dict.fromkeys(email.strip().lower() for email in emails if "@" in email))
        if not wanted:
            return ()
        # By its main address a contact is found at once; by another one only through the search, which is late.
        ids = [record.id for kind in PEOPLE for record in self._records.read_many(kind, wanted, by="email")]
        ids += [str(row.get("id", "")) for row in self._with_other_address(wanted)]
        contacts = self._records.read_many(RecordKind.CONTACT, ids)
        known = {record.id for record in contacts}
        leads = self._records.read_many(RecordKind.LEAD, [each for each in dict.fromkeys(ids) if each not in known])
        return (*leads, *contacts)

    def get(self, kind: RecordKind, record_id: str) -> Record:
        people.learn_names(self._records.api)
        return self._records.find(kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return writing.create(self._records, kind, fields, key)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return writing.update(self._records, kind, record_id, fields, if_revision)

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        return tuple(writing.write(self._records, writes))

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        people.learn_names(self._records.api)
        people.learn_account(self._records.api)
        return changes(self._records, kind, cursor, limit)

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(record_ids) - {record.id for record in self._records.read_many(kind, record_ids)}

    def delete(self, kind: RecordKind, record_id: str) -> None:
        if is_id(record_id):
            try:
                self._records.api.remove(self._records.api.objects(fields.TYPES[kind], record_id))
            except NotFound:
                return

    def convert_lead(self, lead_id: str, conversion_: Conversion, key: str) -> Converted:
        return conversion.convert(self._records, lead_id, conversion_, key)

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
        return activities.activities_of(self._records, kind, self.get(kind, record_id).id, limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return files.attach(self._records, about, file)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return files.files_of(self._records, about)

    def owners(self) -> tuple[Owner, ...]:
        return people.owners(self._records.api)

    def close(self) -> None:
        self._records.api.close()

    def _with_other_address(self, emails: Sequence[str]) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for start in range(0, len(emails), _GROUPS):
            groups = [
                {"filters": [{"propertyName": "hs_additional_emails", "operator": "CONTAINS_TOKEN", "value": email}]}
                for email in emails[start : start + _GROUPS]
            ]
            query = {"filterGroups": groups, "properties": ["hs_additional_emails"], "limit": 100}
            for row in rows_of(self._records.api.search("contacts", query)):
                properties = row.get("properties")
                held = str(properties.get("hs_additional_emails") or "") if isinstance(properties, dict) else ""
                if {part.strip().lower() for part in held.split(";")} & set(emails):
                    found.append(dict(row))
        return found

    def _count(self, kind: RecordKind) -> int:
        stages = {"propertyName": fields.STAGE, "values": sorted(self._records.lead_stages)}
        operator = {RecordKind.LEAD: "IN", RecordKind.CONTACT: "NOT_IN"}.get(kind)
        groups = [{"filters": [{**stages, "operator": operator}]}] if operator else []
        query = {"filterGroups": groups, "properties": ["hs_object_id"], "limit": 1}
        total = self._records.api.search(fields.TYPES[kind], query).get("total")
        return total if isinstance(total, int) else 0

    def _notes(self) -> list[str]:
        if self._records.key_property:
            return []
        return ["Without key_property equal records are taken for one: see the documentation of HubSpot's settings."]


def open_hubspot(connection: Connection) -> HubSpotAdapter:
    """Errors: ConfigError. Nothing is called yet."""
    site = checked_site(
        connection.text("url") or _URL,
        account=connection.name,
        ca_file=connection.text("ca_file"),
        allow_http=connection.options.get("allow_http") is True,
    )
    client = HttpClient(site, pace=Pace(_CALLS_PER_SECOND, _BURST), read_budget=budget_of)
    records = Records(
        Api(client, connection, version=connection.text("api_version") or "v3"),
        lead_stages=connection.names("lead_stages") or fields.LEAD_STAGES,
        contact_stage=connection.text("contact_stage") or "opportunity",
        key_property=connection.text("key_property"),
    )
    return HubSpotAdapter(connection.name, records)


BACKEND = Backend(
    name="hubspot",
    title="HubSpot",
    options=(
        OptionSpec("url", OptionType.TEXT, "Address of the API.", default=_URL),
        OptionSpec("lead_stages", OptionType.LIST, "Lifecycle stages of leads.", default=fields.LEAD_STAGES),
        OptionSpec("contact_stage", OptionType.TEXT, "Stage of a contact or a converted lead.", default="opportunity"),
        OptionSpec("key_property", OptionType.TEXT, "Unique text property that keeps our keys.", default=""),
        OptionSpec("api_version", OptionType.TEXT, "Version of the API: v3, or a date like 2026-03.", default="v3"),
        *(option for option in SITE_OPTIONS if option.name != "url"),
    ),
    open=open_hubspot,
    credential_help="The token of a private app, or a JSON object with client_id, client_secret and refresh_token.",
)
