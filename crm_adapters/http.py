"""The one way to call a CRM over HTTP: time-outs, limits, TLS, retries, and every failure in our words.

    no connection                           Unreachable     not sent: tried again after a moment
    sent, but no answer or half of one      UnknownOutcome  reading is tried again, writing never
    5xx: crash, empty body                  UnknownOutcome  the same
    429, or 503 with Retry-After            RateLimited     a short wait is waited out
    401                                     LoginNeeded     a vendor renews its token first
    404, 412, other 4xx                     NotFound, StaleRevision, Rejected
    a web page instead of data              Unreachable     with the advice to look at the address
    a redirect, a certificate nobody knows  ConfigError

A vendor that says more in its answer asks for these with `allow` and judges for itself. No error and no log line
carries an address's query, a header or a body: secrets travel there.
"""

from __future__ import annotations

import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx2

from crm_adapters.answers import Answer, error_of
from crm_adapters.deadline import Deadline
from crm_adapters.pace import Budget, Pace
from crm_adapters.site import Site
from crm_model.errors import ConfigError, RateLimited, UnknownOutcome, Unreachable

_log = logging.getLogger(__name__)
_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)  # per packet
_LONGEST_CALL_SECONDS = 180.0
_SLOWEST_BYTES_PER_SECOND = 16_384  # what a large file may take longer on its way out
_LARGEST_ANSWER_BYTES = 64 * 2**20
_TRIES = 3
_LONGEST_PAUSE_SECONDS = 5.0
_KEEPALIVE_SECONDS = 4.0  # Apache drops an idle connection after 5, and a write into a dropped one has no outcome
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_RANDOM = random.SystemRandom()

Params = Mapping[str, str]
ReadBudget = Callable[[Mapping[str, str]], Budget | None]


class HttpClient:
    """Calls to one site for one adapter; not shared by threads (a `Pace` is)."""

    def __init__(
        self,
        site: Site,
        *,
        pace: Pace | None = None,
        read_budget: ReadBudget | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for name in ("httpx2", "httpcore2"):  # they log whole addresses, with the session ids in them
            logging.getLogger(name).setLevel(logging.WARNING)
        self.site = site
        self._pace, self._read_budget, self._sleep = pace, read_budget, sleep
        self._deadline = Deadline()
        self._client = httpx2.Client(
            verify=site.trust(),
            timeout=_TIMEOUT,
            limits=httpx2.Limits(max_connections=4, keepalive_expiry=_KEEPALIVE_SECONDS),
            headers={"user-agent": "Hitchpost", "accept": "application/json"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a session is what we say it is
            trust_env=not site.is_local,  # no proxy for our own machine
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """The answer to one call. `path` is below the site, or a whole https address that the site itself named.

        `body` is sent as JSON. `writes` says whether it changes something (default: unless GET); `allow` are statuses
        that the caller judges. Errors: those of the table above.
        """
        changes = method not in _READING if writes is None else writes
        sending = self._request(method, path, params=params, body=body, form=form, content=content, headers=headers)
        for attempt in range(1, _TRIES + 1):
            if self._pace is not None:
                self._pace.take()
            try:
                return self._answer(sending, changes, allow)
            except (Unreachable, RateLimited) as error:
                pause = _pause_seconds(error, attempt, changes)
                if pause is None:
                    raise
                _log.info("crm_call_again", extra={"crm": self.site.account, "error": type(error).__name__})
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        self._client.close()

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None,
        body: object,
        form: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Request:
        url = path if path.startswith(("https://", "http://")) else f"{self.site.url}/{path.lstrip('/')}"
        if urlsplit(url).scheme != urlsplit(self.site.url).scheme:
            raise ConfigError("the CRM sends us from https to http, or back; look at its address", key="url")
        if body is not None:
            content = json.dumps(body).encode()
            headers = {"content-type": "application/json", **(headers or {})}
        try:
            return self._client.build_request(
                method,
                url,
                params=params,
                content=content,
                data=form,
                headers=dict(headers or {}),
                extensions={"trace": self._deadline.trace},
            )
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            # The message quotes what it could not encode, which may be a secret.
            raise ConfigError("the address, user or secret holds characters that can't be sent", key="url") from None

    def _answer(self, request: httpx2.Request, changes: bool, allow: Collection[int]) -> Answer:
        answer = self._exchange(request, changes)
        if self._pace is not None and self._read_budget is not None:
            self._pace.learn(self._read_budget(answer.headers))
        if answer.status in allow or 200 <= answer.status < 300:
            return answer
        error = error_of(answer, self.site)
        if isinstance(error, RateLimited) and self._pace is not None:
            self._pace.close_for(error.retry_after_seconds or 0.0)
        raise error

    def _exchange(self, request: httpx2.Request, changes: bool) -> Answer:
        host = self.site.host
        try:
            seconds = _LONGEST_CALL_SECONDS + len(request.content) / _SLOWEST_BYTES_PER_SECOND
            with self._deadline.running(seconds):
                response = self._client.send(request, stream=True)
                try:
                    body = _read(response)
                finally:
                    response.close()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
            if _is_certificate(error):
                raise ConfigError(
                    f"the certificate of {host} can't be verified; if it is your company's own, name its CA in ca_file",
                    key="ca_file",
                ) from error
            raise Unreachable(f"{host} can't be reached; it will be tried again.") from error
        except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol):
            # The message quotes the header, which may be a secret.
            raise ConfigError("the user or secret holds characters that can't be sent", key="secret") from None
        except (httpx2.RequestError, _Endless) as error:
            sentence = f"{host} broke off before its answer was complete; it will be tried again."
            raise (UnknownOutcome(sentence) if changes else Unreachable(sentence)) from error
        return Answer(response.status_code, dict(response.headers), body, host, changes)


class _Endless(Exception):
    """An answer that is too large."""


def _read(response: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > _LARGEST_ANSWER_BYTES:
            raise _Endless
        parts.append(part)
    return b"".join(parts)


def _pause_seconds(error: Unreachable | RateLimited, attempt: int, changes: bool) -> float | None:
    """How long to wait before the next try; None if there is to be none."""
    if attempt >= _TRIES or (changes and isinstance(error, UnknownOutcome)):
        return None
    if isinstance(error, RateLimited):
        asked = error.retry_after_seconds
        return asked + _RANDOM.uniform(0, 0.5) if asked is not None and asked <= _LONGEST_PAUSE_SECONDS else None
    return _RANDOM.uniform(0.2, 0.4) * 3.0 ** (attempt - 1)


def _is_certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
