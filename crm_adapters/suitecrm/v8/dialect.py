"""SuiteCRM through its JSON:API: deletions are invisible, times lose their seconds, addresses are hard to search."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm_adapters.spelling import sql_time, whole_of
from crm_adapters.suitecrm.dialect import Dialect, Person, Row, Taken, Values, VendorField
from crm_adapters.suitecrm.v8.address_index import AddressIndex
from crm_adapters.suitecrm.v8.calls import JsonApiCalls, Refusal
from crm_adapters.suitecrm.v8.documents import fields_of, learnable, row_of, rows_of
from crm_model.errors import NotFound, NotSupported, Rejected
from crm_model.records import FileContent

_MOST_USERS = 500
_GONE = ("is not found", 'The option "id" with value')


class JsonApiDialect(Dialect):
    sees_deletions = False

    def __init__(self, calls: JsonApiCalls) -> None:
        self._calls = calls
        self._seen: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._index = AddressIndex(self)
        self._filters_addresses = True

    def product(self) -> str:
        return "SuiteCRM (V8)"

    def notes(self) -> tuple[str, ...]:
        return (
            "V8 does not show what was deleted: that is found out slowly, record by record.",
            "V8 does not tell the options of picklists: a new installation's are offered, and what records hold.",
        )

    def now(self) -> datetime:
        return self._calls.now()

    def me(self) -> Person:
        row = row_of(self._calls.call("GET", "current-user").get("data"))
        return _person(row)

    def users(self) -> tuple[Person, ...]:
        fields = ("user_name", "first_name", "last_name", "email1")
        try:
            rows = self._list("Users", fields, {"filter[status][eq]": "Active"}, limit=_MOST_USERS)
        except Rejected:
            rows = []
        return tuple(_person(row) for row in rows) or (self.me(),)

    def describe(self, module: str) -> dict[str, VendorField]:
        seen = {name: self._seen[module, name] for name in learnable(module)}
        return fields_of(module, self._calls.call("GET", f"meta/fields/{module}"), seen)

    def count(self, module: str) -> int:
        params = {f"fields[{module}]": "date_entered", "page[size]": "1", "page[number]": "1"}
        meta = self._calls.call("GET", f"module/{module}", params=params).get("meta")
        pages = meta.get("total-pages", 0) if isinstance(meta, Mapping) else 0
        return whole_of(pages) or 0

    def get(self, module: str, record_id: str, fields: Sequence[str], links: Sequence[str] = ()) -> Row | None:
        params = {f"fields[{module}]": ",".join(fields)} if fields else None
        try:
            row = row_of(self._calls.call("GET", f"module/{module}/{record_id}", params=params).get("data"))
        except Refusal as refusal:
            if _is_gone(refusal):
                return None
            raise
        self._learn(module, [row])
        return self._linked(module, row, links)

    def look(self, module: str, record_id: str) -> bool | None:
        return True if self.get(module, record_id, ("date_modified",)) is not None else None

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
        filters = {"filter[date_modified][gte]": sql_time(since)} if since is not None else {}
        if after:
            filters["filter[id][gt]"] = after
        rows = self._list(module, fields, filters, sort="id", limit=limit)
        return [self._linked(module, row, links) for row in rows]

    def matching(
        self, module: str, column: str, value: str, fields: Sequence[str], *, newest: str, limit: int
    ) -> list[Row]:
        return self._list(module, fields, {f"filter[{column}][eq]": value}, sort=f"-{newest}", limit=limit)

    def mails_of(self, module: str, record_id: str, fields: Sequence[str], *, newest: str, limit: int) -> list[Row]:
        rows = self.related(module, record_id, "emails", fields)
        return sorted(rows, key=lambda row: row.values.get(newest, ""), reverse=True)[:limit]

    def holding(self, module: str, emails: Sequence[str], fields: Sequence[str], links: Sequence[str]) -> list[Row]:
        found: dict[str, Row] = {}
        for email in emails:
            for row in self._with_address(module, email, fields):
                found[row.id] = self._linked(module, row, links)
        return list(found.values())

    def insert(self, module: str, record_id: str, values: Values) -> None:
        try:
            self._calls.call("POST", "module", body=_document(module, record_id, values))
        except Refusal as refusal:
            if "already exist" in refusal.detail:
                raise Taken(f"There is a record {record_id} already.") from refusal
            raise

    def update(self, module: str, record_id: str, values: Values) -> None:
        try:
            self._calls.call("PATCH", "module", body=_document(module, record_id, values))
        except Refusal as refusal:
            raise _not_found(refusal) from refusal

    def delete(self, module: str, record_id: str) -> None:
        try:
            self._calls.call("DELETE", f"module/{module}/{record_id}")
        except Refusal as refusal:
            if not _is_gone(refusal):
                raise

    def related(self, module: str, record_id: str, link: str, fields: Sequence[str]) -> list[Row]:
        return rows_of(self._calls.call("GET", f"module/{module}/{record_id}/relationships/{link}"))

    def relate(self, module: str, record_id: str, link: str, other_module: str, other_id: str) -> None:
        body = {"data": {"type": other_module, "id": other_id}}
        try:
            self._calls.call("POST", f"module/{module}/{record_id}/relationships/{link}", body=body)
        except Refusal as refusal:
            if "Cannot load relationship" in refusal.detail:
                sentence = f"This CRM does not link {module} with {other_module}."
                raise NotSupported(sentence, feature="relations") from refusal
            raise _not_found(refusal) from refusal

    def unrelate(self, module: str, record_id: str, link: str, other_id: str) -> None:
        try:
            self._calls.call("DELETE", f"module/{module}/{record_id}/relationships/{link}/{other_id}")
        except Refusal:
            if other_id in {row.id for row in self.related(module, record_id, link, ("id",))}:
                raise

    def address_id(self, email: str) -> str:
        caps = email.upper() if email.isascii() else email
        rows = self._list("EmailAddresses", ("email_address",), {"filter[email_address_caps][eq]": caps}, limit=1)
        if rows:
            return rows[0].id
        values = {"email_address": email, "email_address_caps": caps}
        body = {"data": {"type": "EmailAddresses", "attributes": values}}
        return row_of(self._calls.call("POST", "module", body=body).get("data")).id

    def attach(self, note_id: str, file: FileContent, parent: tuple[str, str]) -> None:
        content = base64.b64encode(file.content).decode()
        self.update("Notes", note_id, {"filename": file.name, "filecontents": content})

    def _with_address(self, module: str, email: str, fields: Sequence[str]) -> list[Row]:
        if self._filters_addresses:
            try:
                return self._list(module, fields, {"filter[email1][eq]": email}, limit=_MOST_USERS)
            except Refusal:  # on PHP 8 its own count of the rows fails: the address is no column
                self._filters_addresses = False
        rows = [self.get(module, record_id, fields) for record_id in self._index.holders(module, email)]
        return [row for row in rows if row is not None and email in _addresses(row)]

    def _list(
        self, module: str, fields: Sequence[str], filters: Mapping[str, str], *, limit: int, sort: str = ""
    ) -> list[Row]:
        params = {f"fields[{module}]": ",".join(fields), **filters, "page[size]": str(limit), "page[number]": "1"}
        if sort:
            params["sort"] = sort
        rows = rows_of(self._calls.call("GET", f"module/{module}", params=params))
        self._learn(module, rows)
        return rows

    def _linked(self, module: str, row: Row, links: Sequence[str]) -> Row:
        """A call per link, so only where there may be something: a second address shows in the row."""
        found: dict[str, list[dict[str, str]]] = {}
        for link in links:
            if link != "email_addresses" or row.values.get("email2"):
                others = self.related(module, row.id, link, ("id", "email_address"))
                found[link] = [{"id": each.id, **each.values} for each in others]
        return Row(row.id, row.values, found)

    def _learn(self, module: str, rows: Sequence[Row]) -> None:
        for name in learnable(module):
            self._seen[module, name].update(value for row in rows if (value := row.values.get(name)))


def _document(module: str, record_id: str, values: Values) -> dict[str, object]:
    return {"data": {"type": module, "id": record_id, "attributes": dict(values)}}


def _addresses(row: Row) -> set[str]:
    return {row.values.get(name, "").lower() for name in ("email1", "email2")}


def _is_gone(refusal: Refusal) -> bool:
    return any(words in refusal.detail for words in _GONE)


def _not_found(refusal: Refusal) -> Rejected | NotFound:
    return NotFound("There is no such record in this CRM (any more).") if _is_gone(refusal) else refusal


def _person(row: Row) -> Person:
    name = " ".join(filter(None, (row.values.get("first_name"), row.values.get("last_name"))))
    return Person(row.id, name or row.values.get("user_name", row.id), row.values.get("email1", ""))
