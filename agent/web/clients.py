"""Who asks: the address of a client, cut at once, and whom to believe about it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_REMEMBERED = 4_096
_MOST_HOPS = 16


class Clients:
    """Reads the client's address; X-Forwarded-For counts from trusted proxies only, back to the first stranger.

    `whole`: addresses are not cut, because the configuration says so.
    """

    def __init__(self, trusted: Iterable[Network] = (), *, whole: bool = False) -> None:
        self._trusted, self._whole = tuple(trusted), whole
        self._networks = lru_cache(_REMEMBERED)(self._network)

    def network(self, scope: Scope) -> str:
        """The client's network, as "203.0.113.0/24" or "2001:db8:1::/48"; "" where nobody knows."""
        return self._networks(_peer(scope), _forwarded(scope) if self._trusted else "")

    def is_near(self, scope: Scope) -> bool:
        """Whether this machine asks, or a trusted proxy for itself."""
        address = self._address(_peer(scope), _forwarded(scope) if self._trusted else "")
        return address is not None and (address.is_loopback or self._is_trusted(address))

    def _network(self, peer: str, forwarded: str) -> str:
        address = self._address(peer, forwarded)
        if address is None:
            return ""
        if self._whole:
            return str(address)
        return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))

    def _address(self, peer: str, forwarded: str) -> Address | None:
        address = _read(peer)
        for hop in reversed(forwarded.split(",")[-_MOST_HOPS:]) if forwarded else ():
            if address is None or not self._is_trusted(address):
                break
            address = _read(hop)
        return address

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _forwarded(scope: Scope) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")


def _read(text: str) -> Address | None:
    """An address that may carry a port; IPv4 in IPv6 clothes is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address
