"""Whom a client's address is believed of, and how much of it is kept."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from agent.web.clients import Clients

PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1")]


def asked(peer: str, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("scope", "network"),
    [
        (asked("203.0.113.7"), "203.0.113.0/24"),
        (asked("2001:db8:1:2::3"), "2001:db8:1::/48"),
        (asked("::ffff:203.0.113.7"), "203.0.113.0/24"),
        (asked(""), ""),
        (asked("unix:"), ""),
        (asked("203.0.113.7", "198.51.100.1"), "203.0.113.0/24"),
        (asked("10.1.1.1", "198.51.100.1"), "198.51.100.0/24"),
        (asked("10.1.1.1", "6.6.6.6, 198.51.100.1"), "198.51.100.0/24"),
        (asked("10.1.1.1", "6.6.6.6", "198.51.100.1, 10.2.2.2"), "198.51.100.0/24"),
        (asked("10.1.1.1", "198.51.100.1:4711"), "198.51.100.0/24"),
        (asked("10.1.1.1", "[2001:db8::1]:4711"), "2001:db8::/48"),
        (asked("10.1.1.1", "nonsense"), ""),
        (asked("10.1.1.1", "198.51.100.1, \xff"), ""),
        (asked("10.1.1.1"), "10.1.1.0/24"),
        (asked("::1", "198.51.100.1"), "198.51.100.0/24"),
    ],
)
def test_the_first_stranger_counted_from_us_is_the_client(scope: Scope, network: str) -> None:
    assert Clients(PROXIES).network(scope) == network


def test_an_address_stays_whole_only_where_it_is_said() -> None:
    assert Clients(whole=True).network(asked("203.0.113.7")) == "203.0.113.7"


@given(st.ip_addresses())
def test_the_network_holds_the_address_and_many_others(address: object) -> None:
    client = ip_address(str(address))
    kept = ip_network(Clients().network(asked(str(address))))
    if client.version == 6 and client.ipv4_mapped:
        client = client.ipv4_mapped
    assert client in kept
    assert kept.num_addresses >= 256


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_whatever_is_forwarded_gives_a_network_or_nothing(text: str) -> None:
    found = Clients(PROXIES).network(asked("10.1.1.1", text))
    assert not found or ip_network(found)


def test_only_this_machine_and_trusted_proxies_are_near() -> None:
    clients = Clients(PROXIES)
    assert clients.is_near(asked("127.0.0.1"))
    assert clients.is_near(asked("10.1.1.1"))
    assert not clients.is_near(asked("10.1.1.1", "198.51.100.1"))
    assert not clients.is_near(asked("198.51.100.1", "127.0.0.1"))
