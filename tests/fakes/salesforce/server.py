"""A fake Salesforce that keeps state: tokens, describe, SOQL, records, collections, SOAP conversion, files, limits."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.sax.saxutils import unescape

from tests.fakes.salesforce.soql import Malformed, Row, parse
from tests.fakes.server import Reply, Request

KEY_FIELD = "Hitchpost_Key__c"
USER = "005000000000001AAA"
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "the-consumer-key", "the-client-secret", "the-refresh-token"
_PREFIXES = {
    "Lead": "00Q",
    "Contact": "003",
    "Account": "001",
    "Opportunity": "006",
    "Task": "00T",
    "Event": "00U",
    "OpportunityContactRole": "00K",
    "ContentVersion": "068",
    "ContentDocument": "069",
    "ContentDocumentLink": "06A",
    "User": "005",
    "LeadStatus": "01J",
}
_STATUSES = ["Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"]
_STAGES = ["Prospecting", "Qualification", "Closed Won", "Closed Lost"]


def _field(name: str, kind: str = "string", length: int = 255, *, needed: bool = False, **more: Any) -> Row:
    picks = [{"value": each, "label": each, "active": True} for each in more.pop("options", ())]
    found = {
        "name": name,
        "label": name,
        "type": kind,
        "length": length if kind in ("string", "textarea", "email") else 0,
    }
    found |= {"nillable": not needed, "createable": True, "updateable": True, "defaultedOnCreate": False}
    return {**found, "externalId": False, "picklistValues": picks, **more}


_READ_ONLY = {"createable": False, "updateable": False}
_PERSON = [
    _field("FirstName", length=40),
    _field("LastName", length=80, needed=True),
    _field("Email", "email", 80),
    _field("Phone", "phone"),
    _field("MobilePhone", "phone"),
    _field("Title", length=128),
    _field("LeadSource", "picklist", options=["Web", "Phone Inquiry", "Other"]),
]
_COMMON = [
    _field("Description", "textarea", 32_000),
    _field("OwnerId", "reference", defaultedOnCreate=True, needed=True),
    _field(KEY_FIELD, length=80, externalId=True, unique=True),
    _field("Tier__c", "picklist", options=["Gold", "Silver"]),
]
DESCRIBED: dict[str, list[Row]] = {
    "Lead": [
        *_PERSON,
        _field("Company", needed=True),
        _field("Website", "url"),
        _field("Status", "picklist", options=_STATUSES, needed=True, defaultedOnCreate=True),
        *(_field(f"Converted{each}Id", "reference", **_READ_ONLY) for each in ("Contact", "Account", "Opportunity")),
        *_COMMON,
    ],
    "Contact": [*_PERSON, _field("AccountId", "reference"), *_COMMON],
    "Account": [
        _field("Name", needed=True),
        _field("Website", "url"),
        _field("Phone", "phone"),
        _field("Industry", "picklist", options=["Agriculture", "Banking"]),
        _field("ParentId", "reference"),
        *_COMMON,
    ],
    "Opportunity": [
        _field("Name", length=120, needed=True),
        _field("AccountId", "reference"),
        _field("StageName", "picklist", options=_STAGES, needed=True),
        _field("Probability", "percent"),
        _field("Amount", "currency"),
        _field("CloseDate", "date", needed=True),
        _field("LeadSource", "picklist", options=["Web", "Phone Inquiry", "Other"]),
        *_COMMON,
    ],
}
_REFERENCES = {"AccountId": "Account", "ParentId": "Account", "OwnerId": "User"}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.status, self.error = status, {"message": message or code, "errorCode": code, "fields": list(fields)}


class FakeSalesforce:
    """One organisation. `converts` says whether SOAP may convert leads, `rotates` whether refresh tokens do."""

    def __init__(self, *, converts: bool = True, rotates: bool = False, limit: int = 100_000) -> None:
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in _PREFIXES}
        self.converts, self.rotates, self.limit = converts, rotates, limit
        self.refresh_token, self.tokens, self.calls, self.logins = REFRESH_TOKEN, set[str](), 0, 0
        self.public_key: Any = None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._made = 0
        self._lock = threading.RLock()
        self.tables["User"][USER] = {"Id": USER, "Name": "Sam Seller", "Email": "sam@example.com", "IsActive": True}
        self._insert("LeadStatus", {"ApiName": _STATUSES[2], "MasterLabel": _STATUSES[2], "IsConverted": True})

    def answer(self, request: Request) -> Reply:
        with self._lock:
            headers = {"Date": format_datetime(self.clock(), usegmt=True)}
            if request.path == "/services/oauth2/token":
                return self._token(request)
            if request.path.startswith("/services/Soap/"):
                return self._soap(request)
            try:
                self._admit(request.headers.get("authorization", "").removeprefix("Bearer "))
                status, body = self._routed(request)
            except Refused as refused:
                status, body = refused.status, [refused.error]
            headers["Sforce-Limit-Info"] = f"api-usage={self.calls}/{self.limit}"
            return Reply(status, body, headers)

    def expire(self) -> None:
        """Every token so far is worth nothing."""
        self.tokens.clear()

    def _admit(self, token: str) -> None:
        if token not in self.tokens:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.calls += 1
        if self.calls > self.limit:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def _token(self, request: Request) -> Reply:
        form = request.form
        kind = form.get("grant_type", "")
        if kind == "refresh_token":
            ok = (form.get("refresh_token"), form.get("client_secret")) == (self.refresh_token, CLIENT_SECRET)
        elif kind == "client_credentials":
            ok = form.get("client_secret") == CLIENT_SECRET
        else:
            ok = self.public_key is not None and self.public_key(form.get("assertion", ""))
        if not ok or (kind != "urn:ietf:params:oauth:grant-type:jwt-bearer" and form.get("client_id") != CLIENT_ID):
            return Reply(400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})
        self.logins += 1
        token = f"00Dxx!token-{self.logins}-{id(self):x}"
        self.tokens.add(token)
        told = {"access_token": token, "instance_url": f"http://{request.headers['host']}", "token_type": "Bearer"}
        if self.rotates and kind == "refresh_token":
            self.refresh_token = f"rotated-refresh-token-{self.logins}"
            told["refresh_token"] = self.refresh_token
        return Reply(200, told)

    # --- REST --------------------------------------------------------------------------------------------

    def _routed(self, request: Request) -> tuple[int, Any]:
        if request.path == "/services/oauth2/userinfo":
            return 200, {"name": "Sam Seller"}
        parts = re.sub(r"^/services/data/v[\d.]+/", "", request.path).split("/")
        if parts[0] in ("query", "queryAll"):
            return 200, self._query(request.params["q"], deleted=parts[0] == "queryAll")
        body: Any = request.json() or {}
        if parts == ["composite", "sobjects"]:
            return 200, [self._saved(request.method, each) for each in body["records"]]
        if parts[1] not in self.tables:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        if parts[2:] == ["describe"]:
            return 200, {"name": parts[1], "fields": DESCRIBED.get(parts[1], [])}
        if request.method == "POST":
            return 201, {"id": self._create(parts[1], body)["Id"], "success": True, "errors": []}
        return self._changed(request, parts[1], self._live(parts[1], parts[2]), body)

    def _changed(self, request: Request, table: str, row: Row, body: Row) -> tuple[int, Any]:
        if request.method == "PATCH":
            self._update(table, row, body, request.headers.get("if-unmodified-since"))
        else:
            self._stamp({"IsDeleted": True}, row)
        return 204, None

    def _saved(self, method: str, given: Row) -> Row:
        table = given.pop("attributes")["type"]
        try:
            if method == "POST":
                return {"id": self._create(table, given)["Id"], "success": True, "errors": []}
            row = self._live(table, given.pop("id"))
            self._update(table, row, given, None)
        except Refused as refused:
            error = {"statusCode": refused.error["errorCode"], **refused.error}
            return {"success": False, "errors": [{name: error[name] for name in ("statusCode", "message", "fields")}]}
        return {"id": row["Id"], "success": True, "errors": []}

    def _live(self, table: str, record_id: str) -> Row:
        row = self.tables[table].get(record_id)
        if row is None:
            raise Refused(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
        if row["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        return row

    def _create(self, table: str, given: Row) -> Row:
        self._check(table, given, {})
        if table == "ContentVersion":
            return self._file(given)
        if table == "Lead":
            given = {"Status": _STATUSES[0], **given}
        return self._insert(table, {"OwnerId": USER, **given} if table in DESCRIBED else given)

    def _update(self, table: str, row: Row, given: Row, unless: str | None) -> None:
        if unless is not None and datetime.fromisoformat(row["LastModifiedDate"]) > parsedate_to_datetime(unless):
            raise Refused(412, "PRECONDITION_FAILED")
        if row.get("IsConverted"):
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        self._check(table, given, row)
        if "StageName" in given and "Probability" not in given:
            row["Probability"] = {"Closed Won": 100, "Closed Lost": 0}.get(given["StageName"], 10)
        self._stamp(given, row)

    def _check(self, table: str, given: Row, held: Row) -> None:
        fields = {field["name"]: field for field in DESCRIBED.get(table, [])}
        for name, value in given.items() if fields else ():
            field = fields.get(name)
            if field is None:
                raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {table}")
            if not field["updateable"]:
                raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"bad field {name}", (name,))
            if field["length"] and len(str(value or "")) > field["length"]:
                raise Refused(400, "STRING_TOO_LONG", f"{name}: data value too large", (name,))
            picks = [each["value"] for each in field["picklistValues"]]
            if picks and value not in (None, *picks):
                raise Refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value: {value}", (name,))
            target = _REFERENCES.get(name)
            if target and value is not None and value not in self.tables[target]:
                raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (name,))
            if field.get("unique") and any(row.get(name) == value for row in self.tables[table].values()):
                raise Refused(400, "DUPLICATE_VALUE", f"duplicate value found: {name}", (name,))
        whole = {**held, **given}
        missing = [
            n for n, f in fields.items() if not f["nillable"] and not f["defaultedOnCreate"] and not whole.get(n)
        ]
        if missing:
            raise Refused(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", tuple(missing))

    def _insert(self, table: str, given: Row) -> Row:
        self._made += 1
        record_id = f"{_PREFIXES[table]}{self._made:012d}AAA"
        row: Row = {"Id": record_id, "IsDeleted": False, "IsConverted": False, "CreatedDate": self._now()}
        row |= {"LastModifiedBy": {"Name": "Sam Seller"}, "LastModifiedBy.Name": "Sam Seller"}
        self._stamp(given, row)
        self.tables[table][record_id] = row
        return row

    def _stamp(self, given: Row, row: Row) -> None:
        row |= {**given, "SystemModstamp": self._now(), "LastModifiedDate": self._now()}

    def _now(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _file(self, given: Row) -> Row:
        size = len(base64.b64decode(given["VersionData"]))
        document = self._insert("ContentDocument", {"Title": given["Title"], "ContentSize": size})
        linked = {"LinkedEntityId": given["FirstPublishLocationId"], "ContentDocumentId": document["Id"]}
        linked |= {"ContentDocument": {"Title": given["Title"], "ContentSize": size}}
        self._insert("ContentDocumentLink", linked)
        return self._insert("ContentVersion", {**given, "ContentDocumentId": document["Id"]})

    def _query(self, soql: str, *, deleted: bool) -> Row:
        try:
            query = parse(soql)
        except Malformed as error:
            raise Refused(400, "MALFORMED_QUERY", str(error)) from error
        if query.table not in self.tables:
            raise Refused(400, "INVALID_TYPE", f"sObject type '{query.table}' is not supported")
        rows = [row for row in self.tables[query.table].values() if deleted or not row.get("IsDeleted")]
        found = [row for row in rows if query.where(row)]
        for name, descending in reversed(query.order):
            found.sort(key=lambda row, name=name: str(row.get(name) or ""), reverse=descending)
        found = found[: query.limit]
        if query.fields == ["COUNT()"]:
            return {"totalSize": len(found), "done": True, "records": []}
        shown = [{"attributes": {"type": query.table}, **_selected(row, query.fields)} for row in found]
        return {"totalSize": len(shown), "done": True, "records": shown}

    # --- SOAP --------------------------------------------------------------------------------------------

    def _soap(self, request: Request) -> Reply:
        text = request.body.decode()
        told = {name: unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</", text)}
        fault = "<soapenv:Fault><faultcode>sf:{0}</faultcode><faultstring>{0}</faultstring></soapenv:Fault>"
        if re.search(r"sessionId>([^<]*)<", text)[1] not in self.tokens:  # type: ignore[index]
            return Reply(500, fault.format("INVALID_SESSION_ID"), {"Content-Type": "text/xml"})
        if not self.converts:
            return Reply(500, fault.format("API_DISABLED_FOR_ORG"), {"Content-Type": "text/xml"})
        lead = self.tables["Lead"][told["leadId"]]
        account = told.get("accountId") or self._insert("Account", {"Name": lead["Company"], "OwnerId": USER})["Id"]
        person = {name: lead[name] for name in ("FirstName", "LastName", "Email", "Phone") if name in lead}
        contact = self._insert("Contact", {**person, "AccountId": account, "OwnerId": USER})["Id"]
        deal = ""
        if told["doNotCreateOpportunity"] == "false":
            soon = (self.clock() + timedelta(days=30)).date().isoformat()
            made = {"Name": told["opportunityName"], "AccountId": account, "StageName": _STAGES[0], "CloseDate": soon}
            deal = self._insert("Opportunity", {**made, "OwnerId": USER})["Id"]
            self._insert("OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact})
        marks = {"ConvertedContactId": contact, "ConvertedAccountId": account, "ConvertedOpportunityId": deal or None}
        self._stamp({**marks, "IsConverted": True, "Status": told["convertedStatus"]}, lead)
        ids = f"<accountId>{account}</accountId><contactId>{contact}</contactId><leadId>{lead['Id']}</leadId>"
        ids += f"<opportunityId>{deal}</opportunityId>" if deal else '<opportunityId xsi:nil="true"/>'
        return Reply(200, f"<result>{ids}<success>true</success></result>", {"Content-Type": "text/xml"})


def _selected(row: Row, fields: list[str]) -> Row:
    """The asked fields; those of a linked record as an object of their own."""
    found: Row = {}
    for name in fields:
        head, _, _ = name.partition(".")
        found[head] = row.get(head)
    return found
