"""EspoCRM's REST API: calls, lists, conditions, and its refusals in our words.

The reason of every error is in the header X-Status-Reason; the body is empty or names field and rule.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from crm_adapters.answers import Answer
from crm_adapters.http import HttpClient
from crm_adapters.site import Site
from crm_model.errors import HitchpostError, LoginNeeded, NotFound, Rejected, StaleRevision
from crm_model.options import Connection

Row = Mapping[str, object]
Where = Sequence[Mapping[str, object]]

PAGE = 200  # more is refused (403)
LISTED_TEXT = 10_000  # characters of a text that a list shows; the rest is cut
_ID = re.compile(r"[0-9A-Za-z_=.-]{1,36}")
_JUDGED = frozenset({400, 403, 404, 409})
_FIELD = re.compile(r"(?:field|link): (\w+)")


class EspoRejected(Rejected):
    """A refusal that still carries EspoCRM's own names of fields."""

    def __init__(self, problem: str, *, field: str, rule: str) -> None:
        super().__init__(problem, field_errors={field: problem} if field else {})
        self.field, self.rule = field, rule


class Api:
    """Calls to one server as one user; threads may share it."""

    def __init__(self, site: Site, connection: Connection) -> None:
        self.site = site
        self._client = HttpClient(site)
        self._headers = _credentials(connection)
        self._ahead = timedelta(0)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        return self._call("GET", path, params=params)

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """A writing call. Duplicates are not the server's affair: whoever links has looked for them already."""
        return self._call(method, path, body=body, headers={"X-Skip-Duplicate-Check": "true"})

    def row(self, entity: str, record_id: str) -> Row:
        """One record with all its details. Errors: NotFound, also for a deleted one, which an admin still gets."""
        if not _ID.fullmatch(record_id):
            raise NotFound(f"There is no {entity} {record_id[:40]!r} in this CRM.")
        found = as_row(self.get(f"{entity}/{record_id}"))
        if found.get("deleted") is True:
            raise NotFound(f"The {entity} {record_id} was deleted in the CRM.")
        return found

    def rows(
        self,
        path: str,
        where: Where = (),
        *,
        select: Sequence[str] = (),
        order_by: str = "",
        descending: bool = False,
        size: int = PAGE,
        offset: int = 0,
    ) -> list[Row]:
        """One page of a list; large texts and addresses are not in it."""
        params = dict(_where_params(where))
        if select:
            params["select"] = ",".join(select)
        if order_by:
            params |= {"orderBy": order_by, "order": "desc" if descending else "asc"}
        params |= {"maxSize": str(size), "offset": str(offset)}
        answer = as_row(self.get(path, params))
        found = answer.get("list")
        return [as_row(each) for each in found] if isinstance(found, list) else []

    def all_rows(self, path: str, where: Where = (), *, select: Sequence[str] = ()) -> Iterator[Row]:
        offset = 0
        while True:
            page = self.rows(path, where, select=select, order_by="id", offset=offset)
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def now(self) -> datetime:
        """The server's clock, which may be wrong, but stamps the records."""
        return datetime.now(UTC) + self._ahead

    def close(self) -> None:
        self._client.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> object:
        answer = self._client.call(
            method,
            f"/api/v1/{path}",
            params=params,
            body=body,
            headers={**self._headers, **(headers or {})},
            allow=_JUDGED | {401},
        )
        if (stamp := answer.date) is not None:
            self._ahead = stamp - datetime.now(UTC)
        if answer.status >= 400:
            raise _refusal(answer, self.site)
        return answer.json()


def server_time(row: Row) -> str:
    """The time of change of a row in the server's spelling, "" if it has none."""
    at = row.get("modifiedAt")
    return at if isinstance(at, str) else ""


def as_row(value: object) -> Row:
    """An object of the answer; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def equals(attribute: str, value: object) -> dict[str, object]:
    return {"type": "equals", "attribute": attribute, "value": value}


def one_of(attribute: str, values: Sequence[str]) -> dict[str, object]:
    return {"type": "in", "attribute": attribute, "value": list(values)}


def _where_params(value: object, name: str = "where") -> Iterator[tuple[str, str]]:
    """Conditions as PHP reads them from a query: where[0][type]=equals&where[0][attribute]=…"""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _where_params(each, f"{name}[{key}]")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, each in enumerate(value):
            yield from _where_params(each, f"{name}[{number}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, str(value)


def _credentials(connection: Connection) -> dict[str, str]:
    """Basic for a user with a password, X-Api-Key for an API user. Never logged."""
    user, secret = connection.text("user"), connection.secret()
    if not user:
        return {"X-Api-Key": secret}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def _refusal(answer: Answer, site: Site) -> HitchpostError:
    reason = answer.headers.get("x-status-reason", "")
    if answer.status == 401:
        hint = " Two-factor users need an API user instead." if reason else ""
        return LoginNeeded(f"EspoCRM does not accept user and password or API key.{hint}", account=site.account)
    if answer.is_page:
        return answer.unreadable()
    if answer.status == 404:
        return NotFound(f"EspoCRM has no such record (any more). {reason}".strip())
    if answer.status == 409:
        return StaleRevision("The record was changed meanwhile.")
    field, rule = _field_and_rule(answer, reason)
    words = {"required": "is needed", "maxLength": "is too long", "pattern": "holds characters that EspoCRM refuses"}
    sentence = f"{field} {words.get(rule, 'is refused by EspoCRM')}." if field else f"EspoCRM refuses this: {reason}"
    return EspoRejected(sentence.strip(), field=field, rule=rule)


def _field_and_rule(answer: Answer, reason: str) -> tuple[str, str]:
    body = as_row(answer.json()) if answer.body.strip() else {}
    data = as_row(as_row(body.get("messageTranslation")).get("data"))
    if data.get("field"):
        return str(data["field"]), str(data.get("type", ""))
    found = _FIELD.search(reason)
    return (found[1], "") if found else ("", "")
