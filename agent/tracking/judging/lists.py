"""What is known of programs and networks, from data files with their sources and from configuration."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from crawleruseragents import is_crawler

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PACKAGE = "agent.tracking.judging"
_AGENT_LIMIT = 400  # of a User-Agent, the characters that are read
_CHROME = re.compile(r"\b(?:Chrome|CriOS)/(\d{1,4})\.")
_ENGINE = re.compile(r"\b(?:AppleWebKit|Gecko|Trident|MSIE|Presto)\b")


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """What configuration adds: networks as CIDR, parts of User-Agents.

    `own_networks` are our offices. `person_networks` are people's whatever else says of them, such as a customer who
    leaves through a cloud.
    """

    own_networks: tuple[str, ...] = ()
    scanner_networks: tuple[str, ...] = ()
    scanner_agents: tuple[str, ...] = ()
    person_networks: tuple[str, ...] = ()


NO_ENTRIES = OwnEntries()


class Lists:
    """Names of programs by their User-Agent and of networks by their address."""

    def __init__(self, own: OwnEntries = NO_ENTRIES) -> None:
        self._own_agents = tuple(each.lower() for each in own.scanner_agents if each.strip())
        self._own_networks = [*_parsed(own.own_networks)]
        self._scanner_networks = [*_parsed(own.scanner_networks)]
        self._person_networks = [*_parsed(own.person_networks)]
        self.version = _digest(repr(own).encode())

    def scanner(self, agent: str) -> str:
        """The scanner that names itself so, "" if none does."""
        if any(each in agent.lower() for each in self._own_agents):
            return "a scanner of your configuration"
        return _named("scanners", agent)

    def is_own(self, network: str) -> bool:
        """Whether a network is one of our offices', or shares addresses with one: hits tell no single address."""
        place = _place(network) if self._own_networks else None
        return place is not None and any(
            place.version == each.version and place.overlaps(each) for each in self._own_networks
        )

    def network(self, network: str) -> str:
        """Whose machines sit in a network, "" if nobody's are known to."""
        if not self._scanner_networks and not self._person_networks:
            return _owner(network)
        place = _place(network)
        if place is None or _within(place, self._person_networks):
            return ""
        return (
            "a scanner's network of your configuration" if _within(place, self._scanner_networks) else _owner(network)
        )


@cache
def bundled() -> Lists:
    """The data files alone."""
    return Lists()


def proxy(agent: str) -> str:
    """The image proxy of this User-Agent, "" if it is none's."""
    return _named("proxies", agent)


def proxy_of_mailbox(kind: str) -> str:
    """The image proxy through which people with this kind of mailbox see mail, "" for none."""
    return next((str(each["name"]) for each in table("proxies").values() if each.get("mailbox") == kind), "")


def prefetcher(agent: str) -> str:
    """The program that fetches every mail's images under exactly this User-Agent."""
    return next((str(each["name"]) for each in table("prefetchers").values() if each["exactly"] == agent), "")


def unfurler(agent: str) -> str:
    """The program that shows previews of links."""
    return _named("unfurlers", agent)


def client(agent: str) -> str:
    """The mail program that loads images itself."""
    return _named("clients", agent)


def checks_links(agent: str) -> bool:
    """Whether it is a mail program that calls on a link before a browser does."""
    return any(each["link_checks"] for each in table("clients").values() if each["agent"].lower() in agent.lower())


def comes_back(owner: str) -> bool:
    """Whether scanners of a network's owner look at links again after hours or days."""
    return any(each["name"] == owner and each.get("comes_back") for each in table("networks").values())


@lru_cache(maxsize=4_096)
def script(agent: str) -> str:
    """A program that nobody reads with, "" for what may be a person's."""
    if not agent.strip():
        return "a program without a name"
    return _named("scripts", agent) or ("a known robot" if is_crawler(agent[:_AGENT_LIMIT]) else "")


def is_browser(agent: str) -> bool:
    """Whether it says that it is a browser, or a mail program that shows mail with a browser's engine."""
    return agent.startswith("Mozilla/") and _ENGINE.search(agent[:_AGENT_LIMIT]) is not None


def is_old(agent: str, at: datetime, age: timedelta) -> bool:
    """Whether it is a Chrome that was older than `age` then; False where it tells no version."""
    found = _CHROME.search(agent[:_AGENT_LIMIT])
    if found is None:
        return False
    return _released(int(found[1])) + age < at.date()


def _released(chrome: int) -> date:
    """When a version came out: between the calendar's entries, or beyond them at the pace of the last."""
    calendar = sorted((int(number), date.fromisoformat(day)) for number, day in table("browsers")["chrome"].items())
    after = next((place for place, (number, _) in enumerate(calendar) if number >= chrome), len(calendar) - 1)
    (low, from_day), (high, to_day) = calendar[max(0, after - 1)], calendar[max(1, after)]
    days = (to_day - from_day).days * (chrome - low) / (high - low)
    return from_day + timedelta(days=max(-4_000.0, min(days, 40_000.0)))


def _named(name: str, agent: str) -> str:
    lowered = agent[:_AGENT_LIMIT].lower()
    return next((str(each["name"]) for each in table(name).values() if each["agent"].lower() in lowered), "")


@lru_cache(maxsize=4_096)
def _owner(network: str) -> str:
    place = _place(network)
    if place is None:
        return ""
    return next((name for name, known in _networks() if place.version == known.version and _inside(place, known)), "")


@cache
def _networks() -> tuple[tuple[str, _Network], ...]:
    return tuple(
        (str(each["name"]), known) for each in table("networks").values() for known in _parsed(each["networks"])
    )


def _parsed(networks: Any) -> Iterator[_Network]:
    for each in networks:
        yield ipaddress.ip_network(each, strict=False)


def _place(network: str) -> _Network | None:
    try:
        return ipaddress.ip_network(network, strict=False) if network else None
    except ValueError:
        return None


def _within(place: _Network, networks: list[_Network]) -> bool:
    return any(_inside(place, each) for each in networks)


def _inside(place: _Network, whole: _Network) -> bool:
    if isinstance(place, ipaddress.IPv4Network) and isinstance(whole, ipaddress.IPv4Network):
        return place.subnet_of(whole)
    if isinstance(place, ipaddress.IPv6Network) and isinstance(whole, ipaddress.IPv6Network):
        return place.subnet_of(whole)
    return False


@cache
def table(name: str) -> Mapping[str, Any]:
    """A data file as it stands."""
    text = files(_PACKAGE).joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _digest(own: bytes) -> str:
    """Changes whenever a rule, a data file, the list of robots or an entry of configuration does."""
    digest = blake2b(own + version("crawler-user-agents").encode(), digest_size=6)
    root = files(_PACKAGE)
    for folder, ending in ((root, ".py"), (root / "rules", ".py"), (root / "data", ".toml")):
        for each in sorted(folder.iterdir(), key=lambda file: file.name):
            if each.name.endswith(ending):
                digest.update(each.read_bytes())
    return digest.hexdigest()
