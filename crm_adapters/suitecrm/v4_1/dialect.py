"""SuiteCRM through its legacy REST: the interface that sees deletions, seconds and addresses."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from crm_adapters.spelling import sql_time, time_of, whole_of
from crm_adapters.suitecrm.dialect import Dialect, Person, Row, Taken, Values, VendorField
from crm_adapters.suitecrm.text import from_server
from crm_adapters.suitecrm.v4_1.answers import fields_of, rows_of
from crm_adapters.suitecrm.v4_1.calls import LegacyCalls
from crm_model.errors import NotFound, NotSupported, Rejected, UnknownOutcome, Unreachable
from crm_model.records import FileContent

_TABLES = {"EmailAddresses": "email_addresses"}
_LINK_FIELDS = {"email_addresses": ("id", "email_address")}
_MOST_USERS = 1_000


class LegacyDialect(Dialect):
    sees_deletions = True
    batch_size = 20

    def __init__(self, calls: LegacyCalls) -> None:
        self._calls = calls

    def product(self) -> str:
        info = self._calls.server_info()
        if info.get("suitecrm_version"):
            return f"SuiteCRM {info['suitecrm_version']} (v4_1)"
        return f"SugarCRM {info.get('flavor', '')} {info.get('version')} (v4_1)"

    def now(self) -> datetime:
        return time_of(self._calls.server_info().get("gmt_time")) or datetime.now(UTC)

    def me(self) -> Person:
        session = self._calls.session()
        return Person(session.user_id, session.user_name)

    def users(self) -> tuple[Person, ...]:
        fields = ["id", "user_name", "first_name", "last_name", "email1"]
        try:
            rows = self._list("Users", "users.status='Active'", fields, order="user_name asc", limit=_MOST_USERS)
        except (Rejected, NotSupported):
            return (self.me(),)
        return tuple(_person(row) for row in rows)

    def describe(self, module: str) -> dict[str, VendorField]:
        return fields_of(self._calls.call("get_module_fields", module, []))

    def count(self, module: str) -> int:
        answer = self._calls.call("get_entries_count", module, "", 0)
        return whole_of(answer.get("result_count")) or 0 if isinstance(answer, Mapping) else 0

    def get(self, module: str, record_id: str, fields: Sequence[str], links: Sequence[str] = ()) -> Row | None:
        answer = self._calls.call("get_entry", module, record_id, _wanted(fields), _linked(links), False)
        rows = rows_of(answer)
        return rows[0] if rows and not rows[0].deleted else None

    def get_many(self, module: str, ids: Sequence[str], fields: Sequence[str], links: Sequence[str]) -> list[Row]:
        answer = self._calls.call("get_entries", module, list(ids), _wanted(fields), _linked(links), False)
        return [row for row in rows_of(answer) if not row.deleted]

    def write_many(self, module: str, rows: Sequence[tuple[str, Values, bool]]) -> None:
        lists = [
            _pairs({**({"new_with_id": True} if is_new else {}), "id": record_id, **values})
            for record_id, values, is_new in rows
        ]
        self._calls.call("set_entries", module, lists, writes=True)

    def look(self, module: str, record_id: str) -> bool | None:
        if module == "Emails":  # asked for deleted ones, too, its query is broken and the server crashes
            return True if self.get(module, record_id, ()) is not None else None
        where = f"{_table(module)}.id={quoted(record_id)}"
        rows = self._list(module, where, ["id", "deleted"], limit=1, deleted=True)
        return not rows[0].deleted if rows else None

    def changed(
        self,
        module: str,
        fields: Sequence[str],
        links: Sequence[str],
        *,
        since: datetime | None,
        after: str,
        limit: int,
    ) -> list[Row]:
        table = _table(module)
        conditions = [f"{table}.id > {quoted(after)}"] if after else []
        if since is not None:
            conditions.insert(0, f"{table}.date_modified >= {quoted(sql_time(since))}")
        return self._list(
            module,
            " and ".join(conditions),
            fields,
            links=links,
            order="id asc",  # a qualified name would be dropped without a word
            limit=limit,
            deleted=since is not None,
        )

    def matching(
        self, module: str, column: str, value: str, fields: Sequence[str], *, newest: str, limit: int
    ) -> list[Row]:
        where = f"{_table(module)}.{column}={quoted(value)}"
        return self._list(module, where, fields, order=f"{newest} desc", limit=limit)

    def mails_of(self, module: str, record_id: str, fields: Sequence[str], *, newest: str, limit: int) -> list[Row]:
        inner = f"select eb.email_id from emails_beans eb where eb.bean_id={quoted(record_id)} and eb.deleted=0"
        try:
            listed = self._list("Emails", f"emails.id in ({inner})", [newest], order=f"{newest} desc", limit=limit)
        except (Rejected, Unreachable):  # a stricter filter of queries: all of them, then
            listed = self.related(module, record_id, "emails", [newest])
            listed = sorted(listed, key=lambda row: row.values.get(newest, ""), reverse=True)[:limit]
        if not listed:
            return []
        # A list knows neither text nor addresses of an e-mail.
        ids = [row.id for row in listed]
        return self.get_many("Emails", ids, fields, ())

    def holding(self, module: str, emails: Sequence[str], fields: Sequence[str], links: Sequence[str]) -> list[Row]:
        found: dict[str, Row] = {}
        for email in emails:
            inner = (
                "select eabr.bean_id from email_addr_bean_rel eabr join email_addresses ea"
                " on ea.id=eabr.email_address_id"
                f" where eabr.bean_module={quoted(module)} and eabr.deleted=0 and ea.email_address_caps={_caps(email)}"
            )
            rows = self._list(module, f"{_table(module)}.id in ({inner})", fields, links=links, limit=_MOST_USERS)
            found.update({row.id: row for row in rows})
        return list(found.values())

    def insert(self, module: str, record_id: str, values: Values) -> None:
        try:
            self._set(module, {"new_with_id": True, "id": record_id, **values})
        except UnknownOutcome:
            # An id that is taken makes the server crash just like any other trouble.
            if self.look(module, record_id) is None:
                raise
            raise Taken(f"There is a record {record_id} already.") from None

    def update(self, module: str, record_id: str, values: Values) -> None:
        self._set(module, {"id": record_id, **values})

    def delete(self, module: str, record_id: str) -> None:
        self._set(module, {"id": record_id, "deleted": 1})

    def related(self, module: str, record_id: str, link: str, fields: Sequence[str]) -> list[Row]:
        answer = self._calls.call("get_relationships", module, record_id, link, "", _wanted(fields), [], 0)
        return rows_of(answer)

    def relate(self, module: str, record_id: str, link: str, other_module: str, other_id: str) -> None:
        answer = self._calls.call("set_relationship", module, record_id, link, [other_id], [], 0, writes=True)
        if not isinstance(answer, Mapping) or answer.get("created") != 1:
            raise NotSupported(f"This CRM does not link {module} with {other_module}.", feature="relations")

    def unrelate(self, module: str, record_id: str, link: str, other_id: str) -> None:
        self._calls.call("set_relationship", module, record_id, link, [other_id], [], 1, writes=True)

    def address_id(self, email: str) -> str:
        rows = self._list("EmailAddresses", f"email_addresses.email_address_caps={_caps(email)}", ["id"], limit=1)
        if rows:
            return rows[0].id
        values = {"email_address": email, "email_address_caps": _upper(email)}
        return self._set("EmailAddresses", values)

    def attach(self, note_id: str, file: FileContent, parent: tuple[str, str]) -> None:
        note = {
            "id": note_id,
            "filename": file.name,
            "file": base64.b64encode(file.content).decode(),
            "related_module_name": parent[0],
            "related_module_id": parent[1],
        }
        answer = self._calls.call("set_note_attachment", note, writes=True)
        if not isinstance(answer, Mapping) or str(answer.get("id")) != note_id:
            raise NotFound("The note for the file is not there (any more).")

    def _list(
        self,
        module: str,
        where: str,
        fields: Sequence[str],
        *,
        limit: int,
        links: Sequence[str] = (),
        order: str = "",
        deleted: bool = False,
    ) -> list[Row]:
        answer = self._calls.call(
            "get_entry_list", module, where, order, 0, _wanted(fields), _linked(links), limit, int(deleted), False
        )
        return rows_of(answer)

    def _set(self, module: str, values: Values) -> str:
        answer = self._calls.call("set_entry", module, _pairs(values), writes=True)
        record_id = str(answer.get("id") or "") if isinstance(answer, Mapping) else ""
        if not record_id:
            raise Rejected("The CRM did not take the record, and does not say why.")
        return record_id


def quoted(text: str) -> str:
    """A value in a query: the server's filter lets “or 1=1” pass, so only this protects."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _table(module: str) -> str:
    return _TABLES.get(module, module.lower())


def _wanted(fields: Iterable[str]) -> list[str]:
    """`deleted` tells live rows from others, where both come."""
    return list(dict.fromkeys(("id", "deleted", *fields)))


def _pairs(values: Values) -> list[dict[str, object]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _linked(links: Sequence[str]) -> list[dict[str, object]]:
    return [{"name": link, "value": list(_LINK_FIELDS.get(link, ("id",)))} for link in links]


def _caps(email: str) -> str:
    return quoted(_upper(email))


def _upper(email: str) -> str:
    """As the server does it: ASCII alone."""
    return "".join(char.upper() if char.isascii() else char for char in email.strip())


def _person(row: Row) -> Person:
    name = " ".join(filter(None, (row.values.get("first_name"), row.values.get("last_name"))))
    return Person(row.id, from_server(name) or row.values.get("user_name", row.id), row.values.get("email1", ""))
