"""Signing in to a mail account in the browser, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import note

if TYPE_CHECKING:
    from crm_model.options import Connection, OptionValue
    from sync.oauth.grant import Client

ClientFile = Annotated[
    Path | None,
    typer.Option("--client-file", metavar="FILE", help="Your OAuth client (kind “Desktop app”), as Google's file."),
]
ClientId = Annotated[
    str | None, typer.Option("--client-id", metavar="ID", help="Your application's id (Microsoft); it has no secret.")
]
Tenant = Annotated[
    str,
    typer.Option("--tenant", metavar="ID", help="Your organisation's directory (Microsoft), if not all."),
]
Paste = Annotated[
    bool, typer.Option("--paste", help="Open the address on another machine, and paste back the one it ends at.")
]


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a person wants to sign in, as the command line says."""

    client_file: Path | None
    client_id: str | None
    tenant: str
    paste: bool

    def grant_of(self, connection: Connection) -> str:
        """The text of the account's new secret. Errors: ConfigError, Unreachable, wrong use."""
        from sync.oauth.sign_in import sign_in_elsewhere, sign_in_here

        client = self._client(connection)
        if self.paste:
            grant = sign_in_elsewhere(connection, client, _show_for_elsewhere, _pasted)
        else:
            grant = sign_in_here(connection, client, _show)
        return grant.to_text()

    def grant_for(self, name: str, kind: str, options: Mapping[str, OptionValue]) -> str:
        """The same for an account that is not in the configuration yet."""
        from crm_model.options import Connection

        return self.grant_of(Connection(name, kind, options, secret=lambda: ""))

    def _client(self, connection: Connection) -> Client:
        from sync.oauth.grant import provider_of
        from sync.oauth.sign_in import public_client, read_client_file

        if self.client_file is not None:
            return read_client_file(self.client_file.expanduser())
        if self.client_id:
            return public_client(provider_of(connection), self.client_id, self.tenant)
        known = _last_client(connection)
        if known is not None:
            return known
        wanted = "--client-id ID" if provider_of(connection).name == "microsoft" else "--client-file FILE"
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"the first sign-in needs {wanted}; docs/google.md and docs/microsoft.md say how")
        if provider_of(connection).name == "microsoft":
            answer = typer.prompt("Application (client) id", err=True)
            return public_client(provider_of(connection), answer, self.tenant)
        return read_client_file(Path(typer.prompt("File of your OAuth client", err=True)).expanduser())


def _last_client(connection: Connection) -> Client | None:
    """The client of the sign-in before this one."""
    from crm_model.errors import ConfigError
    from sync.oauth.grant import read_grant

    try:
        return read_grant(connection).client
    except ConfigError:
        return None


def _show(url: str) -> None:
    note(f"Sign in in your browser. If none opens, open this address on this machine:\n{url}")


def _show_for_elsewhere(url: str) -> None:
    note(
        f"Open this address in any browser and sign in:\n{url}\n"
        "In the end it can't load a page at http://localhost: copy that address, all of it."
    )


def _pasted() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Paste it here", err=True))
    return sys.stdin.readline()
