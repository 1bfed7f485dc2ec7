"""The JSON:API of a fake SuiteCRM: tokens, refusals with 400, times without seconds, deletions out of sight."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Callable, Mapping

from tests.fakes.server import Reply, Request
from tests.fakes.suitecrm.cleaning import Person, shown
from tests.fakes.suitecrm.modules import MODULES, Module
from tests.fakes.suitecrm.store import Row, Store

CLIENT_ID, CLIENT_SECRET = "aaaaaaaa-0000-0000-0000-000000000002", "client secret"
_CLIENTS = {CLIENT_ID, "aaaaaaaa-0000-0000-0000-000000000001"}
_JSON_API = {"Content-Type": "application/vnd.api+json"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|1")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d):\d\d")
_OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "LIKE"}
_FILTER = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?")


class Refused(Exception):
    """HTTP 400 with this detail."""


class Denied(Exception):
    """HTTP 401 with this hint."""


class JsonApi:
    """Routes below /Api. `filters_addresses`: as on PHP 7, where the search by email1 works."""

    def __init__(self, store: Store, *, filters_addresses: bool = False) -> None:
        self._store, self._filters_addresses = store, filters_addresses
        self.tokens: dict[str, Person] = {}
        self._files: dict[str, str] = {}
        self.new_id: Callable[[], str] = lambda: str(uuid.uuid4())

    def answer(self, request: Request, path: str) -> Reply:
        """`path` is below /Api/."""
        try:
            if path == "access_token":
                return self._access_token(request)
            person = self._person(request)
            return self._route(request, path.removeprefix("V8/"), person)
        except Refused as error:
            return Reply(400, {"errors": {"status": 400, "title": None, "detail": str(error)}}, _JSON_API)
        except Denied as error:
            text = "The resource owner or authorization server denied the request."
            return Reply(401, {"error": "access_denied", "message": text, "hint": str(error)})

    def _access_token(self, request: Request) -> Reply:
        body = request.json()
        assert isinstance(body, dict)
        if body.get("client_secret") != CLIENT_SECRET or body.get("client_id") not in _CLIENTS:
            return Reply(401, {"error": "invalid_client", "message": "Client authentication failed"})
        person = next(iter(self._store.people.values()))
        answer: dict[str, object] = {"token_type": "Bearer", "expires_in": 3600}
        if body["grant_type"] == "password":
            found = self._store.people.get(str(body.get("username")))
            if found is None or found.password != body.get("password"):
                text = f"The password is invalid: {body.get('password')}"
                return Reply(500, {"error": "unknown_error", "message": text})
            person = found
        if body["grant_type"] != "client_credentials":
            answer["refresh_token"] = uuid.uuid4().hex
        token = f"a.{uuid.uuid4().hex}.c"
        self.tokens[token] = person
        return Reply(200, {**answer, "access_token": token})

    def _person(self, request: Request) -> Person:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer":
            raise Denied('Missing "Authorization" header')
        if token.count(".") != 2:
            raise Denied("The JWT string must have two dots")
        if token not in self.tokens:
            raise Denied("Access token has been revoked")
        return self.tokens[token]

    def _route(self, request: Request, path: str, person: Person) -> Reply:
        parts = path.split("/")
        if parts == ["logout"]:
            self.tokens = {token: held for token, held in self.tokens.items() if held is not person}
            return _document([], message="You have been successfully logged out")
        if parts == ["current-user"]:
            row = self._store.find(MODULES["Users"], person.id) or {}
            names = ("id", "user_name", "first_name", "last_name", "system_generated_password")
            return _document({"type": "User", "id": person.id, "attributes": {name: row[name] for name in names}})
        if parts[0] == "meta":
            return self._meta(parts[1:])
        if parts[0] != "module":
            return Reply(404, {"message": "Not found"})
        if len(parts) > 3:
            return self._relationships(request, *parts[1:3], parts[4:])
        return self._records(request, parts, person)

    def _records(self, request: Request, parts: list[str], person: Person) -> Reply:
        if request.method in ("POST", "PATCH") and len(parts) == 1:
            return self._save(request, person)
        if request.method not in ("GET", "DELETE") or (request.method == "DELETE" and len(parts) < 3):
            return Reply(405, {"message": "Method not allowed. Must be one of: GET"})
        module = _module(parts[1])
        if len(parts) == 2:
            return self._list(module, request)
        row = self._find(module, parts[2])
        if request.method == "DELETE":
            return self._delete(module, row, person)
        return _document(self._data(module, row, self._wanted(module, request)))

    def _meta(self, parts: list[str]) -> Reply:
        if parts == ["modules"]:
            return _document(
                {"type": "modules", "attributes": {name: {"label": name, "access": []} for name in MODULES}}
            )
        if parts[1] not in MODULES:
            raise Refused("[SuiteCRM] [Not Allowed] The API user does not have access to this module.")
        module = MODULES[parts[1]]
        attributes: dict[str, dict[str, object]] = {}
        for name, spec in module.fields.items():
            attributes[name] = {"type": spec.type, "required": spec.required, "dbType": spec.type}
            attributes[name] |= {"len": spec.length} if spec.length else {}
            attributes[name] |= {} if spec.stored else {"source": "non-db"}
        attributes |= {name: {"type": "link", "source": "non-db", "required": False} for name in module.links}
        return _document({"type": "fields", "attributes": attributes})

    # --- reading ---------------------------------------------------------------------------------------

    def _list(self, module: Module, request: Request) -> Reply:
        where, values = self._where(module, request)
        params = request.params
        sort = params.get("sort", "")
        order = f"ORDER BY {module.table}.{_sorted(module, sort)}" if sort else ""
        size, number = int(params.get("page[size]", 20)), int(params.get("page[number]", 1))
        wanted = self._wanted(module, request)
        try:
            total = self._store.sql.execute(f"SELECT count(*) FROM {module.table} WHERE {where}", values).fetchone()[0]
            found = self._store.sql.execute(
                f"SELECT * FROM {module.table} WHERE {where} {order} LIMIT ? OFFSET ?",
                [*values, size, (number - 1) * size],
            ).fetchall()
        except sqlite3.OperationalError as error:
            column = str(error).rpartition(" ")[2]
            raise Refused(f"Unknown column '{column}' in 'WHERE'") from error
        if not found:
            return _document([], message="Request was successful, but there is no result")
        rows = [self._find(module, each["id"]) for each in found]
        document = {
            "meta": {"total-pages": -(-total // size), "records-on-this-page": len(rows)},
            "data": [self._data(module, row, wanted) for row in rows],
        }
        if "page[size]" not in params:
            del document["meta"]
        return Reply(200, document, _JSON_API)

    def _where(self, module: Module, request: Request) -> tuple[str, list[str]]:
        conditions, values, joined, deleted = list[str](), list[str](), " AND ", "0"
        for key, value in request.query:
            found = _FILTER.fullmatch(key)
            if found is None:
                continue
            name, operator = found[1], found[2]
            if name == "operator":
                joined = f" {value.upper()} "
            elif name == "deleted":
                deleted = value
            elif name not in module.fields:
                raise Refused(f"Filter field {name} in {module.bean} module is not found")
            elif operator not in _OPERATORS:
                raise Refused(f"Filter operator {operator} is invalid")
            elif name == "email1" and self._filters_addresses:
                ids = "SELECT r.bean_id FROM email_addr_bean_rel r JOIN email_addresses e ON e.id = r.email_address_id"
                conditions.append(f"{module.table}.id IN ({ids} WHERE NOT r.deleted AND e.email_address = ?)")
                values.append(value)
            else:
                conditions.append(f"{module.table}.{name} {_OPERATORS[operator]} ?")
                values.append(value.replace("T", " ").removesuffix("+00:00") if name.startswith("date_") else value)
        live = f"{module.table}.deleted = ?"
        return (f"({joined.join(conditions)}) AND {live}" if conditions else live), [*values, deleted]

    def _wanted(self, module: Module, request: Request) -> list[str]:
        names = request.params.get(f"fields[{module.name}]")
        wanted = names.split(",") if names else list(module.fields)
        if unknown := [name for name in wanted if name not in module.fields]:
            raise Refused(f"The following field in {module.bean} module is not found: {', '.join(unknown)}")
        return wanted

    def _find(self, module: Module, record_id: str) -> Row:
        if not _UUID.fullmatch(record_id):
            raise Refused(f'The option "id" with value "{record_id}" is invalid.')
        row = self._store.find(module, record_id)
        if row is None:
            raise Refused(f"{module.name} module with id {record_id} is not found")
        return row

    def _data(self, module: Module, row: Row, wanted: list[str]) -> dict[str, object]:
        names = {person.name: person.full_name for person in self._store.people.values()}
        row = {
            key: names.get(text, text) if key.endswith("_by_name") or key == "assigned_user_name" else text
            for key, text in row.items()
        }
        attributes: dict[str, object] = {name: _attribute(module, name, row[name]) for name in wanted if name != "id"}
        if len(wanted) == len(module.fields):
            attributes |= dict.fromkeys(module.links, "")
        related = {
            MODULES[link.module].bean: {
                "links": {"related": f"V8/module/{module.name}/{row['id']}/relationships/{name}"}
            }
            for name, link in module.links.items()
        }
        return {"type": module.bean, "id": row["id"], "attributes": attributes, "relationships": related}

    # --- writing ---------------------------------------------------------------------------------------

    def _save(self, request: Request, person: Person) -> Reply:
        body = request.json()
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, Mapping):
            raise Refused('The required option "data" is missing.')
        module, attributes = _module(str(data["type"])), dict(data.get("attributes") or {})
        record_id = str(data.get("id") or "")
        for name in attributes:
            if name not in module.fields and name not in ("from_addr", "to_addrs", "cc_addrs", "filecontents"):
                raise Refused(f"Property {name} in {module.bean} module is invalid")
        if record_id and not _UUID.fullmatch(record_id):
            raise Refused(f'The option "id" with value "{record_id}" is invalid.')
        if request.method == "PATCH":
            self._find(module, record_id)
            self._store.update(module, record_id, attributes, person)
        else:
            if record_id and self._store.find(module, record_id, deleted=True) is not None:
                raise Refused(f"Bean {module.name} with id {record_id} is already exist")
            record_id = self._store.insert(module, attributes, person, record_id or self.new_id())
        row = self._find(module, record_id)
        return Reply(201, {"data": self._data(module, row, list(module.fields))}, _JSON_API)

    def _delete(self, module: Module, row: Row, person: Person) -> Reply:
        tasks = self._store.related(module, row["id"], "tasks") if "tasks" in module.links else []
        if tasks:
            for task in tasks:
                self._store.unrelate(module, row["id"], "tasks", task["id"])
            error = {"type": "Error", "code": 0, "message": "Call to a member function save() on bool", "trace": []}
            return Reply(500, {"message": "Slim Application Error", "error": [error]})
        self._store.delete(module, row["id"], person)
        return _document([], message=f"Record with id {row['id']} is deleted")

    def _relationships(self, request: Request, name: str, record_id: str, rest: list[str]) -> Reply:
        module = _module(name)
        self._find(module, record_id)
        link = rest[0] if rest else ""
        if request.method == "POST":
            return self._relate(request, module, record_id, link)
        if link not in module.links:
            raise Refused(f"Cannot load relationship {link} for {module.bean} module")
        if request.method == "DELETE":
            other = MODULES[module.links[link].module]
            self._store.unrelate(module, record_id, link, rest[1])
            ends = f"{module.bean} with id {record_id} and {other.bean} with id {rest[1]}"
            return _document([], message=f"Relationship has been deleted between {ends}")
        rows = self._store.related(module, record_id, link)
        if not rows:
            text = f"There is no relationship set in {module.bean} module with {link} link field"
            return _document([], message=text)
        target = MODULES[module.links[link].module]
        data = [self._data(target, row, list(target.fields)) for row in rows]
        for each in data:
            each["links"] = {"self": f"V8/module/{target.bean}/{each['id']}"}
            del each["relationships"]
        meta = {"total-records": len(rows), "total-pages": 1, "records-on-this-page": len(rows)}
        return Reply(200, {"meta": meta, "data": data}, _JSON_API)

    def _relate(self, request: Request, module: Module, record_id: str, link: str) -> Reply:
        body = request.json()
        assert isinstance(body, dict)
        other, other_id = _module(body["data"]["type"]), str(body["data"]["id"])
        link_name = link or other.name.lower()
        self._find(other, other_id)
        if link_name not in module.links:
            raise Refused(f"Cannot load relationship {link_name} for {module.bean} module")
        self._store.relate(module, record_id, link_name, other_id)
        if not link:
            text = f"{other.bean} with id {other_id} has been added to {module.bean} with id {record_id}"
            return _document([], message=text, status=201)
        text = f"{other.name} record with id {other_id} has been related to {module.name} record with id {record_id}"
        meta = {"message": f"{text} using link {link}", "sourceModule": module.name, "relatedModule": other.name}
        return Reply(201, {"meta": meta, "data": []}, _JSON_API)


def _module(name: str) -> Module:
    if name not in MODULES:
        raise Refused(f"Module {name} does not exist")
    return MODULES[name]


def _sorted(module: Module, sort: str) -> str:
    name = sort.removeprefix("-")
    if name not in module.fields:
        raise Refused(f"Sort field {name} in {module.bean} module is not found")
    return f"{name} DESC" if sort.startswith("-") else name


def _attribute(module: Module, name: str, text: str) -> object:
    spec = module.fields[name]
    if module.name == "Emails" and spec.type == "bool" and name != "deleted":
        return text == "1"
    if spec.type in ("datetime", "datetimecombo"):
        found = _TIME.fullmatch(text)
        return f"{found[1]}T{found[2]}:00+00:00" if found else ""
    return shown(spec, text)


def _document(data: object, *, message: str = "", status: int = 200) -> Reply:
    meta = {"meta": {"message": message}} if message else {}
    return Reply(status, {**meta, "data": data}, _JSON_API)
