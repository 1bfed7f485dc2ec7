"""`hitchpost web`: the outpost, which stands in the open for the agent."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.exits import FAILED
from hitchpost.output import note, print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, settings_file

if TYPE_CHECKING:
    from sync.settings.web import WebSettings

_SECRET_BYTES = 32


def web(
    context: typer.Context,
    *,
    listen: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="Where to answer (else web.listen).")] = "",
    folder: Annotated[
        Path | None, typer.Option(help="The outpost's folder; with it no configuration is needed.")
    ] = None,
    health: Annotated[bool, typer.Option("--health", help="Ask the running outpost how it is.")] = False,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Make the secret that agent and outpost share, and keep it.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the pixel, tracked links, opt-out pages and forms. SIGTERM or Ctrl-C ends it cleanly.

    Example: hitchpost web --listen 127.0.0.1:8025
    """
    settings = _settings(settings_file(context, config), listen, folder)
    if new_secret:
        _make_secret(settings)
    elif health:
        _show_health(settings, as_json)
    else:
        _serve(settings)


def _settings(file: Path, listen: str, folder: Path | None) -> WebSettings:
    """The outpost's settings. A machine that has nothing but its folder needs no file."""
    from sync import settings
    from sync.settings.web import split_address

    text = "" if folder is not None and not file.exists() else settings.read_text(file)
    found = settings.parse(text, file).web
    if folder is not None:
        found = dataclasses.replace(found, folder=folder.expanduser().absolute())
    if listen:
        host, port = split_address(listen)
        found = dataclasses.replace(found, host=host, port=port)
    return found


def _serve(settings: WebSettings) -> None:
    from agent.web.server import serve
    from agent.web.station import StationOptions
    from hitchpost.logs import start_logs

    options = StationOptions(
        folder=settings.folder,
        trusted_proxies=settings.trusted_proxies,
        whole_addresses=settings.whole_addresses,
        patience_seconds=settings.patience_seconds,
        secret=settings.secret(),
    )
    start_logs(quiet=False)
    serve(options, settings.host, settings.port, workers=settings.workers)


def _make_secret(settings: WebSettings) -> None:
    import secrets

    settings.keep_secret(secrets.token_urlsafe(_SECRET_BYTES))
    note("A new secret is kept. Give the other machine the same one, and start both anew.")


def _show_health(settings: WebSettings, as_json: bool) -> None:
    from agent.outpost.connecting import ask_outpost

    found = ask_outpost(settings)
    if as_json:
        print_json(found)
    else:
        print_line(f"outpost: {found.address} answers{f', but {found.problem}' if found.problem else ''}")
        print_line(f"waiting: {found.waiting_bytes} bytes, the oldest for {found.waiting_seconds:.0f} seconds")
        if found.held or found.lost:
            print_line(f"held in memory: {found.held} events; lost: {found.lost}")
    if found.problem:
        raise typer.Exit(FAILED)
