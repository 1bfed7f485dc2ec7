"""A fake SugarCRM: tokens that rotate and evict each other, no check of what is written, bulk, soft deletion."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.server import Reply, Request
from tests.fakes.sugar.filters import Row, UnknownField, matches
from tests.fakes.sugar.modules import LINKS, PICKLISTS, PROBABILITIES, fields_of

USER, PASSWORD = "sync", "s3cret"
_MODULES = ("Leads", "Contacts", "Accounts", "Opportunities", "Emails", "Calls", "Meetings", "Tasks", "Notes")
_ALL = (*_MODULES, "EmailAddresses", "Users")
_ZONE = timezone(timedelta(hours=2))
"""Times come with the user's offset."""


class Refused(Exception):
    """An error with its status and label, and words that are localised."""

    def __init__(self, status: int, label: str, words: str = "Feilmelding.") -> None:
        super().__init__(label)
        self.status, self.label, self.words = status, label, words


class FakeSugar:
    """`takes_ids`: a client may choose the id of a new record. `sync_keys`: records have that field.

    `platforms` are registered; `rolled_up`: amounts of opportunities are sums; `converts`: there is a conversion.
    """

    def __init__(
        self,
        *,
        version: str = "v11_20",
        takes_ids: bool = True,
        sync_keys: bool = True,
        converts: bool = True,
        rolled_up: bool = False,
        platforms: tuple[str, ...] = ("base", "hitchpost"),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._version, self._takes_ids, self._sync_keys = version, takes_ids, sync_keys
        self._converts, self._rolled_up, self._platforms, self._clock = converts, rolled_up, platforms, clock
        self.access: dict[str, str] = {}
        self.refresh: dict[str, str] = {}
        self.rows: dict[str, dict[str, Row]] = {module: {} for module in _ALL}
        self.files: dict[str, bytes] = {}
        self._links: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.rows["Users"]["1"] = {
            "id": "1",
            "user_name": USER,
            "full_name": "Sync User",
            "status": "Active",
            "deleted": False,
            "email": [{"email_address": "sync@crm.example", "primary_address": True}],
        }

    def answer(self, request: Request) -> Reply:
        with self._lock:
            reply = self._answer(request)
        date = format_datetime(self._clock().astimezone(UTC), usegmt=True)
        return Reply(reply.status, reply.body, {"Date": date, **reply.headers})

    def _answer(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts[:1] != ["rest"] or len(parts) < 3:
            return Reply(404, "<html><body>Not Found</body></html>", {"Content-Type": "text/html"})
        try:
            self._check(request, parts)
            if parts[2:] == ["oauth2", "token"]:
                return self._token(_object(request.json()))
            raw = request.body if "/file/" in request.path else b""
            body = None if raw or not request.body else request.json()
            return Reply(
                200,
                json.dumps(
                    self._call(request.method, parts[2:], request.params, body=body, headers=request.headers, raw=raw)
                ),
            )
        except Refused as error:
            return Reply(error.status, {"error": error.label, "error_message": error.words})

    def _check(self, request: Request, parts: list[str]) -> None:
        if parts[1] != self._version:
            raise Refused(301, "incorrect_version")
        token = request.headers.get("oauth-token", "")
        if parts[2:] != ["oauth2", "token"] and token not in self.access:
            raise Refused(401, "invalid_grant" if token else "need_login")

    def _token(self, body: Row) -> Reply:
        platform = str(body.get("platform"))
        if platform not in self._platforms:
            raise Refused(422, "invalid_parameter", "EXCEPTION_INVALID_PLATFORM")
        if body.get("client_id") != "sugar":
            raise Refused(401, "invalid_client")
        if body["grant_type"] == "refresh_token":
            if str(body.get("refresh_token")) not in self.refresh:
                raise Refused(400, "invalid_grant")
        elif (body.get("username"), body.get("password")) != (USER, PASSWORD):
            raise Refused(401, "need_login")
        # One session per user and platform: the others die, and so does the refresh token that was used.
        self.access = {key: held for key, held in self.access.items() if held != platform}
        self.refresh = {key: held for key, held in self.refresh.items() if held != platform}
        access, refresh = uuid.uuid4().hex, uuid.uuid4().hex
        self.access[access], self.refresh[refresh] = platform, platform
        answer = {"access_token": access, "expires_in": 3600, "token_type": "bearer", "refresh_token": refresh}
        return Reply(200, {**answer, "scope": None, "refresh_expires_in": 1209600, "download_token": uuid.uuid4().hex})

    def expire(self) -> None:
        """All access tokens are over; refresh tokens live."""
        self.access.clear()

    # --- calls -----------------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        parts: list[str],
        params: Mapping[str, str],
        *,
        body: object,
        headers: Mapping[str, str] | None = None,
        raw: bytes = b"",
    ) -> object:
        if parts == ["bulk"]:
            return [self._one_of_many(each) for each in _object(body)["requests"]]  # type: ignore[attr-defined]
        if parts == ["ping"]:
            return "pong"
        if parts == ["me"]:
            return {"current_user": self.rows["Users"]["1"]}
        if parts == ["metadata"]:
            return self._metadata(params)
        if parts[0] not in _ALL:
            raise Refused(404, "no_method")
        return self._module(method, parts[0], parts[1:], params, body=body, headers=headers or {}, raw=raw)

    def _one_of_many(self, request: Row) -> Row:
        url = urlsplit(str(request["url"]))
        parts = url.path.strip("/").split("/")
        body = json.loads(str(request["data"])) if "data" in request else None
        try:
            contents = self._call(str(request["method"]), parts[1:], dict(parse_qsl(url.query)), body=body)
        except Refused as error:
            return {"status": error.status, "contents": {"error": error.label, "error_message": error.words}}
        return {"status": 200, "status_text": "OK", "headers": {}, "contents": contents}

    def _metadata(self, params: Mapping[str, str]) -> object:
        if params.get("type_filter") == "server_info":
            return {"server_info": {"flavor": "ENT", "version": "14.0.0"}, "_hash": "x"}
        module = params["module_filter"]
        return {"modules": {module: {"fields": self._fields(module), "_hash": "x"}}, "_hash": "x"}

    def _fields(self, module: str) -> dict[str, dict[str, object]]:
        return fields_of(module, sync_keys=self._sync_keys, rolled_up=self._rolled_up)

    def _module(
        self,
        method: str,
        module: str,
        rest: list[str],
        params: Mapping[str, str],
        *,
        body: object,
        headers: Mapping[str, str],
        raw: bytes,
    ) -> object:
        if rest == ["filter"]:
            return self._list(module, _object(body))
        if rest == ["count"]:
            return {"record_count": sum(not row["deleted"] for row in self.rows[module].values())}
        if rest[:1] == ["enum"]:
            values = PICKLISTS.get(f"{module}.{rest[1]}", PICKLISTS.get(rest[1], ()))
            return {value: value for value in values} or []
        if not rest and method == "POST":
            return self._create(module, _object(body))
        row = self._live(module, rest[0])
        if len(rest) == 1:
            return self._record(method, module, row, body, headers)
        return self._part(method, module, row, rest, params, body=body, raw=raw)

    def _part(
        self,
        method: str,
        module: str,
        row: Row,
        rest: list[str],
        params: Mapping[str, str],
        *,
        body: object,
        raw: bytes,
    ) -> object:
        if rest[1:2] == ["link"]:
            return self._link(method, module, row, rest[2:], params)
        if rest[1:] == ["convert"] and self._converts:
            return self._convert(row, _object(_object(body)["modules"]))
        if rest[1:] == ["file", "filename"]:
            self.files[str(row["id"])] = raw
            row["filename"] = params["filename"]
            return {
                "filename": {"content-length": len(raw), "name": params["filename"]},
                "record": self._shown(module, row),
            }
        raise Refused(404, "no_method")

    def _record(self, method: str, module: str, row: Row, body: object, headers: Mapping[str, str]) -> object:
        if method == "DELETE":
            row.update(deleted=True, date_modified=self._now())
            return {"id": row["id"]}
        if method == "PUT":
            stamp = headers.get("x-timestamp")
            if stamp and datetime.fromisoformat(stamp) < datetime.fromisoformat(str(row["date_modified"])):
                raise Refused(409, "edit_conflict")
            self._write(module, row, _object(body))
        return self._shown(module, row)

    def _list(self, module: str, body: Row) -> object:
        known = self._fields(module)
        try:
            found = [
                row
                for row in self.rows[module].values()
                if (body.get("deleted") or not row["deleted"]) and matches(row, body.get("filter", []), known)
            ]
        except UnknownField as error:
            raise Refused(422, "invalid_parameter", f"Unknown field {error}") from error
        name, _, direction = str(body.get("order_by", "date_modified:desc")).split(",")[0].partition(":")
        found.sort(key=lambda row: str(row.get(name) or ""), reverse=direction == "desc")
        start, size = int(str(body.get("offset", 0))), min(int(str(body.get("max_num", 20))), 1000)
        page = found[start : start + size]
        after = start + size if len(found) > start + size else -1
        return {
            "next_offset": after,
            "records": [self._shown(module, row, str(body.get("fields", ""))) for row in page],
        }

    def _create(self, module: str, body: Row) -> Row:
        record_id = str(body["id"]) if body.get("id") and self._takes_ids else str(uuid.uuid4())
        if module == "EmailAddresses":
            for row in self.rows[module].values():
                if str(row["email_address"]).lower() == str(body["email_address"]).lower():
                    return row
        if record_id in self.rows[module]:
            raise Refused(500, "fatal_error")
        now = self._now()
        row: Row = {"id": record_id, "deleted": False, "date_entered": now, "email": []}
        row |= {"created_by": "1", "created_by_name": "Sync User", "modified_by_name": "Sync User"}
        row |= {"status": "New"} if module == "Leads" else {}
        self.rows[module][record_id] = row
        self._write(module, row, body)
        if module == "Emails":
            self._take_participants(row, body)
        return self._shown(module, row)

    def _write(self, module: str, row: Row, body: Row) -> None:
        """Anything goes: unknown fields are dropped, long text is cut, read-only fields are ignored."""
        known = self._fields(module)
        if module == "Emails" and "date_modified" in row:
            body = {
                name: value for name, value in body.items() if name in ("assigned_user_id", "parent_type", "parent_id")
            }
        for name, value in body.items():
            spec = known.get(name)
            if spec is None or spec.get("readonly") or name in ("id", "date_modified"):
                continue
            length = spec.get("len")
            row[name] = value[:length] if isinstance(value, str) and isinstance(length, int) else value
        if "sales_stage" in body and "probability" not in body and not self._rolled_up:
            row["probability"] = PROBABILITIES.get(str(body["sales_stage"]))
        for each in row["email"] if isinstance(row.get("email"), list) else []:  # type: ignore[union-attr]
            each.setdefault(
                "email_address_id", self._create("EmailAddresses", {"email_address": each["email_address"]})["id"]
            )
        row["date_modified"] = self._now()

    def _take_participants(self, row: Row, body: Row) -> None:
        for name, column in (("from", "from_addr_name"), ("to", "to_addrs_names"), ("cc", "cc_addrs_names")):
            entries = _object(body.get(name) or {"create": []})["create"]
            assert isinstance(entries, list)
            ids = [each.get("email_address_id") for each in entries]
            row[column] = ", ".join(str(self.rows["EmailAddresses"][each]["email_address"]) for each in ids if each)
            if name == "from" and not entries:
                raise Refused(422, "missing_parameter")
        if row.get("parent_id"):
            self._links.add((str(row["id"]), str(row["parent_id"])))

    def _link(self, method: str, module: str, row: Row, rest: list[str], params: Mapping[str, str]) -> object:
        target = LINKS.get(module, {}).get(rest[0])
        if target is None:
            raise Refused(404, "not_found")
        if len(rest) == 1:
            ids = {b if a == row["id"] else a for a, b in self._links if row["id"] in (a, b)}
            found = [self.rows[target][each] for each in sorted(ids) if each in self.rows[target]]
            live = [self._shown(target, each, params.get("fields", "")) for each in found if not each["deleted"]]
            return {"next_offset": -1, "records": live}
        other = self._live(target, rest[1])
        pair = (str(row["id"]), rest[1])
        self._links -= {pair, pair[::-1]}
        if method == "POST":
            self._links.add(pair)
        return {"record": self._shown(module, row), "related_record": self._shown(target, other)}

    def _convert(self, lead: Row, modules: Row) -> object:
        made: dict[str, Row] = {}
        for module, fields in modules.items():
            given = _object(fields)
            existing = module == "Accounts" and set(given) == {"id"}
            made[module] = self._live(module, str(given["id"])) if existing else self._create(module, given)
        ids = {module: str(row["id"]) for module, row in made.items()}
        for module in ("Contacts", "Opportunities"):
            if module in ids and "Accounts" in ids:
                self.rows[module][ids[module]]["account_id"] = ids["Accounts"]
        if "Opportunities" in ids:
            self._links.add((ids["Opportunities"], ids["Contacts"]))
        lead.update(converted=True, status="Converted", contact_id=ids["Contacts"], date_modified=self._now())
        lead.update(account_id=ids.get("Accounts", ""), opportunity_id=ids.get("Opportunities", ""))
        return {"modules": [{**row, "_module": module} for module, row in made.items()]}

    def _live(self, module: str, record_id: str) -> Row:
        row = self.rows[module].get(record_id)
        if row is None or row["deleted"]:
            raise Refused(404, "not_found")
        return row

    def _shown(self, module: str, row: Row, fields: str = "") -> Row:
        if row["deleted"]:
            return {"id": row["id"], "date_modified": row["date_modified"], "deleted": True, "_module": module}
        names = {*fields.split(","), "id", "date_modified"} if fields else {*self._fields(module), "email"}
        shown = {name: row.get(name, "") for name in names if name}
        if row.get("amount") is not None and "amount" in shown:
            shown["amount"] = f"{float(str(row['amount'] or 0)):.6f}"
        return {**shown, "_acl": {"fields": {}}, "_module": module}

    def _now(self) -> str:
        return self._clock().astimezone(_ZONE).replace(microsecond=0).isoformat()


def _object(value: object) -> Row:
    assert isinstance(value, dict), value
    return value
