"""Salesforce behind the adapter contract."""

from __future__ import annotations

from collections.abc import Sequence

from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo, Write
from crm_adapters.salesforce.activities import LONGEST_BODY, Activities
from crm_adapters.salesforce.api import ID, Api, as_row, quoted
from crm_adapters.salesforce.changes import page_after
from crm_adapters.salesforce.conversion import Converter
from crm_adapters.salesforce.fields import CONTACT, LEAD, OBJECTS
from crm_adapters.salesforce.links import Links
from crm_adapters.salesforce.records import BATCH, Records
from crm_adapters.site import SITE_OPTIONS, site_of
from crm_model.errors import ConfigError, HitchpostError, NotFound
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


class SalesforceAdapter(Adapter):
    """One organisation, one user."""

    def __init__(self, connection: Connection) -> None:
        self.name = connection.name
        self._key_field = connection.text("key_field")
        self._api = Api(site_of(connection), connection)
        self._records = Records(self._api, self._key_field)
        self._activities = Activities(self._api, self._records)
        self._links = Links(self._api, self._records)
        self._converter = Converter(self._api, self._records, connection.text("convert") == "by_hand")
        self.capabilities = Capabilities(
            keeps_keys=bool(self._key_field),
            checks_revision=False,
            batch_size=BATCH,
            parallel_calls=4,
            longest_body=LONGEST_BODY,
        )

    def test(self) -> ServerInfo:
        self._need_key_field()
        counts = {kind: self._count(kind) for kind in OBJECTS}
        user = as_row(self._api.get("/services/oauth2/userinfo"))
        notes = () if self._key_field else ("Without a key_field, what has the same content is taken for one record.",)
        return ServerInfo("Salesforce", counts, str(user.get("name") or ""), notes)

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._records.schema(kind).specs

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        wanted = [each for each in dict.fromkeys(clean_text(email).strip().lower() for email in emails) if "@" in each]
        if not wanted:
            return ()
        condition = f"Email IN ({', '.join(quoted(each) for each in wanted)})"
        found = [(kind, row) for kind in (LEAD, CONTACT) for row in self._records.where(kind, condition)]
        return tuple(self._records.record(kind, row) for kind, row in found)

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._records.get(kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return self._records.create(kind, fields, key)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return self._records.update(kind, record_id, fields, if_revision)

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        return self._records.write(writes)

    def delete(self, kind: RecordKind, record_id: str) -> None:
        if ID.fullmatch(record_id):
            try:
                self._api.call("DELETE", f"sobjects/{OBJECTS[kind]}/{record_id}")
            except NotFound:
                return

    def changes(self, kind: RecordKind, cursor: str, limit: int = BATCH) -> RecordPage:
        return page_after(self._records, kind, cursor, max(1, min(limit, 2000)), self._api.now())

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        seen: set[str] = set()
        known = [each for each in record_ids if ID.fullmatch(each)]
        for start in range(0, len(known), BATCH):
            ids = ", ".join(quoted(each) for each in known[start : start + BATCH])
            rows = self._api.query(f"SELECT Id FROM {OBJECTS[kind]} WHERE Id IN ({ids})")
            seen |= {str(row.get("Id")) for row in rows}
        return frozenset(record_ids) - seen

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        return self._converter.convert(lead_id, conversion, key)

    def relate(self, one: Ref, other: Ref) -> None:
        self._links.set(one, other, linked=True)

    def unrelate(self, one: Ref, other: Ref) -> None:
        self._links.set(one, other, linked=False)

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        return self._links.of_kind(one, kind)

    def log_activity(self, activity: Activity, key: str) -> str:
        return self._activities.log(activity)

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        self._activities.set_done(activity_id, done=done)

    def delete_activity(self, activity_id: str) -> None:
        self._activities.delete(activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        return self._activities.of_record((kind, record_id), limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return self._links.attach(about, file)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return self._links.files(about)

    def owners(self) -> tuple[Owner, ...]:
        rows = self._api.query("SELECT Id, Name, Email FROM User WHERE IsActive = true ORDER BY Name")
        return tuple(Owner(str(row.get("Id")), str(row.get("Name")), str(row.get("Email") or "")) for row in rows)

    def close(self) -> None:
        self._api.close()

    def _count(self, kind: RecordKind) -> int:
        answer = as_row(self._api.get("query", {"q": f"SELECT COUNT() FROM {OBJECTS[kind]}"}))
        total = answer.get("totalSize")
        return total if isinstance(total, int) else 0

    def _need_key_field(self) -> None:
        """Errors: ConfigError where the field for our keys is not there, or no external id."""
        for kind in OBJECTS if self._key_field else ():
            described = as_row(self._api.get(f"sobjects/{OBJECTS[kind]}/describe")).get("fields")
            fields = [as_row(each) for each in described] if isinstance(described, list) else []
            if not any(each.get("name") == self._key_field and each.get("externalId") is True for each in fields):
                raise ConfigError(
                    f"{OBJECTS[kind]} has no external id field {self._key_field}: make a unique text field of 80"
                    " characters with that name on leads, contacts, accounts and opportunities, or leave key_field out",
                    key="key_field",
                )


BACKEND = Backend(
    name="salesforce",
    title="Salesforce",
    options=(
        *SITE_OPTIONS,
        OptionSpec("client_id", OptionType.TEXT, "The consumer key of the connected app.", required=True),
        OptionSpec("user", OptionType.TEXT, "The user name, for signing in with a private key.", default=""),
        OptionSpec("key_field", OptionType.TEXT, "External id field for our keys; without one, content is the key."),
        OptionSpec(
            "convert",
            OptionType.TEXT,
            "Convert leads by Salesforce's own conversion where it is offered, or always by hand.",
            default="auto",
            choices=("auto", "by_hand"),
        ),
        OptionSpec("api_version", OptionType.TEXT, "The version of the API.", default="62.0"),
    ),
    open=SalesforceAdapter,
    credential_help='A private key (PEM), or {"refresh_token": "…", "client_secret": "…"}.',
)
