"""What the configuration says about the outpost: where it listens, whom it believes, how the agent comes to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from crm_model.errors import ConfigError
from sync.secrets import SecretSource, fetch_secret, keep_secret
from sync.settings.model import WebTable
from sync.settings.secrets import read_source

SHORTEST_SECRET = 24


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The outpost. `remote` is its address where the agent reaches it over HTTP, "" where they share `folder`.

    `named`: the configuration speaks of an outpost at all.
    """

    host: str
    port: int
    folder: Path
    workers: int = 1
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    whole_addresses: bool = False
    patience_seconds: int = 15
    remote: str = ""
    ca_file: str = ""
    allow_http: bool = False
    source: SecretSource | None = field(default=None, repr=False)
    named: bool = False

    def secret(self) -> str:
        """What agent and outpost both hold; "" where none is named. Errors: ConfigError."""
        if self.source is None:
            return ""
        secret = fetch_secret(self.source, "web")
        if len(secret) < SHORTEST_SECRET:
            raise ConfigError(
                f"the secret is shorter than {SHORTEST_SECRET} characters; make one with `hitchpost web --new-secret`",
                key="web: secret",
            )
        return secret

    def keep_secret(self, secret: str) -> None:
        """Errors: ConfigError where its place can't be written, or none is named."""
        keep_secret(self.source, "web", secret)


def read_web(table: WebTable, path: Path, default_folder: Path, *, named: bool) -> WebSettings:
    """The checked table. Errors: ConfigError."""
    host, port = split_address(table.listen, path)
    if table.remote:
        _check_remote(table, path)
    folder = path.parent.absolute() / Path(table.folder).expanduser() if table.folder else default_folder
    return WebSettings(
        host=host,
        port=port,
        folder=folder,
        workers=table.workers,
        trusted_proxies=tuple(_network(text, path) for text in table.trusted_proxies),
        whole_addresses=table.whole_addresses,
        patience_seconds=table.patience_seconds,
        remote=table.remote.rstrip("/"),
        ca_file=str(path.parent.absolute() / Path(table.ca_file).expanduser()) if table.ca_file else "",
        allow_http=table.allow_http,
        source=read_source(table.secret, path, "web: secret") if table.secret else None,
        named=named,
    )


def split_address(text: str, path: Path | None = None) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8025" or "[::1]:8025". Errors: ConfigError."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ConfigError(
            "must be an address with a port, as 127.0.0.1:8025 or [::1]:8025", file=path, key="web: listen"
        )
    return host, int(port)


def _network(text: str, path: Path) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise ConfigError(
            "must be addresses or networks, as 127.0.0.1 or 10.0.0.0/8", file=path, key="web: trusted_proxies"
        ) from error


def _check_remote(table: WebTable, path: Path) -> None:
    from crm_adapters.site import checked_site  # it brings a whole HTTP client

    try:
        checked_site(table.remote, account="outpost", allow_http=table.allow_http)
    except ConfigError as error:
        raise ConfigError(error.problem, file=path, key="web: remote") from error
    if table.secret is None:
        raise ConfigError(
            "is needed to reach an outpost on another machine: the secret that both hold", file=path, key="web: secret"
        )
