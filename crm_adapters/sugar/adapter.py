"""SugarCRM behind the adapter contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm_adapters.batching import write_together
from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo, Write
from crm_adapters.http import HttpClient
from crm_adapters.pace import pace_of
from crm_adapters.site import SITE_OPTIONS, site_of
from crm_adapters.sugar.activities import Activities
from crm_adapters.sugar.activity_rows import LONGEST_BODY
from crm_adapters.sugar.calls import AT_ONCE, SugarCalls
from crm_adapters.sugar.conversion import Conversions
from crm_adapters.sugar.records import Records
from crm_adapters.sugar.tokens import CREDENTIAL_HELP, Access
from crm_adapters.sugar.values import addresses_of, rows_of
from crm_adapters.sugar_family import MODULES
from crm_model.errors import HitchpostError
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

_OPPORTUNITY, _CONTACT = RecordKind.OPPORTUNITY, RecordKind.CONTACT
_LINKS = {(_OPPORTUNITY, _CONTACT): "contacts", (_CONTACT, _OPPORTUNITY): "opportunities"}
_PER_SECOND, _BURST = 20.0, 40
_BROWSER_NOTE = (
    "Signed in on the platform “base”, as browsers do: each signs the other out. "
    "An admin should register the platform “hitchpost” (Extension Platforms)."
)


class SugarAdapter(Adapter):
    """One user of one server."""

    def __init__(self, connection: Connection, http: HttpClient) -> None:
        self.name = connection.name
        self.capabilities = Capabilities(longest_body=LONGEST_BODY, batch_size=AT_ONCE, parallel_calls=4)
        self._http = http
        self._calls = SugarCalls(http, Access(http, connection))
        self._records = Records(self._calls, http.site.url)
        self._activities = Activities(self._calls, self._records)
        self._conversions = Conversions(self._calls, self._records)

    def test(self) -> ServerInfo:
        me = self._calls.document("GET", "me").get("current_user")
        info = self._calls.document("GET", "metadata", params={"type_filter": "server_info"}).get("server_info")
        facts: Mapping[str, object] = info if isinstance(info, Mapping) else {}
        product = " ".join(str(facts[name]) for name in ("flavor", "version") if facts.get(name))
        notes = (_BROWSER_NOTE,) if self._calls.platform() == "base" else ()
        user = str(me.get("user_name", "")) if isinstance(me, Mapping) else ""
        return ServerInfo(f"SugarCRM {product}".strip(), self._counts(), user, notes)

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._records.describe(kind)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        return self._records.find_by_email(emails)

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._records.get(kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        made = self._records.create(kind, fields, key)
        keeps_keys = self._records.takes_ids or self._records.shape(kind).has_sync_key
        self.capabilities = replace(self.capabilities, keeps_keys=keeps_keys)
        return made

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return self._records.update(kind, record_id, fields, if_revision)

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        return write_together(self._records, writes, lambda write: super(SugarAdapter, self).write([write])[0])

    def delete(self, kind: RecordKind, record_id: str) -> None:
        self._records.delete(kind, record_id)

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        return self._records.changes(kind, cursor, limit)

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        return self._conversions.convert(lead_id, conversion, key)

    def relate(self, one: Ref, other: Ref) -> None:
        path = self._link(one, other[0])
        self._records.row(*other)
        self._calls.call("POST", f"{path}/{other[1]}", body={})

    def unrelate(self, one: Ref, other: Ref) -> None:
        path = self._link(one, other[0])
        if other[1] in self.related(one, other[0]):
            self._calls.call("DELETE", f"{path}/{other[1]}")

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        params = {"fields": "id", "max_num": "500"}
        return tuple(
            str(row["id"]) for row in rows_of(self._calls.document("GET", self._link(one, kind), params=params))
        )

    def log_activity(self, activity: Activity, key: str) -> str:
        return self._activities.log(activity, key)

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        self._activities.set_done(activity_id, done=done)

    def delete_activity(self, activity_id: str) -> None:
        self._activities.delete(activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        return self._activities.listed(kind, record_id, limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return self._activities.attach(about, file, key)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return self._activities.files(about)

    def owners(self) -> tuple[Owner, ...]:
        return tuple(
            Owner(
                str(row["id"]),
                str(row.get("full_name") or row.get("user_name") or row["id"]),
                next(iter(addresses_of(row)), str(row.get("email1") or "")),
            )
            for row in self._records.users()
        )

    def close(self) -> None:
        self._http.close()

    def _counts(self) -> dict[RecordKind, int]:
        answers = self._calls.many([("GET", f"{module}/count", None) for module in MODULES.values()])
        counts: dict[RecordKind, int] = {}
        for kind, answer in zip(MODULES, answers, strict=True):
            if isinstance(answer, HitchpostError):
                raise answer
            count = answer.get("record_count") if isinstance(answer, Mapping) else None
            counts[kind] = count if isinstance(count, int) else 0
        return counts

    def _link(self, one: Ref, kind: RecordKind) -> str:
        """The path of a link. Errors: NotSupported for kinds that can't be linked, NotFound for the one record."""
        if (one[0], kind) not in _LINKS:
            raise self.lacks("relations", f"does not link a {one[0]} with a {kind}")
        self._records.row(*one)
        return f"{MODULES[one[0]]}/{one[1]}/link/{_LINKS[one[0], kind]}"


def open_sugar(connection: Connection) -> SugarAdapter:
    """Errors: ConfigError."""
    return SugarAdapter(connection, HttpClient(site_of(connection), pace=pace_of(connection, _PER_SECOND, _BURST)))


BACKEND = Backend(
    name="sugar",
    title="SugarCRM",
    options=(
        *SITE_OPTIONS,
        OptionSpec("user", OptionType.TEXT, "The user that Hitchpost signs in as.", required=True),
        OptionSpec("platform", OptionType.TEXT, "The platform that an admin registered for us.", default="hitchpost"),
        OptionSpec("client_id", OptionType.TEXT, "The OAuth key to sign in with.", default="sugar"),
    ),
    open=open_sugar,
    credential_help=CREDENTIAL_HELP,
)
