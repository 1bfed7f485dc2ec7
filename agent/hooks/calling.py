"""One call to a receiver of hooks: to the address that was looked at, never on from there, never into our own network.

The name is looked up once and the call goes to that very address, so that a name which changes its mind between the
look and the call leads nowhere. No log line and no error carries the address's path: it may be the secret.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from crm_adapters.answers import retry_after
from crm_adapters.deadline import Deadline
from crm_adapters.site import Site, checked_site
from crm_model.errors import ConfigError, TryLater, Unreachable
from crm_model.options import Connection

_TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
_LONGEST_ANSWER_BYTES = 65_536
_LONGEST_CALL_SECONDS = 30.0
"""From the first byte to the last: a receiver that drips a byte a second would hold up all other hooks."""

_USUAL_PORTS = {"https": 443, "http": 80}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address, for networks without IPv4
_UNICAST = ipaddress.ip_network("2000::/3")  # all else of IPv6 is special, whatever Python's list says


@dataclass(frozen=True, slots=True)
class Told:
    """What the receiver answered; `retry_after_seconds` if it said when to come again."""

    status: int
    retry_after_seconds: float | None = None


class Receiver:
    """The program at the other end of one hook. Not shared by threads."""

    def __init__(self, hook: Connection) -> None:
        """Errors: ConfigError for an address that can't be called."""
        for name in ("httpx2", "httpcore2"):  # they log whole addresses
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url = hook.text("url").strip()
        self._site = _checked(hook)
        self._allow_private = hook.options.get("allow_private") is True
        self._deadline = Deadline()
        self._client = httpx2.Client(
            verify=self._site.trust(), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
        )

    def post(self, body: bytes, headers: dict[str, str]) -> Told:
        """Errors: Unreachable where nobody answered, ConfigError for an address inside our network."""
        parts = urlsplit(self._url)
        port = parts.port or _USUAL_PORTS[parts.scheme]
        address = self._resolved(parts.hostname or "", port)
        literal = f"[{address}]" if ":" in address else address
        query = f"?{parts.query}" if parts.query else ""
        request = self._client.build_request(
            "POST",
            f"{parts.scheme}://{literal}:{port}{parts.path or '/'}{query}",
            content=body,
            headers={"host": parts.netloc, "content-type": "application/json", "user-agent": "Hitchpost", **headers},
            extensions={"sni_hostname": parts.hostname, "trace": self._deadline.trace},
        )
        try:
            with self._deadline.running(_LONGEST_CALL_SECONDS):
                return self._sent(request)
        except httpx2.HTTPError as error:
            raise Unreachable(f"{self._site.host} did not answer ({type(error).__name__}).") from None

    def close(self) -> None:
        self._client.close()

    def _sent(self, request: httpx2.Request) -> Told:
        response = self._client.send(request, stream=True)
        try:
            read = 0
            for part in response.iter_raw():  # so that the connection can be used again; the words don't matter
                read += len(part)
                if read > _LONGEST_ANSWER_BYTES:
                    break
        except httpx2.HTTPError:
            pass  # its status came: it was told
        finally:
            response.close()
        return Told(response.status_code, retry_after(response.headers))

    def _resolved(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{self._site.host} has no address now.") from error
        addresses = [str(each[4][0]).partition("%")[0] for each in found]
        inside = [each for each in addresses if not _is_outside(each)]
        if inside and not self._allow_private:
            raise ConfigError(
                f"{self._site.host} lies inside your own network; set allow_private = true if that is meant", key="url"
            )
        if not addresses:
            raise TryLater(f"{self._site.host} has no address now.")
        return addresses[0]


def _is_outside(text: str) -> bool:
    """Whether an address lies in the world; one that leads on to another (NAT64, 6to4) where that one does."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TRANSLATED:
        return _is_outside(str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)))
    behind = address.sixtofour or address.ipv4_mapped
    return _is_outside(str(behind)) if behind is not None else address in _UNICAST and address.is_global


def _checked(hook: Connection) -> Site:
    allow_http = hook.options.get("allow_http") is True
    return checked_site(
        hook.text("url"), account=f"hook “{hook.name}”", ca_file=hook.text("ca_file"), allow_http=allow_http
    )
