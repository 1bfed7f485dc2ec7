"""Salesforce's REST API: calls under a session, queries, and its errors in our words.

Errors are a list of {errorCode, message, fields}; of a batch, {statusCode, message, fields}. Some answers are web pages
(maintenance), some have no body at all (406 and 420, which pass).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from crm_adapters.answers import Answer, error_of
from crm_adapters.http import HttpClient
from crm_adapters.pace import Budget, Pace
from crm_adapters.salesforce.login import Session, log_in
from crm_adapters.sessions import SharedSession, shared_session
from crm_adapters.site import Site
from crm_model.errors import (
    Busy,
    CursorExpired,
    HitchpostError,
    LoginNeeded,
    NotFound,
    RateLimited,
    Rejected,
    StaleRevision,
    Unreachable,
)
from crm_model.options import Connection

Row = Mapping[str, object]

ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_JUDGED = frozenset({300, 400, 401, 403, 404, 406, 409, 412, 420, 428})
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_ROLLING_SECONDS = 900.0  # the limit is of the last 24 hours: some of it comes back all the time
_GONE = {"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"}
_PASSING = {"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"}
_NO_RENEWAL = ("not valid for use with the REST API", "not attached to Agent")
_HEADERS = {
    "Sforce-Duplicate-Rule-Header": "allowSave=true",  # whoever links has looked for duplicates already
    "Sforce-Auto-Assign": "FALSE",
}


class SalesforceRejected(Rejected):
    """A refusal with Salesforce's own code and names of fields."""

    def __init__(self, problem: str, *, code: str, fields: Sequence[str]) -> None:
        super().__init__(problem, field_errors=dict.fromkeys(fields, problem))
        self.code, self.fields = code, tuple(fields)


class Api:
    """Calls to one organisation as one user."""

    def __init__(self, site: Site, connection: Connection) -> None:
        self.site = site
        self.version = connection.text("api_version") or "62.0"
        self._connection = connection
        self._client = HttpClient(site, pace=_pace_of(site, connection), read_budget=_budget)
        identity = (site.url, connection.text("client_id"), connection.text("user"), connection.name)
        self._shared: SharedSession[Session] = shared_session("salesforce", *identity)
        self.url = site.url
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The server's clock, which stamps the records."""
        return datetime.now(UTC) + self._ahead

    def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        answer = self.call("GET", path, params=params)
        return answer.json()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
    ) -> Answer:
        """A call below the data's root, or to a path that Salesforce named. The session is renewed once."""

        def send(session: Session) -> Answer:
            self.url = session.url
            where = path if path.startswith("/services/") else f"/services/data/v{self.version}/{path}"
            sent = {"Authorization": f"Bearer {session.token}", **_HEADERS, **(headers or {})}
            return self._client.call(
                method,
                f"{session.url}{where}",
                params=params,
                body=body,
                headers=sent,
                writes=writes,
                allow=_JUDGED,
            )

        answer = self._in_session(send)
        if (stamp := answer.date) is not None:
            self._ahead = stamp - datetime.now(UTC)
        if answer.status >= 300:
            raise refusal(answer, self.site)
        return answer

    def soap(self, envelope: Callable[[str], str]) -> Answer:
        """A SOAP call, whose body holds the session; a fault is the caller's to judge."""

        def send(session: Session) -> Answer:
            return self._client.call(
                "POST",
                f"{session.url}/services/Soap/u/{self.version}",
                content=envelope(session.token).encode("utf-8", "replace"),
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
                allow=_JUDGED | {500},
            )

        return self._in_session(send)

    def query(self, soql: str, *, deleted: bool = False) -> list[Row]:
        """All rows of a query; with `deleted` those in the recycle bin, too. Errors: CursorExpired."""
        found: list[Row] = []
        path, params = ("queryAll" if deleted else "query"), {"q": soql}
        read: set[str] = set()
        while path:
            if path in read:
                raise Unreachable("Salesforce lists the same rows without end.")
            read.add(path)
            answer = as_row(self.get(path, params))
            rows = answer.get("records")
            found += [as_row(each) for each in rows] if isinstance(rows, list) else []
            path, params = ("" if answer.get("done", True) else str(answer.get("nextRecordsUrl") or "")), {}
        return found

    def close(self) -> None:
        self._client.close()

    def _in_session(self, send: Callable[[Session], Answer]) -> Answer:
        session = self._shared.get(self._log_in)
        answer = send(session)
        if answer.status != 401:
            return answer
        if any(words in answer.text for words in _NO_RENEWAL):
            raise LoginNeeded("Salesforce does not allow this user the API.", account=self.site.account)
        answer = send(self._shared.renew(session, self._log_in))
        if answer.status == 401:
            raise LoginNeeded("Salesforce does not accept the session, even a new one.", account=self.site.account)
        return answer

    def _log_in(self) -> Session:
        return log_in(self._client, self.site, self._connection)


def as_row(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def quoted(text: str) -> str:
    """Text as SOQL wants it between quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def refusal(answer: Answer, site: Site) -> HitchpostError:
    """What an answer that is no success means."""
    if answer.status in (406, 420):
        return Unreachable("Salesforce is busy with itself; it will be tried again.")
    if answer.status in (412, 428):
        return StaleRevision("The record was changed in Salesforce meanwhile.")
    if answer.is_page or not answer.body.strip():
        return error_of(answer, site)
    told = answer.json()
    first = as_row(told[0]) if isinstance(told, list) and told else as_row(told)
    return error_from(first)


def error_from(error: Row) -> HitchpostError:
    """One error of Salesforce, of a single call or of a batch, in our words."""
    code = str(error.get("errorCode") or error.get("statusCode") or "")
    message = str(error.get("message") or code) if code else "without saying why"  # not Salesforce's own words
    fields = error.get("fields")
    names = [str(each) for each in fields] if isinstance(fields, list) else []
    if code in _GONE and not names:
        return NotFound("Salesforce has no such record (any more).")
    if code in _PASSING:
        return Busy("The record is locked in Salesforce just now; it will be tried again.")
    if code == "REQUEST_LIMIT_EXCEEDED":
        sentence = "Salesforce's limit of calls is reached; it goes on by itself."
        return RateLimited(sentence, retry_after_seconds=_ROLLING_SECONDS)
    if code == "INVALID_QUERY_LOCATOR":
        return CursorExpired("The place in Salesforce's list is too old.")
    return SalesforceRejected(f"Salesforce refuses this: {message}", code=code, fields=names)


_paces: dict[tuple[str, str], Pace] = {}


def _pace_of(site: Site, connection: Connection) -> Pace:
    """One for all adapters of an organisation: its limit is shared."""
    return _paces.setdefault((site.url, connection.text("client_id")), Pace(50, 100))


def _budget(headers: Mapping[str, str]) -> Budget | None:
    found = _USAGE.search(headers.get("sforce-limit-info", ""))
    if found is None:
        return None
    used, allowed = int(found[1]), int(found[2])
    return Budget(allowed - used, allowed, _ROLLING_SECONDS)


def saved(results: object, wanted: Collection[object]) -> list[Row]:
    """The results of a batch in order, one each. Errors: Unreachable if some are missing."""
    rows = [as_row(each) for each in cast("list[object]", results)] if isinstance(results, list) else []
    if len(rows) != len(wanted):
        raise Unreachable("Salesforce answered for other records than were sent.")
    return rows
