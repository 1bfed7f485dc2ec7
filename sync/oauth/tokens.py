"""Access tokens: made of the refresh token when needed, kept in memory while they live."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_adapters.answers import retry_after
from crm_adapters.deadline import Deadline
from crm_model.errors import Busy, ConfigError, HitchpostError, LoginNeeded, RateLimited, Unreachable
from crm_model.options import Connection
from crm_model.safe_text import safe_line
from sync.oauth.grant import Grant, provider_of, read_grant, sign_in_command, wanted_scopes
from sync.oauth.providers import MICROSOFT, missing_scopes

if TYPE_CHECKING:
    import httpx2

_log = logging.getLogger(__name__)

_SECONDS, _LONGEST_SECONDS = 20.0, 60.0
_MARGIN_SECONDS = 240.0
"""A token that ends sooner than this is not handed out: a page may take minutes."""

_SHORTEST_SECONDS = 60.0
_LIVES_SECONDS = 3600.0
_WORDS = 200


@dataclass(slots=True)
class _Seat:
    """What this process knows of one account's sign-in. `grant` is newer than `kept` where the secret's place can't be
    written; whoever holds `lock` may refresh."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: Grant | None = None
    grant: Grant | None = None
    token: str = ""
    ends: float = 0.0


_SEATS: dict[str, _Seat] = {}


def access_token(connection: Connection, *, instead_of: str = "") -> str:
    """A token that is good for some minutes at least.

    After the server refused a token, `instead_of` names it: another one is fetched, once for all who ask.
    Errors: LoginNeeded when a person must sign in again, ConfigError for no sign-in at all, Unreachable,
    RateLimited, Busy.
    """
    seat = _SEATS.setdefault(connection.name, _Seat())
    with seat.lock:
        kept = read_grant(connection)
        if seat.grant is None or seat.kept != kept:
            seat.kept, seat.grant, seat.token = kept, kept, ""
        if not seat.token or seat.token == instead_of or seat.ends <= time.monotonic():
            _renew(connection, seat, seat.grant)
        return seat.token


def sign_in_refused(connection: Connection, why: str = "") -> LoginNeeded:
    """The sentence for a server that does not take our tokens any more; `why` in its words, if it gave any."""
    title = provider_of(connection).title
    said = f" ({safe_line(why)[:_WORDS]})" if why else ""
    return LoginNeeded(
        f"{title} no longer accepts the sign-in of {connection.name}{said}. Sign in again: "
        f"{sign_in_command(connection)}",
        account=connection.name,
    )


def _renew(connection: Connection, seat: _Seat, grant: Grant) -> None:
    seat.token = ""
    _check_scopes(connection, grant)
    answer = _refresh(connection, grant)
    renewed = _renewed(grant, answer)
    if renewed != grant:
        seat.grant = renewed
        _keep(connection, seat, renewed)
    _check_scopes(connection, renewed)
    seat.token, seat.ends = answer["access_token"], time.monotonic() + _lifetime(answer)


def _keep(connection: Connection, seat: _Seat, grant: Grant) -> None:
    try:
        connection.keep_secret(grant.to_text())
    except ConfigError:  # this process goes on with it; the next one uses the older, which mostly lives as well
        _log.warning("sign_in_not_kept", extra={"account": connection.name})
    else:
        seat.kept = grant


def _check_scopes(connection: Connection, grant: Grant) -> None:
    missing = missing_scopes(provider_of(connection), wanted_scopes(connection), grant.scopes)
    if missing:
        raise LoginNeeded(
            f"The sign-in of {connection.name} does not allow all that is needed (missing: {', '.join(missing)})."
            f" Sign in again and tick every box: {sign_in_command(connection)}",
            account=connection.name,
        )


def _refresh(connection: Connection, grant: Grant) -> dict[str, Any]:
    """The answer of the token endpoint (RFC 6749 6)."""
    import httpx2  # takes a quarter of a second, which accounts with passwords need not wait

    form = {"grant_type": "refresh_token", "client_id": grant.client.client_id, "refresh_token": grant.refresh_token}
    if grant.client.secret:
        form["client_secret"] = grant.client.secret
    deadline = Deadline()
    try:
        with httpx2.Client(timeout=_SECONDS) as client, deadline.running(_LONGEST_SECONDS):
            response = client.post(grant.client.token_uri, data=form, extensions={"trace": deadline.trace})
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = type(error).__name__
        # Not chained: the request that hangs on the error holds the refresh token.
        raise Unreachable(
            f"The sign-in of {provider_of(connection).title} can't be reached ({reason}); it will be tried again."
        ) from None
    answer = _read(response)
    if response.is_success and isinstance(answer.get("access_token"), str):
        return answer
    raise _refused(connection, response, answer)


def _read(response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refused(connection: Connection, response: httpx2.Response, answer: dict[str, Any]) -> HitchpostError:
    title, status = provider_of(connection).title, response.status_code
    code = str(answer.get("error") or "")
    said = safe_line(str(answer.get("error_description") or code))[:_WORDS]
    if status == 429:
        return RateLimited(
            f"{title} asks for fewer sign-ins; it will be tried again.",
            retry_after_seconds=retry_after(response.headers),
        )
    if status >= 500 or code in ("temporarily_unavailable", "server_error"):
        return Busy(f"The sign-in of {title} is out of order now; it will be tried again.")
    if not code:
        return Unreachable(f"The sign-in of {title} gave no answer that can be read; it will be tried again.")
    if code in ("invalid_client", "unauthorized_client", "deleted_client"):
        given = "--client-id ID" if provider_of(connection) is MICROSOFT else "--client-file FILE"
        return LoginNeeded(
            f"{title} no longer knows the OAuth client of {connection.name} ({said}). Sign in again with one that"
            f" exists: {sign_in_command(connection)} {given}",
            account=connection.name,
        )
    return sign_in_refused(connection, said)


def _lifetime(answer: dict[str, Any]) -> float:
    """For how many seconds the token is handed out."""
    try:
        seconds = float(answer.get("expires_in", _LIVES_SECONDS))
    except (TypeError, ValueError):
        seconds = _LIVES_SECONDS
    return max(_SHORTEST_SECONDS, seconds - _MARGIN_SECONDS)


def _renewed(grant: Grant, answer: dict[str, Any]) -> Grant:
    """The grant after this answer: Microsoft renews the refresh token each time, either may narrow the scopes."""
    renewed, scope = answer.get("refresh_token"), answer.get("scope")
    return replace(
        grant,
        refresh_token=renewed if isinstance(renewed, str) and renewed else grant.refresh_token,
        scopes=tuple(sorted(scope.split())) if isinstance(scope, str) and scope else grant.scopes,
    )
