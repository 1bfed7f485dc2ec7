"""What a sign-in leaves behind, as it stands in a mail account's secret: a JSON object.

    {"client_id": "…", "client_secret": "…", "refresh_token": "…", "scopes": ["…"], "auth_uri": "…", "token_uri": "…"}

Only the first and the third must be there. The names are those of Google's own files.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from crm_model.errors import ConfigError
from crm_model.options import Connection, OptionSpec, OptionType
from sync.oauth.providers import GMAIL_MODIFY, GMAIL_READ, GMAIL_SEND, GOOGLE, PROVIDERS, PUBSUB, Provider

OAUTH_OPTION = OptionSpec(
    "oauth",
    OptionType.TEXT,
    "Whose sign-in is used instead of a password.",
    choices=tuple(PROVIDERS),
)
READ_ONLY_OPTION = OptionSpec(
    "read_only",
    OptionType.BOOLEAN,
    "Ask for the right to read and send only: read marks, archiving and labels then stay here.",
    default=False,
)
SUBSCRIPTION_OPTION = OptionSpec(
    "pubsub_subscription",
    OptionType.TEXT,
    "The subscription of that topic, as projects/NAME/subscriptions/NAME; the sign-in then asks for Pub/Sub too.",
)


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of the user's own; `secret` is "" for a public one."""

    client_id: str
    secret: str
    auth_uri: str
    token_uri: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's consent, good until revoked. `scopes` are those granted, () if the provider did not say."""

    client: Client
    refresh_token: str
    scopes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """One line, since some places hold only one."""
        return json.dumps(
            {
                "client_id": self.client.client_id,
                "client_secret": self.client.secret,
                "refresh_token": self.refresh_token,
                "scopes": list(self.scopes),
                "auth_uri": self.client.auth_uri,
                "token_uri": self.client.token_uri,
            }
        )


def uses_oauth(connection: Connection) -> bool:
    """Whether this account signs in with tokens."""
    return connection.kind == "gmail" or bool(connection.text(OAUTH_OPTION.name))


def provider_of(connection: Connection) -> Provider:
    """Errors: ConfigError for an account that signs in with a password."""
    name = GOOGLE.name if connection.kind == "gmail" else connection.text(OAUTH_OPTION.name)
    if name not in PROVIDERS:
        raise ConfigError(f"must be one of {', '.join(PROVIDERS)}", key=OAUTH_OPTION.name)
    return PROVIDERS[name]


def wanted_scopes(connection: Connection) -> tuple[str, ...]:
    """The least that this account needs."""
    if connection.kind != "gmail":
        return provider_of(connection).mail_scopes
    mail = (GMAIL_READ, GMAIL_SEND) if connection.options.get(READ_ONLY_OPTION.name) is True else (GMAIL_MODIFY,)
    return (*mail, PUBSUB) if connection.text(SUBSCRIPTION_OPTION.name) else mail


def read_grant(connection: Connection) -> Grant:
    """The grant in the account's secret. Errors: ConfigError that names the command which makes one."""
    text, provider = connection.secret(), provider_of(connection)
    try:
        state = json.loads(text)
    except ValueError:
        raise _no_grant(connection) from None  # the error would carry the secret along
    if not isinstance(state, dict):
        raise _no_grant(connection)

    def word(key: str, default: str = "") -> str:
        value = state.get(key) or default
        return value if isinstance(value, str) else default

    client = Client(
        word("client_id"),
        word("client_secret"),
        word("auth_uri", provider.auth_uri.format(tenant="common")),
        word("token_uri", provider.token_uri.format(tenant="common")),
    )
    if not (client.client_id and word("refresh_token")):
        raise _no_grant(connection)
    check_address(client.token_uri)
    scopes = state.get("scopes")
    granted = tuple(sorted(map(str, scopes))) if isinstance(scopes, list) else ()
    return Grant(client, word("refresh_token"), granted)


def sign_in_command(connection: Connection) -> str:
    """What a person types to sign in (again)."""
    name = connection.name if " " not in connection.name else f'"{connection.name}"'
    return f"hitchpost mailbox sign-in {name}"


def check_address(address: str) -> None:
    """Tokens go over TLS, or to this machine. Errors: ConfigError."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise ConfigError("the address for tokens must begin with https://; sign in again.", key="token_uri")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_grant(connection: Connection) -> ConfigError:
    return ConfigError(
        f"the secret of this account is no sign-in yet; make one: {sign_in_command(connection)}",
        key=f"mail_account “{connection.name}”",
    )
