"""vtiger's operations over HTTP: the envelope, the session and its renewal, for webservice.php and for the cloud.

    open source   GET or POST <site>/webservice.php, `operation` and `sessionName` among the parameters, always HTTP 200
    cloud         GET or POST <site>/restapi/v1/vtiger/default/<operation>, HTTP Basic, refusals as HTTP 400

Each operation wants its own method: sent by the other one, its parameters are not seen at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from crm_adapters.answers import Answer, error_of
from crm_adapters.forms import form_with_file
from crm_adapters.http import HttpClient
from crm_adapters.pace import Budget
from crm_adapters.sessions import SharedSession, shared_session
from crm_adapters.site import Site
from crm_adapters.spelling import whole_of
from crm_adapters.vtiger.faults import OperationMissing, SessionEnded, fault_of
from crm_adapters.vtiger.login import Session, sign_in, who_am_i
from crm_model.errors import LoginNeeded, Unreachable
from crm_model.records import FileContent

_JUDGED = frozenset({400, 403, 404})
_LONGEST_RESET_SECONDS = 86_400.0
_CRASHED = frozenset({500, 501})
_CLOUD_PATH = "restapi/v1/vtiger/default"
Params = Mapping[str, str]
Upload = tuple[str, FileContent]


class Service:
    """The operations of one server, called as one user."""

    def __init__(self, client: HttpClient, user: str, secret: Callable[[], str], *, cloud: bool) -> None:
        self._client, self._user, self._secret, self._cloud = client, user, secret, cloud
        fingerprint = hashlib.sha256(secret().encode("utf-8", "replace")).hexdigest()[:16]
        self._shared: SharedSession[Session] = shared_session("vtiger", client.site.url, user, fingerprint)

    @property
    def session(self) -> Session:
        """Who we are there; signs in if need be. Errors: LoginNeeded, Unreachable."""
        return self._shared.get(self._sign_in)

    def read(self, operation: str, **params: str) -> object:
        """The result of an operation that changes nothing. Errors: those of `faults`."""
        return self._run("GET", operation, params)

    def write(self, operation: str, **params: str) -> object:
        """The result of an operation that changes something."""
        return self._run("POST", operation, params)

    def upload(self, operation: str, params: Params, part: str, file: FileContent) -> object:
        """A `write` whose form carries a file in the part of that name."""
        return self._run("POST", operation, params, upload=(part, file))

    def try_read(self, operation: str, **params: str) -> object:
        """A `read` of what a server may lack. Errors: OperationMissing, found out once per login."""
        return self._attempt("GET", operation, params)

    def try_write(self, operation: str, **params: str) -> object:
        """A `write` of what a server may lack."""
        return self._attempt("POST", operation, params)

    def close(self) -> None:
        """The session stays, for the others; it ends by itself."""
        self._client.close()

    def _attempt(self, method: str, operation: str, params: Params) -> object:
        missing = self.session.findings.missing
        if operation in missing:
            raise OperationMissing(operation)
        try:
            return self._run(method, operation, params, may_lack=True)
        except OperationMissing:
            missing.add(operation)
            raise

    def _run(
        self, method: str, operation: str, params: Params, *, may_lack: bool = False, upload: Upload | None = None
    ) -> object:
        session = self.session
        try:
            return self._call(method, operation, params, session, may_lack=may_lack, upload=upload)
        except SessionEnded:
            # Refused before anything was done, so a write may be sent again, too.
            session = self._shared.renew(session, self._sign_in)
        try:
            return self._call(method, operation, params, session, may_lack=may_lack, upload=upload)
        except SessionEnded as error:
            raise Unreachable("vtiger ends every session at once; it will be tried again.") from error

    def _call(
        self,
        method: str,
        operation: str,
        params: Params,
        session: Session | None,
        *,
        may_lack: bool = False,
        upload: Upload | None = None,
    ) -> object:
        path, own, headers = self._place(operation, session)
        sent = {**own, **params}
        allow = _JUDGED | _CRASHED if may_lack else _JUDGED
        if upload is not None:
            content, content_type = form_with_file(sent, *upload)
            headers["content-type"] = content_type
            answer = self._client.call(method, path, content=content, headers=headers, allow=allow)
        elif method == "GET":
            answer = self._client.call(method, path, params=sent, headers=headers, allow=allow)
        else:
            answer = self._client.call(method, path, form=sent, headers=headers, allow=allow)
        if may_lack and answer.status in _CRASHED and _envelope(answer) is None:
            # PHP 8 matches arguments by name, and some operations are declared with other names than their functions.
            raise OperationMissing(operation)
        return self._result(answer, operation, writes=method == "POST")

    def _place(self, operation: str, session: Session | None) -> tuple[str, dict[str, str], dict[str, str]]:
        """Path, parameters and headers that every call has."""
        if self._cloud:
            pair = base64.b64encode(f"{self._user}:{self._secret()}".encode()).decode()
            return f"{_CLOUD_PATH}/{operation}", {}, {"authorization": f"Basic {pair}"}
        own = {"operation": operation, **({"sessionName": session.name} if session is not None else {})}
        return "webservice.php", own, {}

    def _result(self, answer: Answer, operation: str, *, writes: bool) -> object:
        site = self._client.site
        envelope = _envelope(answer)
        if envelope is None:
            raise answer.unreadable() if answer.status < 300 else error_of(answer, site)
        if envelope.get("success") is True:
            return envelope.get("result")
        raise fault_of(envelope.get("error"), operation=operation, account=site.account, writes=writes)

    def _sign_in(self) -> Session:
        if self._cloud:
            return who_am_i(self._call("GET", "me", {}, None))
        key = self._secret().strip()
        if not key:
            raise LoginNeeded("vtiger wants the user's access key.", account=self._client.site.account)
        return sign_in(lambda method, operation, params: self._call(method, operation, params, None), self._user, key)


def service_site(site: Site) -> Site:
    """The site without what people copy along: webservice.php, index.php, the path of the cloud's API."""
    url = site.url
    for tail in ("/webservice.php", "/index.php", f"/{_CLOUD_PATH}"):
        url = url.removesuffix(tail)
    return Site(url, site.account, site.ca_file)


def is_cloud(site: Site) -> bool:
    """Whether the address is one of the vendor's own, which have another API."""
    host = urlsplit(site.url).hostname or ""
    return host.endswith(".vtiger.com")


def budget_of(headers: Mapping[str, str], now: float) -> Budget | None:
    """What the cloud tells of its limit per minute and per day: the tighter one."""
    found = [
        _budget(headers, "x-floodcontrol-minutelimit", "x-floodcontrol-remaining", "x-floodcontrol-reset", now),
        _budget(headers, "x-ratelimit-dailylimit", "x-ratelimit-remaining", "x-ratelimit-reset", now),
    ]
    told = [budget for budget in found if budget is not None]
    return min(told, key=lambda budget: budget.left / max(budget.allowed, 1), default=None)


def _budget(headers: Mapping[str, str], allowed: str, left: str, reset: str, now: float) -> Budget | None:
    calls, most, resets = (whole_of(headers.get(name)) for name in (left, allowed, reset))
    if calls is None or most is None:
        return None
    return Budget(calls, most, None if resets is None else min(max(0.0, resets - now), _LONGEST_RESET_SECONDS))


def _envelope(answer: Answer) -> Mapping[str, object] | None:
    """The JSON object of an answer, None if there is none; PHP's warnings may stand before it."""
    start = answer.body.find(b'{"success"')
    try:
        found = json.loads(answer.body[start:] if start > 0 else answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "success" in found else None
