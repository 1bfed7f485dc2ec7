"""HubSpot in memory: objects, associations, a search that lags behind, limits, and its ways of refusing."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from tests.fakes.hubspot_properties import DEFAULTS, PROPERTIES, STAGES
from tests.fakes.server import Reply, Request

TOKEN = "pat-eu1-secret"
CLIENT_SECRET = "hush-hush"
OAUTH_SECRET = json.dumps({"client_id": "app", "client_secret": CLIENT_SECRET, "refresh_token": "refresh-1"})
_OBJECT_PATH = r"/crm/(?:v3/objects|objects/\d{4}-\d\d)/(?P<type>[\w-]+)(?:/(?P<tail>.+))?"
_LINKS_OF_ONE = r"/crm/v4/objects/(?P<a>\w+)/(?P<id>\w+)/associations/(?P<b>\w+)(?:/(?P<other>\w+))?"
_LINK_DEFAULT = r"/crm/v4/objects/(?P<a>\w+)/(?P<id>\w+)/associations/default/(?P<b>\w+)/(?P<other>\w+)"
_WALL = 10_000
_LINK_TYPES = {("contacts", "companies"): 279, ("deals", "companies"): 341, ("deals", "contacts"): 3}


@dataclass(slots=True)
class Thing:
    """One object. `seen_at` is when the search will see its last change."""

    id: str
    type: str
    properties: dict[str, str]
    seen_at: float = 0.0
    archived: bool = False
    indexed: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    def __init__(self, status: int, category: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.reply = Reply(
            status,
            {"status": "error", "category": category, "message": message, "correlationId": "5c6b", **more},
        )


class FakeHubSpot:
    """`lag_seconds` is how late the search is; `scopes` a token lacks answer 403 for the types they name."""

    def __init__(self, *, lag_seconds: float = 0.0, key_property: str = "", rotates: bool = True) -> None:
        self.lag_seconds, self.key_property, self.rotates = lag_seconds, key_property, rotates
        self.things: dict[str, Thing] = {}
        self.links: dict[tuple[str, str], list[str]] = {}
        self.tokens = {TOKEN}
        self.refresh_tokens = {"refresh-1"}
        self.files: dict[str, dict[str, object]] = {}
        self.lacking: set[str] = set()
        self.searches_left: int | None = None
        self.clock: Callable[[], float] = time.time
        self._ids = itertools.count(501)
        self._last_ms = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        with self._lock:
            try:
                return self._answer(request)
            except Refusal as refusal:
                return refusal.reply

    def _answer(self, request: Request) -> Reply:
        if request.path == "/oauth/v1/token":
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "EXPIRED_AUTHENTICATION", "Authentication credentials not found.")
        for pattern, handle in (
            (_LINK_DEFAULT, self._link),
            (_LINKS_OF_ONE, self._links_of_one),
            (r"/crm/v4/associations/(?P<a>\w+)/(?P<b>\w+)/(?P<what>labels|batch/read)", self._links),
            (r"/crm/v3/properties/(?P<type>\w+)", self._properties),
            (r"/crm/v3/owners", self._owners),
            (r"/account-info/v3/details", lambda _request, _place: Reply(body={"portalId": 62515, "uiDomain": "x.hs"})),
            (r"/files/v3/files(?:/(?P<id>\w+))?", self._files),
            (_OBJECT_PATH, self._objects),
        ):
            if place := re.fullmatch(pattern, request.path):
                return handle(request, place.groupdict())
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")

    def _token(self, request: Request) -> Reply:
        given = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if given.get("refresh_token") not in self.refresh_tokens or given.get("client_secret") != CLIENT_SECRET:
            raise Refusal(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        fresh = f"access-{next(self._ids)}"
        self.tokens = {fresh}
        if self.rotates:
            self.refresh_tokens = {f"refresh-{next(self._ids)}"}
        body = {"access_token": fresh, "refresh_token": next(iter(self.refresh_tokens)), "expires_in": 1800}
        return Reply(body=body)

    # --- what there is ----------------------------------------------------------------------------------

    def properties_of(self, type_name: str) -> list[dict[str, object]]:
        own = list(PROPERTIES.get(type_name, ()))
        if self.key_property:
            own.append(
                {"name": self.key_property, "label": "Key", "type": "string", "fieldType": "text", "hidden": True}
            )
        return own

    def _properties(self, _request: Request, place: Mapping[str, str]) -> Reply:
        return Reply(body={"results": self.properties_of(place["type"])})

    def _owners(self, _request: Request, _place: Mapping[str, str]) -> Reply:
        if "crm.objects.owners.read" in self.lacking:
            context = {"requiredGranularScopes": ["crm.objects.owners.read"]}
            raise Refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.",
                          errors=[{"message": "scopes", "context": context}])  # fmt: skip
        kari = {"id": "47550177", "email": "kari@us.no", "userId": 900, "firstName": "Kari", "lastName": "Nordmo"}
        return Reply(body={"results": [kari]})

    def _files(self, request: Request, place: Mapping[str, str]) -> Reply:
        if request.method == "GET":
            if place["id"] not in self.files:
                raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
            return Reply(body=self.files[place["id"]])
        head, _, rest = request.body.partition(b'name="file"; filename="')[2].partition(b'"')
        content = rest.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        name, _, ending = head.decode().rpartition(".")
        file_id = str(next(self._ids))
        slug = re.sub(r"\W+", "-", name)
        self.files[file_id] = {"id": file_id, "name": slug, "extension": ending, "size": len(content)}
        return Reply(201, self.files[file_id])

    # --- objects ----------------------------------------------------------------------------------------

    def _objects(self, request: Request, place: Mapping[str, str]) -> Reply:
        type_name, tail = place["type"], place["tail"] or ""
        if type_name not in PROPERTIES:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {type_name}")
        body = request.json() if request.body else {}
        assert isinstance(body, dict)
        match (request.method, tail):
            case ("POST", ""):
                return Reply(201, self._shown(self._create(type_name, body), []))
            case ("POST", "search"):
                return self._search(type_name, body)
            case ("POST", "batch/read"):
                return self._batch_read(type_name, body)
            case ("POST", "batch/update"):
                return self._batch_update(type_name, body)
        return self._one(request, self._live(type_name, tail), body)

    def _one(self, request: Request, thing: Thing, body: Mapping[str, Mapping[str, str]]) -> Reply:
        if request.method == "DELETE":
            thing.archived = True
            return Reply(204)
        if request.method == "PATCH":
            self._set(thing, body.get("properties", {}))
        return Reply(body=self._shown(thing, list(body.get("properties", ()))))

    def make(self, type_name: str, **properties: str) -> str:
        """An object made past the API's checks of keys; its id."""
        return self._create(type_name, {"properties": properties}).id

    def _create(self, type_name: str, body: Mapping[str, object]) -> Thing:
        properties = body.get("properties", {})
        assert isinstance(properties, dict)
        self._check(type_name, properties)
        self._check_unique(type_name, properties)
        if PROPERTIES[type_name][0]["name"] == "hs_timestamp" and not properties.get("hs_timestamp"):
            raise Refusal(400, "VALIDATION_ERROR", "Error creating: property hs_timestamp is required")
        thing = Thing(str(next(self._ids)), type_name, {})
        self.things[thing.id] = thing
        now = self._now()
        thing.properties |= {"hs_object_id": thing.id, "createdate": now, "hs_createdate": now}
        self._set(thing, {name: value for name, value in properties.items() if value not in (None, "")})
        if type_name == "contacts" and thing.properties.get("lifecyclestage") == "lead":
            thing.properties["hs_lifecyclestage_lead_date"] = now
        for each in body.get("associations", ()):
            other = self.things.get(str(each["to"]["id"]))
            if other is None or other.archived:
                raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
            self._join(thing, other)
        return thing

    def _live(self, type_name: str, object_id: str) -> Thing:
        thing = self.things.get(object_id)
        if thing is None or thing.archived or thing.type != type_name:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        return thing

    def _set(self, thing: Thing, properties: Mapping[str, str]) -> None:
        self._check(thing.type, properties)
        self._check_unique(thing.type, properties, but=thing.id)
        for name, value in properties.items():
            if name == "lifecyclestage" and not self._may_move(thing.properties.get(name, ""), value):
                continue  # forward only, and without a word
            thing.properties[name] = self._stored(thing.type, name, value)
        if headers := thing.properties.get("hs_email_headers"):
            told = json.loads(headers)
            thing.properties["hs_email_from_email"] = told["from"]["email"]
            thing.properties["hs_email_to_email"] = ";".join(each["email"] for each in told["to"])
        if "dealstage" in properties:
            closed = {"closedwon": "1.0", "closedlost": "0.0"}
            thing.properties["hs_deal_stage_probability"] = closed.get(properties["dealstage"], "0.2")
        self._touch(thing)

    def _stored(self, type_name: str, name: str, value: object) -> str:
        text = "" if value is None else str(value)
        kind = next(each["type"] for each in self.properties_of(type_name) if each["name"] == name)
        if kind == "datetime" and text.isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return text.lower() if name == "email" else text

    def _touch(self, thing: Thing) -> None:
        modified = "lastmodifieddate" if thing.type == "contacts" else "hs_lastmodifieddate"
        thing.properties[modified] = self._now()
        thing.seen_at = self.clock() + self.lag_seconds
        if not self.lag_seconds:
            thing.indexed = dict(thing.properties)

    def _now(self) -> str:
        self._last_ms = max(self._last_ms, int(self.clock() * 1000))
        return datetime.fromtimestamp(self._last_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    @staticmethod
    def _may_move(before: str, after: str) -> bool:
        order = [value for value, _ in STAGES]
        return not after or before not in order or after not in order or order.index(after) >= order.index(before)

    def _check(self, type_name: str, properties: Mapping[str, object]) -> None:
        known = {str(each["name"]): each for each in self.properties_of(type_name)}
        wrong = []
        for name, value in properties.items():
            spec = known.get(name)
            if spec is None:
                wrong.append({"isValid": False, "message": f'Property "{name}" does not exist',
                              "error": "PROPERTY_DOESNT_EXIST", "name": name})  # fmt: skip
                continue
            told = spec.get("modificationMetadata")
            options = [each["value"] for each in spec.get("options", ())]
            if isinstance(told, dict) and told.get("readOnlyValue"):
                wrong.append({"isValid": False, "message": f'"{name}" is a read only property',
                              "error": "READ_ONLY_VALUE", "name": name})  # fmt: skip
            elif options and value and str(value) not in options:
                wrong.append({"isValid": False, "message": f"{value} was not one of the allowed options",
                              "error": "INVALID_OPTION", "name": name})  # fmt: skip
            elif name == "email" and value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", str(value)):
                wrong.append({"isValid": False, "message": f"Email address {value} is invalid",
                              "error": "INVALID_EMAIL", "name": name})  # fmt: skip
        if wrong:
            raise Refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(wrong)}")

    def _check_unique(self, type_name: str, properties: Mapping[str, object], *, but: str = "") -> None:
        unique = (["email"] if type_name == "contacts" else []) + ([self.key_property] if self.key_property else [])
        for name in unique:
            for thing in self.things.values():
                same = properties.get(name) and thing.properties.get(name) == str(properties[name]).lower()
                if same and thing.type == type_name and not thing.archived and thing.id != but:
                    what = "Contact" if name == "email" else "Object"
                    raise Refusal(409, "CONFLICT", f"{what} already exists. Existing ID: {thing.id}")

    def _shown(self, thing: Thing, names: list[str], *, indexed: bool = False) -> dict[str, object]:
        held = thing.indexed if indexed else thing.properties
        wanted = list(dict.fromkeys([*DEFAULTS.get(thing.type, ("hs_object_id",)), *filter(None, names)]))
        return {
            "id": thing.id,
            "properties": {name: held.get(name) or None for name in wanted},
            "createdAt": thing.properties["createdate"],
            "updatedAt": held.get("lastmodifieddate") or held.get("hs_lastmodifieddate"),
            "archived": thing.archived,
        }

    # --- batches ----------------------------------------------------------------------------------------

    def _batch_read(self, type_name: str, body: Mapping[str, object]) -> Reply:
        inputs, by = [str(each["id"]) for each in body["inputs"]], str(body.get("idProperty", ""))
        _most(inputs)
        live = [each for each in self.things.values() if each.type == type_name and not each.archived]
        found = [each for each in live if (each.properties.get(by, "") if by else each.id) in inputs]
        results = [self._shown(each, list(body.get("properties", ()))) for each in found]
        return _multi(results, [each for each in inputs if each not in {
            thing.properties.get(by, "") if by else thing.id for thing in found}])  # fmt: skip

    def _batch_update(self, type_name: str, body: Mapping[str, object]) -> Reply:
        inputs = list(body["inputs"])
        _most(inputs)
        for each in inputs:
            self._check(type_name, each["properties"])  # one bad value, and none of them is taken
        missing, results = [], []
        for each in inputs:
            thing = self.things.get(str(each["id"]))
            if thing is None or thing.archived or thing.type != type_name:
                missing.append(str(each["id"]))
                continue
            self._set(thing, each["properties"])
            results.append(self._shown(thing, list(each["properties"])))
        return _multi(results, missing)

    # --- search -----------------------------------------------------------------------------------------

    def _search(self, type_name: str, body: Mapping[str, object]) -> Reply:
        if self.searches_left is not None:
            if self.searches_left <= 0:
                raise Refusal(429, "RATE_LIMITS", "You have reached your secondly limit.", policyName="SECONDLY",
                              errorType="RATE_LIMIT")  # fmt: skip
            self.searches_left -= 1
        groups = body.get("filterGroups") or []
        assert isinstance(groups, list)
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if len(groups) > 5 or any(len(each["filters"]) > 6 for each in groups) or limit > 200 or after >= _WALL:
            raise Refusal(400, "VALIDATION_ERROR", "There was a problem with the request.")
        now = self.clock()
        for thing in self.things.values():
            if thing.seen_at <= now:
                thing.indexed = dict(thing.properties)
        live = [each for each in self.things.values() if each.type == type_name and each.indexed and not each.archived]
        found = [each for each in live if not groups or any(_fits(each.indexed, group) for group in groups)]
        for order in body.get("sorts") or ():
            found.sort(key=lambda each: _comparable(each.indexed.get(order["propertyName"], "")))
        page = found[after : after + limit]
        answer: dict[str, object] = {"total": len(found)}
        answer["results"] = [self._shown(each, list(body.get("properties", ())), indexed=True) for each in page]
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return Reply(body=answer)

    # --- associations -----------------------------------------------------------------------------------

    def _join(self, one: Thing, other: Thing) -> None:
        for holder, held in ((one, other), (other, one)):
            linked = self.links.setdefault((holder.id, held.type), [])
            if held.id not in linked:
                linked.append(held.id)

    def _link(self, request: Request, place: Mapping[str, str]) -> Reply:
        assert request.method == "PUT"
        self._join(self._live(place["a"], place["id"]), self._live(place["b"], place["other"]))
        return Reply(200, {"status": "COMPLETE", "results": []})

    def _links_of_one(self, request: Request, place: Mapping[str, str]) -> Reply:
        thing = self._live(place["a"], place["id"])
        if request.method == "DELETE":
            for holder, held, type_name in (
                (thing.id, place["other"], place["b"]),
                (place["other"], thing.id, thing.type),
            ):
                linked = self.links.get((holder, type_name), [])
                if held in linked:
                    linked.remove(held)
            return Reply(204)
        return Reply(body={"results": self._told(thing, place["b"])})

    def _links(self, request: Request, place: Mapping[str, str]) -> Reply:
        if place["what"] == "labels":
            number = _LINK_TYPES.get((place["a"], place["b"]), 200 + len(place["a"]) * 10 + len(place["b"]))
            labels = [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
                      {"category": "HUBSPOT_DEFINED", "typeId": number, "label": None}]  # fmt: skip
            return Reply(body={"results": labels})
        body = request.json()
        assert isinstance(body, dict)
        inputs = [str(each["id"]) for each in body["inputs"]]
        _most(inputs)
        held = [(each, self._told(self.things[each], place["b"])) for each in inputs if each in self.things]
        results = [{"from": {"id": object_id}, "to": told} for object_id, told in held if told]
        return _multi(
            results, [object_id for object_id in inputs if object_id not in {each["from"]["id"] for each in results}]
        )

    def _told(self, thing: Thing, type_name: str) -> list[dict[str, object]]:
        live = [each for each in self.links.get((thing.id, type_name), ()) if not self.things[each].archived]
        return [
            {"toObjectId": int(each), "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": 1 if place == 0 else 279, "label": None}]}
            for place, each in enumerate(live)
        ]  # fmt: skip


def _most(inputs: list[object] | list[str]) -> None:
    if len(inputs) > 100:
        raise Refusal(400, "VALIDATION_ERROR", "You can only send 100 inputs per batch.")


def _multi(results: list[dict[str, object]], missing: list[str]) -> Reply:
    """A batch of which some are missing is neither a success nor a failure."""
    if not missing:
        return Reply(200, {"status": "COMPLETE", "results": results})
    error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects",
             "context": {"ids": missing}}  # fmt: skip
    return Reply(207, {"status": "COMPLETE", "results": results, "numErrors": len(missing), "errors": [error]})


def _fits(held: Mapping[str, str], group: Mapping[str, list[dict[str, object]]]) -> bool:
    return all(_holds(held.get(str(each["propertyName"]), ""), each) for each in group["filters"])


def _holds(value: str, asked: Mapping[str, object]) -> bool:
    operator, wanted = asked["operator"], str(asked.get("value", ""))
    match operator:
        case "EQ":
            return _comparable(value) == _comparable(wanted)
        case "GT" | "GTE":
            sign = (_comparable(value) > _comparable(wanted)) - (_comparable(value) < _comparable(wanted))
            return bool(value) and sign >= (1 if operator == "GT" else 0)
        case "IN" | "NOT_IN":
            return (value in list(asked.get("values", ()))) is (operator == "IN")
        case "CONTAINS_TOKEN":
            return wanted.lower() in re.split(r"[;\s]+", value.lower())
    raise Refusal(400, "VALIDATION_ERROR", f"unknown operator {operator}")


def _comparable(text: str) -> tuple[int, float, str]:
    """Times compare with milliseconds, numbers as numbers."""
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", text):
        return (0, round(datetime.fromisoformat(text).timestamp() * 1000), "")
    return (0, float(text), "") if re.fullmatch(r"-?\d+(\.\d+)?", text) else (1, 0.0, text.lower())
