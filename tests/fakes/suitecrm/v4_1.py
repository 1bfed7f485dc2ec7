"""The legacy REST of a fake SuiteCRM: arguments by place or by name, faults with HTTP 200, crashes without a word."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.suitecrm import shapes
from tests.fakes.suitecrm.cleaning import Person
from tests.fakes.suitecrm.modules import MODULES, Module
from tests.fakes.suitecrm.queries import Refused, checked_order, checked_query
from tests.fakes.suitecrm.store import Row, Store

_FAULTS = {
    10: ("Invalid Login", "Login attempt failed please check the username and password"),
    11: ("Invalid Session ID", "The session ID is invalid"),
    20: ("Module Does Not Exist", "This module is not available on this server"),
    40: ("Access Denied", "You do not have access"),
}
_UNKNOWN_METHOD = {
    "name": "An Undefined Error - invalid_call occurred",
    "number": "-1",
    "description": "There is no error definition for invalid_call",
}
_EMAIL_TEXT = {"description", "description_html", "from_addr_name", "to_addrs_names", "cc_addrs_names"}


class Crash(Exception):
    """A PHP error: HTTP 500 with an empty body."""


class Fault(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def fault(number: int) -> dict[str, object]:
    name, description = _FAULTS[number]
    return {"name": name, "number": number, "description": description}


class Legacy:
    """The methods. `php` 8 takes named arguments by name and crashes at unknown ones; 7 takes all by place."""

    def __init__(
        self,
        store: Store,
        *,
        php: int = 8,
        version: str = "7.13.2",
    ) -> None:
        self._store, self._php, self._version = store, php, version
        self.new_id: Callable[[], str] = lambda: str(uuid.uuid4())
        self.sessions: dict[str, Person] = {}
        self._files: dict[str, tuple[str, str]] = {}

    def answer(self, method: str, arguments: object) -> object:
        """What the JSON answer holds. Errors: Crash."""
        call = _METHODS.get(method)
        if call is None:
            return _UNKNOWN_METHOD
        function, names, needed = call
        placed = self._place(arguments, names, needed)
        try:
            if "session" in names:
                placed["session"] = self._person(str(placed.get("session")))
            return function(self, **placed)
        except Fault as error:
            return fault(error.number)
        except Refused:
            return fault(40)
        except sqlite3.Error as error:
            raise Crash(str(error)) from error

    def _place(self, arguments: object, names: tuple[str, ...], needed: int) -> dict[str, Any]:
        if isinstance(arguments, list) or (self._php < 8 and isinstance(arguments, Mapping)):
            values = list(arguments.values()) if isinstance(arguments, Mapping) else arguments
            if len(values) < needed:
                raise Crash("too few arguments")
            return dict(zip(names, values, strict=False))
        if not isinstance(arguments, Mapping):
            arguments = {}
        if set(arguments) - set(names) or not set(names[:needed]) <= set(arguments):
            raise Crash("named parameters")
        return dict(arguments)

    def _person(self, session: str) -> Person:
        if session not in self.sessions:
            raise Fault(11)
        return self.sessions[session]

    # --- session ---------------------------------------------------------------------------------------

    def login(self, user_auth: Mapping[str, str], application: str = "", name_value_list: object = None) -> object:
        person = self._store.people.get(str(user_auth.get("user_name")))
        if person is None or not _is_password(user_auth, person):
            raise Fault(10)
        session = uuid.uuid4().hex[:26]
        self.sessions[session] = person
        facts = {
            "user_id": person.id,
            "user_name": person.name,
            "user_language": "en_us",
            "user_currency_id": None,
            "user_is_admin": person.is_admin,
            "user_default_team_id": None,
            "user_default_dateformat": "m/d/Y" if person.is_admin else "d.m.Y",
            "user_default_timeformat": "H:i",
            "user_number_separator": person.thousands,
            "user_decimal_separator": person.decimal,
            "mobile_max_list_entries": None,
            "mobile_max_subpanel_entries": None,
            "user_currency_name": "US Dollar",
        }
        return {"id": session, "module_name": "Users", "name_value_list": shapes.pairs(facts)}

    def logout(self, session: Person) -> object:
        self.sessions = {key: person for key, person in self.sessions.items() if person is not session}
        return None

    def get_server_info(self) -> object:
        info = {"flavor": "CE", "version": "6.5.25", "gmt_time": self._store.now()}
        return {**info, "suitecrm_version": self._version} if self._version else info

    def get_user_id(self, session: Person) -> object:
        return session.id

    def get_available_modules(self, session: Person, filter: str = "all") -> object:  # noqa: A002
        acls = [{"action": action, "access": True} for action in ("edit", "delete", "list", "view")]
        return {
            "modules": [
                {"module_key": name, "module_label": name, "favorite_enabled": False, "acls": acls} for name in MODULES
            ]
        }

    def get_module_fields(self, session: Person, module_name: str, fields: object = ()) -> object:
        module = _module(module_name)
        wanted = fields if isinstance(fields, list) and fields else list(module.fields)
        described = {name: shapes.described(module, name) for name in module.fields if name in wanted}
        links = {} if isinstance(fields, list) and fields else {name: {"type": "link"} for name in module.links}
        return {
            "module_name": module.name,
            "table_name": module.table,
            "module_fields": described or [],
            "link_fields": links or [],
        }

    # --- reading ---------------------------------------------------------------------------------------

    def get_entry(
        self,
        session: Person,
        *,
        module_name: str,
        id: str,  # noqa: A002
        select_fields: list[str],
        link_name_to_fields_array: object = (),
        track_view: object = False,
    ) -> object:
        return self._entries(module_name, [id], select_fields, link_name_to_fields_array)

    def get_entries(
        self,
        session: Person,
        *,
        module_name: str,
        ids: list[str],
        select_fields: list[str],
        link_name_to_fields_array: object = (),
        track_view: object = False,
    ) -> object:
        answer = self._entries(module_name, ids, select_fields, link_name_to_fields_array)
        lists = [{"link_list": shapes.wrapped(links)} for links in answer["relationship_list"]]
        return {**answer, "relationship_list": lists}

    def _entries(
        self, module_name: str, ids: list[str], select_fields: list[str], link_name_to_fields_array: object
    ) -> dict[str, Any]:
        """Links are listed for those records alone that are there."""
        module = _module(module_name)
        rows = [(str(each), self._store.find(module, str(each))) for each in ids]
        links = [self._links(module, row, link_name_to_fields_array) for _, row in rows if row is not None]
        return {
            "entry_list": [
                shapes.gone(module, record_id) if row is None else shapes.entry(module, row, select_fields)
                for record_id, row in rows
            ],
            "relationship_list": links if link_name_to_fields_array else [],
        }

    def get_entry_list(
        self,
        session: Person,
        *,
        module_name: str,
        query: str = "",
        order_by: str = "",
        offset: object = 0,
        select_fields: list[str] | None = None,
        link_name_to_fields_array: object = (),
        max_results: object = "",
        deleted: object = 0,
        favorites: object = False,
    ) -> object:
        module = _module(module_name)
        where = checked_query(module, query)
        if module.name == "Emails" and str(deleted) == "1":
            raise Crash("WHERE … AND nothing")
        if str(deleted) != "1":
            where = f"({where}) AND {module.table}.deleted = '0'"
        start, size = int(str(offset or 0)), int(str(max_results or 20))
        total = self._store.sql.execute(f"SELECT count(*) FROM {module.table} WHERE {where}").fetchone()[0]
        order = checked_order(module, order_by)
        found = self._store.sql.execute(
            f"SELECT {module.table}.* FROM {module.table} WHERE {where} {order} LIMIT ? OFFSET ?", [size, start]
        ).fetchall()
        rows = [self._store.filled(module, each) for each in found]
        if module.name == "Emails":  # text and addresses stand in tables that a list does not read
            rows = [{name: "" if name in _EMAIL_TEXT else text for name, text in row.items()} for row in rows]
        links = [{"link_list": shapes.wrapped(self._links(module, row, link_name_to_fields_array))} for row in rows]
        return {
            "result_count": len(rows),
            "total_count": str(total) if total else 0,
            "next_offset": start + len(rows),
            "entry_list": [shapes.entry(module, row, select_fields) for row in rows],
            "relationship_list": links if link_name_to_fields_array else [],
        }

    def get_entries_count(self, session: Person, module_name: str, query: str, deleted: object = 0) -> object:
        module = _module(module_name)
        where = checked_query(module, query) + ("" if str(deleted) == "1" else f" AND {module.table}.deleted = '0'")
        found = self._store.sql.execute(f"SELECT count(*) FROM {module.table} WHERE {where}").fetchone()
        return {"result_count": str(found[0])}

    def get_relationships(
        self,
        session: Person,
        *,
        module_name: str,
        module_id: str,
        link_field_name: str,
        related_module_query: str,
        related_fields: list[str],
        related_module_link_name_to_fields_array: object,
        deleted: object,
        order_by: str = "",
        offset: int = 0,
        limit: object = False,
    ) -> object:
        module = _module(module_name)
        if self._store.find(module, module_id) is None or link_field_name not in module.links:
            raise Crash("load_relationship on bool")
        rows = self._store.related(module, module_id, link_field_name)
        rows = rows[offset : offset + int(str(limit))] if limit else rows
        target = MODULES[module.links[link_field_name].module]
        return {
            "entry_list": [shapes.entry(target, row, related_fields, whole_escape=True) for row in rows],
            "relationship_list": [],
        }

    def _links(self, module: Module, row: Row, wanted: object) -> list[dict[str, object]]:
        found = []
        for pair in wanted if isinstance(wanted, list) else ():
            if pair["name"] not in module.links:
                continue
            target = MODULES[module.links[pair["name"]].module]
            records = [
                shapes.pairs({name: shapes.link_value(target, each, name) for name in pair["value"]})
                for each in self._store.related(module, row["id"], pair["name"])
            ]
            found.append({"name": pair["name"], "records": records})
        return found

    # --- writing ---------------------------------------------------------------------------------------

    def set_entry(
        self, session: Person, module_name: str, name_value_list: object, track_view: object = False
    ) -> object:
        module = _module(module_name)
        values = shapes.given_values(name_value_list)
        record_id = str(values.get("id") or "")
        if not record_id or values.get("new_with_id"):
            record_id = self._store.insert(module, values, session, record_id or self.new_id())
        elif str(values.get("deleted", "0")) == "1":
            self._store.delete(module, record_id, session)
        else:
            self._store.update(module, record_id, values, session)
        known = {name: value for name, value in values.items() if name in module.fields and value is not None}
        echo = {name: shapes.echo(module.fields[name], value, session) for name, value in known.items()}
        return {"id": record_id, "entry_list": shapes.pairs(echo)}

    def set_entries(self, session: Person, module_name: str, name_value_lists: list[object]) -> object:
        made = [self.set_entry(session, module_name, values) for values in name_value_lists]
        return {"ids": [each["id"] for each in made if isinstance(each, dict)]}

    def set_relationship(
        self,
        session: Person,
        *,
        module_name: str,
        module_id: str,
        link_field_name: str,
        related_ids: list[str],
        name_value_list: object = (),
        delete: object = 0,
    ) -> object:
        module = _module(module_name)
        if link_field_name not in module.links:
            return {"created": 0, "failed": 1, "deleted": 0}
        change = self._store.unrelate if str(delete) == "1" else self._store.relate
        for related in related_ids:
            change(module, module_id, link_field_name, related)
        gone = int(str(delete) == "1")
        return {"created": 1 - gone, "failed": 0, "deleted": gone}

    def set_note_attachment(self, session: Person, note: Mapping[str, str]) -> object:
        module = _module("Notes")
        if self._store.find(module, note["id"]) is None:
            return {"id": "-1"}
        self._files[note["id"]] = (note["filename"], note["file"])
        parent = {"parent_type": note.get("related_module_name"), "parent_id": note.get("related_module_id")}
        given = {name: value for name, value in parent.items() if value}
        self._store.update(module, note["id"], {"filename": note["filename"], **given}, session)
        return {"id": note["id"]}

    def get_note_attachment(self, session: Person, id: str) -> object:  # noqa: A002
        row = self._store.find(_module("Notes"), id) or {}
        name, file = self._files.get(id, ("", ""))
        return {
            "note_attachment": {
                "id": id,
                "filename": name,
                "file": file,
                "related_module_id": row.get("parent_id", ""),
                "related_module_name": row.get("parent_type", ""),
            }
        }

    def file_content(self, note_id: str) -> bytes:
        return base64.b64decode(self._files[note_id][1])


def _method(name: str, arguments: str, needed: int) -> tuple[Callable[..., object], tuple[str, ...], int]:
    return getattr(Legacy, name), tuple(arguments.split()), needed


_METHODS = {
    name: _method(name, arguments, needed)
    for name, arguments, needed in (
        ("login", "user_auth application name_value_list", 1),
        ("logout", "session", 1),
        ("get_server_info", "", 0),
        ("get_user_id", "session", 1),
        ("get_available_modules", "session filter", 1),
        ("get_module_fields", "session module_name fields", 2),
        ("get_entry", "session module_name id select_fields link_name_to_fields_array track_view", 4),
        ("get_entries", "session module_name ids select_fields link_name_to_fields_array track_view", 4),
        (
            "get_entry_list",
            "session module_name query order_by offset select_fields link_name_to_fields_array max_results deleted"
            " favorites",
            2,
        ),
        ("get_entries_count", "session module_name query deleted", 4),
        (
            "get_relationships",
            "session module_name module_id link_field_name related_module_query related_fields"
            " related_module_link_name_to_fields_array deleted order_by offset limit",
            8,
        ),
        ("set_entry", "session module_name name_value_list track_view", 3),
        ("set_entries", "session module_name name_value_lists", 3),
        ("set_relationship", "session module_name module_id link_field_name related_ids name_value_list delete", 5),
        ("set_note_attachment", "session note", 2),
        ("get_note_attachment", "session id", 2),
    )
}


def _is_password(user_auth: Mapping[str, str], person: Person) -> bool:
    given = str(user_auth.get("password"))
    if user_auth.get("encryption") == "PLAIN":
        return given == person.password
    return given == hashlib.md5(person.password.encode()).hexdigest()  # noqa: S324 the protocol's


def _module(name: str) -> Module:
    if name not in MODULES:
        raise Fault(20)
    return MODULES[name]
