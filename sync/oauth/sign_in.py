"""A person signs in, once: in the browser of this machine, or on another one by pasting an address back.

authorize address -> browser -> consent -> http://localhost:PORT/?code=…&state=…   caught here
                                           http://localhost/?code=…&state=…        fails to load there, is pasted
code + PKCE verifier -> token endpoint -> refresh token, granted scopes
"""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    MismatchingStateError,
    MissingCodeError,
    OAuth2Error,
)

from crm_model.errors import ConfigError, HitchpostError, Unreachable
from crm_model.options import Connection
from crm_model.safe_text import safe_line
from sync.oauth.grant import Client, Grant, check_address, provider_of, wanted_scopes
from sync.oauth.providers import Provider, missing_scopes

WAIT_SECONDS = 300
"""How long the browser may take."""

_PASTE_REDIRECT = "http://localhost"
"""No slash at the end, here and below: Microsoft compares with what is registered, the port apart."""

_DONE = "You are signed in. Close this window and go back to the terminal."
_WORDS = 300


def read_client_file(path: Path) -> Client:
    """The OAuth client in a file as Google's console gives it. Errors: ConfigError."""
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}; check the path", file=path) from error
    except ValueError as error:
        raise ConfigError("this is no client file; download it again (a JSON file)", file=path) from error
    table = tables.get("installed") if isinstance(tables, dict) else None
    if not isinstance(table, dict) or not isinstance(table.get("client_id"), str):
        raise ConfigError(
            "this is no OAuth client of the kind “Desktop app”; make one of that kind and download its file", file=path
        )
    words = {key: value for key, value in table.items() if isinstance(value, str)}
    return Client(
        words["client_id"], words.get("client_secret", ""), words.get("auth_uri", ""), words.get("token_uri", "")
    )


def public_client(provider: Provider, client_id: str, tenant: str) -> Client:
    """A client without a secret, as Microsoft registers programs on a person's own machine."""
    return Client(client_id, "", provider.auth_uri.format(tenant=tenant), provider.token_uri.format(tenant=tenant))


def sign_in_here(connection: Connection, client: Client, show: Callable[[str], None]) -> Grant:
    """Open the browser and wait for its answer; `show` gets the address in case none opens.

    Errors: ConfigError for a sign-in that was refused, broken off or granted too little, Unreachable.
    """
    flow = _flow(connection, client, show)

    def run() -> None:
        arguments = {"host": "localhost", "port": 0, "success_message": _DONE, "timeout_seconds": WAIT_SECONDS}
        arguments |= {"authorization_prompt_message": None, "open_browser": _has_browser()}
        arguments["redirect_uri_trailing_slash"] = False
        flow.run_local_server(**arguments, **_question(connection))

    return _grant(connection, client, flow, run)


def sign_in_elsewhere(
    connection: Connection, client: Client, show: Callable[[str], None], ask: Callable[[], str]
) -> Grant:
    """For a machine without a browser: `show` gets the address to open anywhere, `ask` answers with the address that
    the browser could not load in the end. Errors: as for `sign_in_here`.
    """
    flow = _flow(connection, client, show)

    def run() -> None:
        flow.redirect_uri = _PASTE_REDIRECT
        flow.authorization_url(**_question(connection))
        # oauthlib wants TLS here; the address never went over a network.
        flow.fetch_token(authorization_response=ask().strip().replace("http://", "https://", 1))

    return _grant(connection, client, flow, run)


class _Flow(InstalledAppFlow):
    """The library's flow, that shows the address itself, keeps the answer and sends no Basic header."""

    show: Callable[[str], None]
    answer: dict[str, Any]

    def authorization_url(self, **arguments: Any) -> tuple[str, str]:
        url, state = super().authorization_url(**arguments)
        self.show(url)
        return url, state

    def fetch_token(self, **arguments: Any) -> dict[str, Any]:
        response = arguments["authorization_response"]
        try:
            # Microsoft refuses a public client that sends an empty secret, which a Basic header would hold.
            self.answer = dict(super().fetch_token(authorization_response=response, include_client_id=True, timeout=30))
        except Warning as narrowed:  # oauthlib's way to say that other scopes were granted than asked for
            self.answer = dict(getattr(narrowed, "token", {}))
            self.oauth2session.token = self.answer
        return self.answer


def _flow(connection: Connection, client: Client, show: Callable[[str], None]) -> _Flow:
    provider = provider_of(connection)
    auth_uri = client.auth_uri or provider.auth_uri.format(tenant="common")
    token_uri = client.token_uri or provider.token_uri.format(tenant="common")
    check_address(auth_uri)
    check_address(token_uri)
    table = {
        "client_id": client.client_id,
        "client_secret": client.secret or None,
        "auth_uri": auth_uri,
        "token_uri": token_uri,
    }
    flow: _Flow = _Flow.from_client_config({"installed": table}, scopes=list(wanted_scopes(connection)))
    flow.show, flow.answer = show, {}
    return flow


def _question(connection: Connection) -> dict[str, str]:
    hint = connection.text("user")
    return {**provider_of(connection).question, **({"login_hint": hint} if hint else {})}


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _grant(connection: Connection, client: Client, flow: _Flow, run: Callable[[], None]) -> Grant:
    """Run the flow; its result, or its errors as ours."""
    provider = provider_of(connection)
    try:
        run()
    except (OAuth2Error, WSGITimeoutError, OSError, ValueError) as error:
        raise _trouble(error, provider) from error
    answer, table = flow.answer, flow.client_config
    scope = answer.get("scope") or ()
    granted = tuple(sorted(scope.split() if isinstance(scope, str) else map(str, scope)))
    missing = missing_scopes(provider, wanted_scopes(connection), granted)
    if missing:
        raise ConfigError(
            f"you did not allow all that is needed (missing: {', '.join(missing)}); sign in again and tick every box."
        )
    token = answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise ConfigError(
            f"{provider.title} gave no lasting sign-in; take Hitchpost out of the programs with access to your account,"
            " then sign in again."
        )
    return Grant(Client(client.client_id, client.secret, table["auth_uri"], table["token_uri"]), token, granted)


def _trouble(error: Exception, provider: Provider) -> HitchpostError:
    if isinstance(error, WSGITimeoutError):
        return ConfigError(
            f"no answer came from the browser within {WAIT_SECONDS // 60} minutes; if it runs on another machine,"
            " sign in with --paste."
        )
    if isinstance(error, AccessDeniedError):
        return ConfigError("the sign-in was broken off in the browser; nothing was changed.")
    if isinstance(error, MismatchingStateError | MissingCodeError | ValueError):
        return ConfigError("that address does not belong to this sign-in; start again and paste the newest one whole.")
    if isinstance(error, OAuth2Error):
        said = safe_line(str(error.description or error.error))[:_WORDS]
        return ConfigError(f"{provider.title} refused the sign-in ({said}); check the OAuth client.")
    if isinstance(error, OSError) and error.errno is None:  # requests' own errors
        return Unreachable(f"The sign-in of {provider.title} can't be reached ({type(error).__name__}); try again.")
    return ConfigError(f"no port could be opened for the browser's answer ({error}); sign in with --paste.")
