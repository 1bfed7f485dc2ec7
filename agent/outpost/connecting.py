"""The way from the configuration to the outpost: through its folder, or over HTTP; and how to ask whether it lives."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from ipaddress import ip_address

from agent.outpost.contract import Outpost
from agent.outpost.folder import FolderOutpost
from agent.outpost.remote import HttpOutpost
from crm_adapters.http import HttpClient
from crm_adapters.site import Site, checked_site
from crm_model.errors import ConfigError, TryLater, Unreachable
from sync.settings.web import WebSettings

_WANTED = {"problem", "waiting_bytes", "waiting_seconds", "held", "lost"}


@dataclass(frozen=True, slots=True)
class OutpostHealth:
    """What an outpost says of itself; `problem` is a sentence or "". Sizes in bytes, `held` and `lost` in events."""

    address: str
    problem: str
    waiting_bytes: int
    waiting_seconds: float
    held: int
    lost: int


def connect_outpost(web: WebSettings) -> Outpost:
    """The outpost of this configuration, to be closed. Errors: ConfigError, Busy, Unreachable."""
    if not web.remote:
        return FolderOutpost(web.folder)
    return HttpOutpost(_site(web), web.secret())


def ask_outpost(web: WebSettings) -> OutpostHealth:
    """How the running outpost is. Errors: Unreachable where none answers, ConfigError for another server."""
    site = _site(web)
    try:
        with contextlib.closing(HttpClient(site)) as client:
            said = client.call("GET", "health", allow=(503,)).json()
    except TryLater as error:
        raise Unreachable(f"no outpost answers at {site.url}") from error
    if not (isinstance(said, dict) and said.keys() >= _WANTED):
        raise Unreachable(f"at {site.url} another program answers, no outpost; look at its address")
    return OutpostHealth(
        site.url,
        str(said["problem"]),
        int(said["waiting_bytes"]),
        float(said["waiting_seconds"]),
        int(said["held"]),
        int(said["lost"]),
    )


def _site(web: WebSettings) -> Site:
    if web.remote:
        try:
            return checked_site(web.remote, account="outpost", ca_file=web.ca_file, allow_http=web.allow_http)
        except ConfigError as error:
            raise ConfigError(error.problem, key="web: remote") from error
    return checked_site(f"http://{_own_address(web.host)}:{web.port}", account="outpost", allow_http=True)


def _own_address(host: str) -> str:
    """Where this machine reaches what listens at `host`: everywhere means here as well."""
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
    return f"[{host}]" if ":" in host else host
