"""Calls to Sugar's REST API: errors by their label, never by their text; many calls in one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm_adapters.answers import Answer, error_of
from crm_adapters.http import HttpClient
from crm_adapters.sugar.tokens import Access, label_of
from crm_model.errors import (
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    NotSupported,
    Rejected,
    StaleRevision,
    UnknownOutcome,
    Unreachable,
)

_JUDGED = (301, 400, 401, 403, 404, 409, 412, 413, 422)
AT_ONCE = 20
"""Calls in one bulk call."""

_REFUSED = (Rejected, "{host} refused the call: {words}")
_MEANT: dict[str, tuple[type[NotFound | StaleRevision | Rejected], str]] = {
    "not_found": (NotFound, "{host} has no such record (any more)."),
    "edit_conflict": (StaleRevision, "The record was changed meanwhile."),
    "not_authorized": (Rejected, "You may not do this in the CRM."),
    "missing_parameter": _REFUSED,
    "invalid_parameter": _REFUSED,
    "request_too_large": _REFUSED,
}
Document = Mapping[str, object]


class SugarCalls:
    """The API of one server for one user."""

    def __init__(self, http: HttpClient, access: Access) -> None:
        self._http, self._access = http, access
        self._clock: datetime | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
    ) -> object:
        """The data that is answered. `path` is below the version. Errors: our own, by the answer's label."""
        tokens = self._access.tokens()
        for attempt in range(2):
            answer = self._http.call(
                method,
                f"rest/{tokens.version}/{path}",
                params=params,
                body=body,
                content=content,
                headers={**(headers or {}), "oauth-token": tokens.access},
                writes=writes,
                allow=_JUDGED,
            )
            self._clock = _date(answer) or self._clock
            if answer.status != 401 or attempt:
                break
            tokens = self._access.renewed(tokens)
        if answer.status >= 300:
            raise self._error(answer.status, label_of(answer), _text_of(answer)) or error_of(answer, self._http.site)
        return answer.json()

    def document(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
    ) -> Document:
        """The same, where an object is expected. Errors: Unreachable for anything else."""
        found = self.call(method, path, body=body, params=params, headers=headers, writes=writes)
        if not isinstance(found, Mapping):
            raise Unreachable(f"{self._http.site.host} answered something else than a record.")
        return found

    def many(self, calls: Sequence[tuple[str, str, object]]) -> list[object | HitchpostError]:
        """Answers to several calls (method, path, body) in order; one's failure leaves the others alone."""
        version = self._access.tokens().version
        done: list[object | HitchpostError] = []
        for start in range(0, len(calls), AT_ONCE):
            requests = [_request(version, *call) for call in calls[start : start + AT_ONCE]]
            writes = any(not path.endswith("/filter") and method != "GET" for method, path, _ in calls)
            answers = self.call("POST", "bulk", body={"requests": requests}, writes=writes)
            if not isinstance(answers, list) or len(answers) != len(requests):
                sentence = f"{self._http.site.host} answered for other calls than were sent."
                raise UnknownOutcome(sentence) if writes else Unreachable(sentence)
            done += [self._one_of(answer) for answer in answers]
        return done

    def now(self) -> datetime:
        """The server's clock as its latest answer told it, else ours."""
        self.call("GET", "ping")
        return self._clock or datetime.now(UTC)

    def platform(self) -> str:
        return self._access.tokens().platform

    def _one_of(self, answer: object) -> object | HitchpostError:
        if not isinstance(answer, Mapping):
            return Rejected(f"{self._http.site.host} did not carry out a part of the calls.")
        contents, status = answer.get("contents"), answer.get("status")
        failed = isinstance(status, int) and status >= 300
        if failed or (isinstance(contents, Mapping) and "error_message" in contents):
            label = str(contents.get("error", "")) if isinstance(contents, Mapping) else ""
            words = str(contents.get("error_message", "")) if isinstance(contents, Mapping) else ""
            code = status if isinstance(status, int) else 500
            error = self._error(code, label, words)
            return error or Rejected(f"{self._http.site.host} refused a part of the calls (HTTP {code}).")
        return contents

    def _error(self, status: int, label: str, words: str) -> HitchpostError | None:
        host = self._http.site.host
        if status == 401 or label in ("need_login", "invalid_grant"):
            return LoginNeeded(f"{host} does not accept our sign-in.", account=self._http.site.account)
        if label == "client_not_allowed":
            return ConfigError(f"{host} lets only certain clients in; an admin must allow “Hitchpost”", key="url")
        if label == "no_method":
            return NotSupported(f"{host} has no such call.", feature="sugar")
        meant = _MEANT.get(label)
        if meant is None:
            return None
        kind, sentence = meant
        return kind(sentence.format(host=host, words=words[:200]))


def _request(version: str, method: str, path: str, body: object) -> dict[str, str]:
    """One of many: the address starts with the version, the data is text."""
    request = {"url": f"/{version}/{path}", "method": method}
    return request if body is None else {**request, "data": json.dumps(body)}


def _text_of(answer: Answer) -> str:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return str(document.get("error_message", "")) if isinstance(document, dict) else ""


def _date(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
