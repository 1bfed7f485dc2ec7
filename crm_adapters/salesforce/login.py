"""Signing in to Salesforce: a refresh token, a signed assertion (JWT bearer), or client credentials.

The secret is a private key (PEM) for the signed assertion, or a JSON object: {"refresh_token": …, "client_secret": …},
or {"client_secret": …} alone for client credentials. Nobody tells when a token ends: it is used until it is refused.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from crm_adapters.answers import Answer
from crm_adapters.http import HttpClient
from crm_adapters.site import Site
from crm_model.errors import ConfigError, LoginNeeded, RateLimited
from crm_model.options import Connection

_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS = 170
_SENTENCES = {
    "invalid_grant": "Salesforce does not accept the token, the user or the assertion any more: sign in again.",
    "invalid_client_id": "Salesforce does not know this client_id: copy the consumer key of the connected app.",
    "invalid_client": "Salesforce does not accept the client secret.",
    "inactive_user": "The Salesforce user is inactive.",
    "inactive_org": "The Salesforce organisation is inactive or locked.",
    "unsupported_grant_type": "The connected app does not allow this way of signing in.",
}


@dataclass(frozen=True, slots=True)
class Session:
    """A token and where it is good: the address can change with every renewal."""

    token: str = field(repr=False)
    url: str


def log_in(client: HttpClient, site: Site, connection: Connection) -> Session:
    """Errors: LoginNeeded, ConfigError for a secret that is none, RateLimited, Unreachable."""
    secret = connection.secret().strip()
    answer = client.call(
        "POST",
        "/services/oauth2/token",
        form=_form(secret, site, connection),
        allow=(400, 401, 403),
        writes=False,
    )
    told = answer.json()
    if answer.status >= 400 or not isinstance(told, dict):
        raise _refusal(answer, told, site)
    session = Session(str(told.get("access_token", "")), str(told.get("instance_url") or site.url).rstrip("/"))
    _need_safe(session.url, site)
    rotated = told.get("refresh_token")
    parts = _parts(secret)
    if rotated and parts.get("refresh_token") and rotated != parts["refresh_token"]:
        connection.keep_secret(json.dumps({**parts, "refresh_token": str(rotated)}))
    return session


def _form(secret: str, site: Site, connection: Connection) -> dict[str, str]:
    client_id = connection.text("client_id")
    parts = _parts(secret)
    if key := parts.get("private_key"):
        return {"grant_type": _ASSERTION, "assertion": _assertion(key, client_id, connection.text("user"), site)}
    form = {"client_id": client_id, "client_secret": parts.get("client_secret", "")}
    if token := parts.get("refresh_token"):
        return {"grant_type": "refresh_token", **form, "refresh_token": token}
    return {"grant_type": "client_credentials", **form}


def _parts(secret: str) -> dict[str, str]:
    if secret.startswith("-----BEGIN"):
        return {"private_key": secret}
    try:
        parts = json.loads(secret)
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        # The text itself is a secret: nothing of it is quoted.
        raise ConfigError('the secret should be a private key or like {"refresh_token": "…"}', key="secret") from None
    return {str(name): str(value) for name, value in parts.items()}


def _assertion(key: str, client_id: str, user: str, site: Site) -> str:
    audience = "https://test.salesforce.com" if "sandbox" in site.host or site.host.startswith("test.") else ""
    claims = {
        "iss": client_id,
        "sub": user,
        "aud": audience or "https://login.salesforce.com",
        "exp": int(time.time()) + _ASSERTION_SECONDS,
    }
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        raise ConfigError("the private key can't be read; it should be PEM without a password", key="secret") from None
    if not isinstance(private, RSAPrivateKey):
        raise ConfigError("the private key should be an RSA key", key="secret")
    signed = f"{_coded({'alg': 'RS256'})}.{_coded(claims)}"
    return f"{signed}.{_base64(private.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _coded(part: Mapping[str, object]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _refusal(answer: Answer, told: object, site: Site) -> LoginNeeded | RateLimited:
    error = str(told.get("error", "")) if isinstance(told, dict) else ""
    description = str(told.get("error_description", "")) if isinstance(told, dict) else ""
    if "rate" in description.lower():
        return RateLimited("Salesforce asks for fewer logins; it goes on by itself.", retry_after_seconds=300)
    sentence = _SENTENCES.get(error, f"Salesforce refuses the login (HTTP {answer.status}).")
    return LoginNeeded(sentence, account=site.account)


def _need_safe(url: str, site: Site) -> None:
    """The token goes only where the login was: over TLS, or to this machine."""
    if urlsplit(url).scheme != urlsplit(site.url).scheme:
        raise ConfigError("Salesforce names an address that is not safe; look at the url", key="url")
