"""Signing in to Sugar: tokens that rotate, on a platform of our own so that nobody's browser is signed out.

password -> access, refresh      refresh -> a new pair, the old refresh token is dead
401 on a call: refresh once, else the password once, else a person is needed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_adapters.answers import Answer
from crm_adapters.http import HttpClient
from crm_adapters.sessions import SharedSession, shared_session
from crm_model.errors import ConfigError, LoginNeeded, Unreachable
from crm_model.options import Connection

VERSIONS = ("v11_20", "v11_10", "v11_5", "v11", "v10")
"""Newest first; a server that is older answers the others with 301."""

CREDENTIAL_HELP = (
    "The user's password, or a JSON object with password or refresh_token, and client_secret if the client has one."
)
_PLATFORM, _FALLBACK_PLATFORM = "hitchpost", "base"
_JUDGED = (301, 400, 401, 403, 404, 422)


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    version: str
    platform: str


class Access:
    """The tokens of one user of one server, shared by all adapters of this process."""

    def __init__(self, http: HttpClient, connection: Connection) -> None:
        self._http, self._connection = http, connection
        self._user, self._client_id = connection.text("user"), connection.text("client_id") or "sugar"
        self._platform = connection.text("platform") or _PLATFORM
        self._secret = _parts(connection.secret())
        mark = hashlib.sha256(f"{self._user}\0{sorted(self._secret.items())}".encode()).hexdigest()
        self._session: SharedSession[Tokens] = shared_session("sugar", http.site.url, self._platform, mark)

    def tokens(self) -> Tokens:
        """Errors: LoginNeeded, ConfigError."""
        return self._session.get(lambda: self._log_in(None))

    def renewed(self, stale: Tokens) -> Tokens:
        """Tokens other than those that were not accepted."""
        return self._session.renew(stale, lambda: self._log_in(stale))

    def _log_in(self, stale: Tokens | None) -> Tokens:
        refresh = stale.refresh if stale is not None and stale.refresh else self._secret.get("refresh_token", "")
        if refresh:
            try:
                return self._granted({"grant_type": "refresh_token", "refresh_token": refresh}, stale)
            except LoginNeeded:
                if "password" not in self._secret:
                    raise
        grant = {"grant_type": "password", "username": self._user, "password": self._secret.get("password", "")}
        return self._granted(grant, stale)

    def _granted(self, grant: Mapping[str, str], stale: Tokens | None) -> Tokens:
        """Errors: LoginNeeded, ConfigError, Unreachable."""
        versions = (stale.version,) if stale is not None else VERSIONS
        platforms = (stale.platform,) if stale is not None else dict.fromkeys((self._platform, _FALLBACK_PLATFORM))
        for version in versions:
            for platform in platforms:
                answer = self._ask(version, platform, grant)
                label = label_of(answer)
                if answer.status == 301 and label == "incorrect_version":
                    break
                if answer.status != 422:
                    return self._taken(answer, label, version, platform)
        raise ConfigError("this Sugar offers no version of its API that Hitchpost speaks", key="url")

    def _ask(self, version: str, platform: str, grant: Mapping[str, str]) -> Answer:
        client = {"client_id": self._client_id, "client_secret": self._secret.get("client_secret", "")}
        body = {**grant, **client, "platform": platform}
        return self._http.call("POST", f"rest/{version}/oauth2/token", body=body, writes=False, allow=_JUDGED)

    def _taken(self, answer: Answer, label: str, version: str, platform: str) -> Tokens:
        host, account = self._http.site.host, self._http.site.account
        if label == "client_not_allowed":
            raise ConfigError(f"{host} lets only certain clients in; an admin must allow “Hitchpost”", key="url")
        if label == "invalid_client":
            raise LoginNeeded(f"{host} does not know the client {self._client_id}.", account=account)
        if answer.status in (400, 401, 403):
            raise LoginNeeded(f"{host} does not accept user and password.", account=account)
        if answer.status != 200:
            raise ConfigError(f"no Sugar answers at {host}; put the address of its login page here", key="url")
        document = answer.json()
        access = document.get("access_token") if isinstance(document, Mapping) else None
        if not isinstance(document, Mapping) or not isinstance(access, str):
            raise Unreachable(f"{host} let us in without a token.")
        refresh = str(document.get("refresh_token") or "")
        if refresh and "refresh_token" in self._secret:
            # Kept before the access token is used: the old one is dead by now.
            self._secret["refresh_token"] = refresh
            self._connection.keep_secret(json.dumps(self._secret))
        return Tokens(access, refresh, version, platform)


def label_of(answer: Answer) -> str:
    """The label of an error, "" for anything else."""
    if answer.status < 300 or answer.is_page or not answer.body:
        return ""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return str(document.get("error", "")) if isinstance(document, dict) else ""


def _parts(secret: str) -> dict[str, str]:
    """The parts of a JSON object; any other text is the password."""
    if secret.lstrip().startswith("{"):
        try:
            found = json.loads(secret)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and {"password", "refresh_token"} & set(found):
            return {str(name): str(value) for name, value in found.items()}
    return {"password": secret}
