"""Tokens of HubSpot: a private app's stays as it is; OAuth's lasts half an hour and is renewed by a refresh token."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from crm_adapters.http import HttpClient
from crm_model.errors import ConfigError, LoginNeeded, Rejected
from crm_model.options import Connection

_TOKEN_PATH = "oauth/v1/token"  # noqa: S105 - a path
_NEEDED = ("client_id", "client_secret", "refresh_token")


@dataclass(slots=True)
class Findings:
    """What we learnt of an account with one token; all adapters that use it share this."""

    people: dict[str, str] = field(default_factory=dict)
    link_types: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    portal: str = ""
    page_host: str = "app.hubspot.com"


@dataclass(frozen=True, slots=True)
class Token:
    """What goes into the header. `renewable`: a refusal may only mean that its time is up."""

    text: str = field(repr=False)
    renewable: bool = False
    findings: Findings = field(default_factory=Findings, compare=False, repr=False)


def fetch_token(client: HttpClient, connection: Connection) -> Token:
    """The token of the secret, or one by its refresh token. Errors: LoginNeeded, ConfigError, Unreachable."""
    secret = connection.secret().strip()
    if not secret.startswith("{"):
        if not secret:
            raise LoginNeeded("HubSpot wants the token of a private app.", account=connection.name)
        return Token(secret)
    values = _values(secret)
    form = {"grant_type": "refresh_token", **{name: values[name] for name in _NEEDED}}
    try:
        answer = client.call("POST", _TOKEN_PATH, form=form, writes=False).json()
    except Rejected as error:
        raise LoginNeeded(
            "HubSpot does not renew the sign-in any more; install the app again.", account=connection.name
        ) from error
    found = answer if isinstance(answer, dict) else {}
    if not found.get("access_token"):
        raise LoginNeeded("HubSpot gave no token; install the app again.", account=connection.name)
    fresh = str(found.get("refresh_token") or values["refresh_token"])
    if fresh != values["refresh_token"]:
        connection.keep_secret(json.dumps({**values, "refresh_token": fresh}))
    return Token(str(found["access_token"]), renewable=True)


def _values(secret: str) -> dict[str, str]:
    try:
        held = json.loads(secret)
    except ValueError:
        held = None
    values = {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}
    if missing := [name for name in _NEEDED if not values.get(name)]:
        raise ConfigError(f"the secret of HubSpot's OAuth lacks {', '.join(missing)}", key="secret")
    return values
