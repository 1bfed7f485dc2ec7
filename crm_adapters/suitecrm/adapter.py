"""SuiteCRM and Sugar CE behind the adapter contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_adapters.batching import write_together
from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo, Write
from crm_adapters.http import HttpClient
from crm_adapters.pace import pace_of
from crm_adapters.site import SITE_OPTIONS, site_of
from crm_adapters.sugar_family import MODULES
from crm_adapters.suitecrm.activities import Activities
from crm_adapters.suitecrm.activity_rows import LONGEST_BODY
from crm_adapters.suitecrm.conversion import Conversions
from crm_adapters.suitecrm.dialect import Dialect
from crm_adapters.suitecrm.login import CREDENTIAL_HELP, Login, login_of
from crm_adapters.suitecrm.probe import Found, probe
from crm_adapters.suitecrm.records import Records
from crm_adapters.suitecrm.v4_1.calls import LegacyCalls
from crm_adapters.suitecrm.v4_1.dialect import LegacyDialect
from crm_adapters.suitecrm.v8.calls import JsonApiCalls
from crm_adapters.suitecrm.v8.dialect import JsonApiDialect
from crm_model.errors import ConfigError, HitchpostError
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
_LINKS = {
    (_OPPORTUNITY, _CONTACT): ("Opportunities", "contacts", "Contacts"),
    (_CONTACT, _OPPORTUNITY): ("Contacts", "opportunities", "Opportunities"),
}
_BATCH = LegacyDialect.batch_size
_PER_SECOND, _BURST = 20.0, 40
"""The server has no limit of its own; this one keeps it usable for the others."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What works through the interface that was found."""

    dialect: Dialect
    records: Records
    activities: Activities
    conversions: Conversions


class SuiteCrmAdapter(Adapter):
    """One user of one server, through the interface that is found there at the first call."""

    def __init__(self, name: str, http: HttpClient, login: Login, api: str) -> None:
        self.name = name
        self.capabilities = Capabilities(
            checks_revision=False,
            emoji=False,
            longest_body=LONGEST_BODY,
            deletions=api != "v8",
            batch_size=_BATCH if api != "v8" else 1,
            parallel_calls=4,
        )
        self._http, self._login, self._api = http, login, api
        self._parts: _Parts | None = None

    def test(self) -> ServerInfo:
        me = self._open.dialect.me()
        counts = {kind: self._open.dialect.count(module) for kind, module in MODULES.items()}
        return ServerInfo(self._open.dialect.product(), counts, me.name, self._open.dialect.notes())

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._open.records.describe(kind)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        return self._open.records.find_by_email(emails)

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._open.records.get(kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return self._open.records.create(kind, fields, key)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return self._open.records.update(kind, record_id, fields, if_revision)

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        if self.capabilities.batch_size == 1 or not writes:
            return super().write(writes)
        return write_together(self._open.records, writes, lambda write: super(SuiteCrmAdapter, self).write([write])[0])

    def delete(self, kind: RecordKind, record_id: str) -> None:
        self._open.records.delete(kind, record_id)

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        return self._open.records.changes(kind, cursor, limit)

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        return self._open.conversions.convert(lead_id, conversion, key)

    def relate(self, one: Ref, other: Ref) -> None:
        module, link, other_module = self._link(one, other)
        self._open.records.row(*other)
        self._open.dialect.relate(module, one[1], link, other_module, other[1])

    def unrelate(self, one: Ref, other: Ref) -> None:
        module, link, _ = self._link(one, other)
        self._open.dialect.unrelate(module, one[1], link, other[1])

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        module, link, _ = self._link(one, (kind, ""))
        return tuple(row.id for row in self._open.dialect.related(module, one[1], link, ("id",)))

    def log_activity(self, activity: Activity, key: str) -> str:
        return self._open.activities.log(activity, key)

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        self._open.activities.set_done(activity_id, done=done)

    def delete_activity(self, activity_id: str) -> None:
        self._open.activities.delete(activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        return self._open.activities.listed(kind, record_id, limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return self._open.activities.attach(about, file, key)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return self._open.activities.files(about)

    def owners(self) -> tuple[Owner, ...]:
        return tuple(Owner(person.id, person.name, person.email) for person in self._open.dialect.users())

    def close(self) -> None:
        self._http.close()

    @property
    def _open(self) -> _Parts:
        """Errors: ConfigError, Unreachable."""
        if self._parts is None:
            found = probe(self._http, self._api)
            dialect = _dialect(self._http, found, self._login)
            records = Records(dialect, f"{self._http.site.url}/{found.page_url}")
            activities = Activities(dialect, records)
            self._parts = _Parts(dialect, records, activities, Conversions(dialect, records, activities))
            self.capabilities = replace(
                self.capabilities, deletions=dialect.sees_deletions, batch_size=dialect.batch_size
            )
        return self._parts

    def _link(self, one: Ref, other: Ref) -> tuple[str, str, str]:
        """Errors: NotSupported for kinds that can't be linked, NotFound for the one record."""
        if (one[0], other[0]) not in _LINKS:
            raise self.lacks("relations", f"does not link a {one[0]} with a {other[0]}")
        self._open.records.row(*one)
        return _LINKS[one[0], other[0]]


def open_suitecrm(connection: Connection) -> SuiteCrmAdapter:
    """Errors: ConfigError."""
    site, login = site_of(connection), login_of(connection)
    wanted = connection.text("api") or "auto"
    http = HttpClient(site, pace=pace_of(connection, _PER_SECOND, _BURST))
    return SuiteCrmAdapter(connection.name, http, login, "v8" if wanted == "auto" and not login.user else wanted)


def _dialect(http: HttpClient, found: Found, login: Login) -> Dialect:
    if found.dialect == "v8":
        if not login.client_id:
            raise ConfigError("this SuiteCRM offers V8 only, which needs a client_id and its secret", key="client_id")
        return JsonApiDialect(JsonApiCalls(http, found.root, found.api, login))
    return LegacyDialect(LegacyCalls(http, found.root, login.user, login.password))


BACKEND = Backend(
    name="suitecrm",
    title="SuiteCRM, Sugar CE",
    options=(
        *SITE_OPTIONS,
        OptionSpec("user", OptionType.TEXT, "The user that Hitchpost signs in as.", default=""),
        OptionSpec(
            "api",
            OptionType.TEXT,
            "The interface to use; auto takes v4_1 where there is one: V8 shows no deletions.",
            default="auto",
            choices=("auto", "v4_1", "v8"),
        ),
        OptionSpec("client_id", OptionType.TEXT, "For V8: the OAuth2 client that an admin made.", default=""),
    ),
    open=open_suitecrm,
    credential_help=CREDENTIAL_HELP,
)
