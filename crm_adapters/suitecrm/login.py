"""Who we are to a SuiteCRM: one secret text, or a JSON object where the JSON:API wants several."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from crm_model.errors import ConfigError
from crm_model.options import Connection

CREDENTIAL_HELP = (
    "The user's password; for V8 a JSON object: "
    '{"client_secret": "…", "password": "…"} (without a user: the client\'s secret alone).'
)


@dataclass(frozen=True, slots=True)
class Login:
    """`client_id` and `client_secret` are for V8; without a user it signs in as the client's own user."""

    user: str
    password: str = field(repr=False, default="")
    client_id: str = ""
    client_secret: str = field(repr=False, default="")


def login_of(connection: Connection) -> Login:
    """Errors: ConfigError naming the option or the part of the secret that is missing."""
    user, client_id, secret = connection.text("user").strip(), connection.text("client_id").strip(), connection.secret()
    if not user and not client_id:
        raise ConfigError("a SuiteCRM needs a user (or, for V8 alone, a client_id)", key="user")
    parts = _parts(secret)
    if parts is None:
        return Login(user, secret, client_id) if user else Login("", "", client_id, secret)
    if client_id and not parts.get("client_secret"):
        raise ConfigError('the secret lacks "client_secret", which goes with client_id', key="secret")
    if user and not parts.get("password"):
        raise ConfigError('the secret lacks "password", which goes with user', key="secret")
    return Login(user, parts.get("password", ""), client_id, parts.get("client_secret", ""))


def _parts(secret: str) -> dict[str, str] | None:
    """The JSON object, None for plain text."""
    if not secret.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return None
    known = {"password", "client_secret"}
    if (
        not isinstance(found, dict)
        or not set(found) <= known
        or not all(isinstance(each, str) for each in found.values())
    ):
        return None
    return found
