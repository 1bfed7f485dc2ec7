"""Calls to the JSON:API: a token for an hour, refusals with 400, a wrong password with 500 that repeats it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm_adapters.answers import Answer, error_of
from crm_adapters.http import HttpClient
from crm_adapters.sessions import SharedSession, shared_session
from crm_adapters.suitecrm.login import Login
from crm_model.errors import LoginNeeded, Rejected, Unreachable

_TYPE = "application/vnd.api+json"
_ANSWERED = (400, 401, 403, 404, 405)


class Refusal(Rejected):
    """A call that the server refused, with its own words in `detail`."""

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(f"{host} refused the call: {detail[:200]}")
        self.detail = detail


class JsonApiCalls:
    """The API of one server for one user or client."""

    def __init__(self, http: HttpClient, root: str, api: str, login: Login) -> None:
        self._http, self._login_as = http, login
        self._base = f"{root}{api}"
        self._token_path = self._base.removesuffix("V8") + "access_token"
        parts = (login.user, login.password, login.client_id, login.client_secret)
        mark = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        self._token: SharedSession[str] = shared_session("suitecrm-v8", http.site.url, root, mark)
        self._clock: datetime | None = None

    def call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> Mapping[str, object]:
        """The document that is answered. Errors: Refusal, LoginNeeded, Unreachable, UnknownOutcome for a write."""
        token = self._token.get(self._log_in)
        answer = self._send(method, path, token, params, body)
        if answer.status == 401:
            answer = self._send(method, path, self._token.renew(token, self._log_in), params, body)
        self._clock = _date(answer) or self._clock
        if answer.status in _ANSWERED:
            raise self._refusal(answer)
        document = answer.json()
        if not isinstance(document, Mapping):
            raise answer.unreadable()
        return document

    def now(self) -> datetime:
        """The server's clock as its latest answer told it, else ours."""
        self.call("GET", "current-user")
        return self._clock or datetime.now(UTC)

    def _send(self, method: str, path: str, token: str, params: Mapping[str, str] | None, body: object) -> Answer:
        headers = {"accept": _TYPE, "content-type": _TYPE, "authorization": f"Bearer {token}"}
        return self._http.call(
            method, f"{self._base}/{path}", params=params, body=body, headers=headers, allow=_ANSWERED
        )

    def _refusal(self, answer: Answer) -> Rejected | LoginNeeded | Unreachable:
        host = self._http.site.host
        if answer.status == 401:
            return LoginNeeded(f"{host} does not accept our token.", account=self._http.site.account)
        document = answer.json()
        errors = document.get("errors") if isinstance(document, Mapping) else None
        detail = errors.get("detail") if isinstance(errors, Mapping) else None
        return Refusal(host, str(detail or f"HTTP {answer.status}"))

    def _log_in(self) -> str:
        """A fresh token; the password is at hand, so a refresh token would only be one more secret to keep."""
        login, host = self._login_as, self._http.site.host
        body = {"grant_type": "client_credentials", "client_id": login.client_id, "client_secret": login.client_secret}
        if login.user:
            body |= {"grant_type": "password", "username": login.user, "password": login.password}
        answer = self._http.call("POST", self._token_path, body=body, writes=False, allow=(400, 401, 403, 500))
        if answer.status == 500 and b"unknown_error" not in answer.body:
            raise error_of(answer, self._http.site)
        if answer.status >= 400:
            # The answer is not quoted: it may repeat the password.
            what = "client_id and client_secret" if b"invalid_client" in answer.body else "user and password"
            raise LoginNeeded(f"{host} does not accept {what}.", account=self._http.site.account)
        document = answer.json()
        token = document.get("access_token") if isinstance(document, Mapping) else None
        if not isinstance(token, str):
            raise Unreachable(f"{host} let us in without a token.")
        return token


def _date(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
