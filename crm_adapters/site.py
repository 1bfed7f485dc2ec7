"""Where a CRM is and how we trust it: its address, its certificate, plain http only where nobody listens."""

from __future__ import annotations

import functools
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from crm_model.errors import ConfigError
from crm_model.options import Connection, OptionSpec, OptionType

SITE_OPTIONS = (
    OptionSpec("url", OptionType.TEXT, "The CRM's web address, like https://crm.company.com.", required=True),
    OptionSpec("ca_file", OptionType.PATH, "Certificate (PEM) of the CA that signed the CRM's, if it is your own."),
    OptionSpec(
        "allow_http",
        OptionType.BOOLEAN,
        "Allow plain http to another machine: passwords and data can be read on the way.",
        default=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Site:
    """A checked address. `url` has no slash at its end; `account` is the connection's name, for errors."""

    url: str
    account: str
    ca_file: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        return _is_loopback(self.host)

    def trust(self) -> ssl.SSLContext:
        """What certificates to believe: the usual ones, or the company's own CA as well. Errors: ConfigError."""
        if self.url.startswith("http://"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; reading the system's list takes a while
        if not self.ca_file:
            return _usual_trust()
        context = ssl.create_default_context()
        try:
            context.load_verify_locations(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{self.ca_file} can't be read as certificates (PEM)", key="ca_file") from error
        return context


def site_of(connection: Connection) -> Site:
    """The site that a connection names. Errors: ConfigError with the mend."""
    return checked_site(
        connection.text("url"),
        account=connection.name,
        ca_file=connection.text("ca_file"),
        allow_http=connection.options.get("allow_http") is True,
    )


def checked_site(url: str, *, account: str, ca_file: str = "", allow_http: bool = False) -> Site:
    """Errors: ConfigError for what is no web address, holds a password, or is plain http to another machine."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(
            "the address can't be read; it should look like https://name.company.com", key="url"
        ) from error
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("the address should look like https://name.company.com", key="url")
    if parts.username or parts.password:
        raise ConfigError("the address must not hold a user or password; they have keys of their own", key="url")
    if parts.scheme == "http" and not (allow_http or _is_loopback(host)):
        raise ConfigError(
            "plain http sends passwords and data in clear: use https, or set allow_http = true if you accept that",
            key="url",
        )
    path = str(Path(ca_file).expanduser()) if ca_file else ""
    return Site(f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), account, path)


@functools.cache
def _usual_trust() -> ssl.SSLContext:
    """Read once: a hundred and fifty certificates take longer than most calls."""
    return httpx2.create_ssl_context()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
