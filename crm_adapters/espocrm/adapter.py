"""EspoCRM behind the adapter contract."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from crm_adapters.contract import Adapter, Backend, Capabilities, RecordPage, ServerInfo
from crm_adapters.espocrm.activities import Activities
from crm_adapters.espocrm.api import PAGE, Api, Where, as_row, one_of
from crm_adapters.espocrm.changes import Place, place_after
from crm_adapters.espocrm.conversion import Converter
from crm_adapters.espocrm.fields import CONTACT, ENTITIES, LEAD
from crm_adapters.espocrm.links import Links
from crm_adapters.espocrm.records import Records
from crm_adapters.espocrm.server import Facts, facts_of, log_in
from crm_adapters.site import SITE_OPTIONS, site_of
from crm_model.errors import NotFound, Rejected
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

_EMAILS_AT_ONCE = 20


class EspoAdapter(Adapter):
    """One EspoCRM, one user."""

    capabilities = Capabilities(
        deletions=False,
        keeps_keys=False,
        checks_revision=False,
        mail_threads=True,
        parallel_calls=4,
    )

    def __init__(self, connection: Connection) -> None:
        self.name = connection.name
        self._user = connection.text("user")
        self._api = Api(site_of(connection), connection)

    @cached_property
    def _facts(self) -> Facts:
        return facts_of(self._api, self._user)

    @cached_property
    def _records(self) -> Records:
        return Records(self._api, self._facts)

    @cached_property
    def _activities(self) -> Activities:
        return Activities(self._api, self._facts)

    @cached_property
    def _links(self) -> Links:
        return Links(self._api, self._facts)

    def test(self) -> ServerInfo:
        log_in(self._api)
        counts = {kind: self._count(kind) for kind in ENTITIES}
        notes = (
            "Deleted records are noticed by asking for them from time to time.",
            "EspoCRM keeps no keys: what has the same content is taken for the same record.",
        )
        return ServerInfo(f"EspoCRM at {self._api.site.host}", counts, self._facts.user_name, notes)

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        return self._records.schema(kind).specs

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        wanted = [each for each in dict.fromkeys(clean_text(email).strip().lower() for email in emails) if "@" in each]
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), _EMAILS_AT_ONCE):
            for kind in (LEAD, CONTACT):
                some = self._records.by_email(kind, wanted[start : start + _EMAILS_AT_ONCE])
                found |= {record.id: record for record in some}
        return tuple(found.values())

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._records.get(kind, record_id)

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return self._records.create(kind, fields)

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return self._records.update(kind, record_id, fields, if_revision)

    def delete(self, kind: RecordKind, record_id: str) -> None:
        try:
            self._api.row(ENTITIES[kind], record_id)
            self._api.send("DELETE", f"{ENTITIES[kind]}/{record_id}")
        except NotFound:
            return

    def changes(self, kind: RecordKind, cursor: str, limit: int = PAGE) -> RecordPage:
        place, now = Place.parse(cursor), self._api.now()
        size = max(1, min(limit, PAGE))
        rows = self._records.listed(kind, place.condition(), size)
        after = place_after(place, rows, more=len(rows) == size, now=now)
        return RecordPage(self._records.details(kind, rows), (), after.text(), more=len(rows) == size)

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(each for each in self._records.missing(kind, record_ids) if self._is_gone(kind, each))

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        return Converter(self._api, self._records).convert(lead_id, conversion)

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
        """The people that this user may see; at least the user."""
        own = Owner(self._facts.user_id, self._facts.user_name, self._facts.user_email)
        where: Where = [one_of("type", ("regular", "admin")), {"type": "isTrue", "attribute": "isActive"}]
        try:
            rows = list(self._api.all_rows("User", where, select=("id", "name", "userName", "emailAddress")))
        except Rejected:
            rows = []
        found = {own.id: own}
        for row in rows:
            name = str(row.get("name") or row.get("userName") or row.get("id"))
            found[str(row.get("id"))] = Owner(str(row.get("id")), name, str(row.get("emailAddress") or ""))
        return tuple(sorted(found.values(), key=lambda owner: (owner.name, owner.id)))

    def close(self) -> None:
        self._api.close()

    def _count(self, kind: RecordKind) -> int:
        total = as_row(self._api.get(ENTITIES[kind], {"maxSize": "1", "select": "id"})).get("total")
        return max(0, total) if isinstance(total, int) else 0  # below zero: "more than you may know"

    def _is_gone(self, kind: RecordKind, record_id: str) -> bool:
        """A record may also be out of a list because we may not see it any more."""
        try:
            self._api.row(ENTITIES[kind], record_id)
        except NotFound:
            return True
        except Rejected:
            return False
        return False


def open_espocrm(connection: Connection) -> EspoAdapter:
    """Errors: ConfigError."""
    return EspoAdapter(connection)


BACKEND = Backend(
    name="espocrm",
    title="EspoCRM",
    options=(
        *SITE_OPTIONS,
        OptionSpec("user", OptionType.TEXT, "The user name; leave it out for an API user with a key.", default=""),
    ),
    open=open_espocrm,
    credential_help="The user's password, or without a user the key of an API user.",
)
