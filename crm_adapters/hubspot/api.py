"""Calls to HubSpot: the token and its renewal, two limits, answers that are half a success."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from crm_adapters.answers import Answer
from crm_adapters.forms import form_with_file
from crm_adapters.http import HttpClient
from crm_adapters.hubspot.faults import JUDGED, fault_of
from crm_adapters.hubspot.login import Findings, Token, fetch_token
from crm_adapters.pace import Budget, Pace
from crm_adapters.sessions import SharedSession, shared_session
from crm_adapters.spelling import whole_of
from crm_model.errors import LoginNeeded, RateLimited
from crm_model.options import Connection
from crm_model.records import FileContent

MOST_INPUTS = 100
"""Records that one call of a batch takes."""
Row = Mapping[str, object]
_SEARCHES_PER_SECOND, _SEARCH_BURST = 4.0, 4
_DAILY_RESERVE_SECONDS = 3_600.0


class Api:
    """One account, called with one token. `version` is "v3" or a date: the shapes are the same."""

    def __init__(self, client: HttpClient, connection: Connection, *, version: str = "v3") -> None:
        self._client, self._connection, self._version = client, connection, version
        fingerprint = hashlib.sha256(connection.secret().encode("utf-8", "replace")).hexdigest()[:16]
        self._shared: SharedSession[Token] = shared_session("hubspot", client.site.url, fingerprint)
        self._searching = Pace(_SEARCHES_PER_SECOND, _SEARCH_BURST)

    @property
    def findings(self) -> Findings:
        return self._shared.get(self._fetch).findings

    def objects(self, type_name: str, tail: str = "") -> str:
        """The path of a type of objects."""
        base = f"crm/v3/objects/{type_name}" if self._version == "v3" else f"crm/objects/{self._version}/{type_name}"
        return f"{base}/{tail}" if tail else base

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Row:
        return self._row(self._call("GET", path, params=params))

    def post(self, path: str, body: object, *, writes: bool = True) -> Row:
        return self._row(self._call("POST", path, body=body, writes=writes))

    def patch(self, path: str, body: object) -> Row:
        return self._row(self._call("PATCH", path, body=body))

    def put(self, path: str, body: object = None) -> Row:
        return self._row(self._call("PUT", path, body=body if body is not None else {}))

    def remove(self, path: str) -> None:
        """Errors: NotFound."""
        self._call("DELETE", path)

    def upload(self, path: str, form: Mapping[str, str], part: str, file: FileContent) -> Row:
        """A form with a file in the part of that name."""
        content, content_type = form_with_file(form, part, file)
        return self._row(self._call("POST", path, content=content, content_type=content_type))

    def search(self, type_name: str, query: Mapping[str, object]) -> Row:
        """A page of a search, which has a limit of its own and sees what was written some seconds ago."""
        self._searching.take()
        return self.post(self.objects(type_name, "search"), query, writes=False)

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[Row]:
        """Every entry of a list."""
        after = ""
        while True:
            page = self.get(path, {**params, **({"after": after} if after else {})})
            yield from rows_of(page)
            after = after_of(page)
            if not after:
                return

    def close(self) -> None:
        self._client.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str = "",
        writes: bool | None = None,
    ) -> Answer:
        def send(token: Token) -> Answer:
            headers = {"authorization": f"Bearer {token.text}", **({"content-type": content_type} if content else {})}
            return self._client.call(
                method, path, params=params, body=body, content=content, headers=headers, writes=writes, allow=JUDGED
            )

        token = self._shared.get(self._fetch)
        try:
            answer = send(token)
        except LoginNeeded:
            if not token.renewable:
                raise
            answer = send(self._shared.renew(token, self._fetch))
        if answer.status < 300:
            return answer
        error = fault_of(answer, self._client.site)
        if isinstance(error, RateLimited) and (error.retry_after_seconds or 0.0) <= 1.0:
            self._searching.close_for(error.retry_after_seconds or 1.0)
        raise error

    def _fetch(self) -> Token:
        return fetch_token(self._client, self._connection)

    def _row(self, answer: Answer) -> Row:
        if answer.status == 204 or not answer.body.strip():
            if answer.status != 204 and not (answer.writes and answer.status in (200, 201)):
                raise answer.unreadable()
            return {}
        found = answer.json()
        return found if isinstance(found, dict) else {}


def rows_of(page: Row, name: str = "results") -> list[Row]:
    listed = page.get(name)
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []


def after_of(page: Row) -> str:
    """The opaque place of the next page, "" if this was the last."""
    paging = page.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return str(following.get("after") or "") if isinstance(following, dict) else ""


def portions(values: Sequence[str]) -> Iterator[list[str]]:
    """Each value once, in batches."""
    each_once = list(dict.fromkeys(values))
    for start in range(0, len(each_once), MOST_INPUTS):
        yield each_once[start : start + MOST_INPUTS]


def budget_of(headers: Mapping[str, str]) -> Budget | None:
    """What is left of ten seconds and of the day: the tighter one."""
    told = [
        _budget(headers, "x-hubspot-ratelimit-max", "x-hubspot-ratelimit-remaining", _interval(headers)),
        _budget(headers, "x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining", _DAILY_RESERVE_SECONDS),
    ]
    return min(
        (budget for budget in told if budget is not None),
        key=lambda each: each.left / max(each.allowed, 1),
        default=None,
    )


def _budget(headers: Mapping[str, str], allowed: str, left: str, seconds: float) -> Budget | None:
    calls, most = whole_of(headers.get(left)), whole_of(headers.get(allowed))
    return None if calls is None or most is None else Budget(calls, most, seconds)


def _interval(headers: Mapping[str, str]) -> float:
    milliseconds = whole_of(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    return 10.0 if milliseconds is None else min(milliseconds / 1000, 3_600.0)
