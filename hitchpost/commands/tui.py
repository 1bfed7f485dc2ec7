"""`hitchpost tui`: the triage screen."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.exits import FAILED
from hitchpost.output import note
from hitchpost.session import ConfigOption, configured, load_settings, opened_store, settings_file

if TYPE_CHECKING:
    from sync.glance import Look
    from sync.settings import Settings
    from sync.store.database import Store
    from tui.gateway import Gateway
    from tui.settings_gateway import SettingsGateway


PlainOption = Annotated[bool, typer.Option("--plain", help="Plain lines instead of a screen, for screen readers.")]


WebOption = Annotated[bool, typer.Option("--web", help="In a browser of this machine instead of the terminal.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="With --web: the port, else any free one.")]
_SERVED = "TEXTUAL_DRIVER"
"""Set where a browser stands in for the terminal."""


def tui(
    context: typer.Context,
    config: ConfigOption = None,
    plain: PlainOption = False,
    web: WebOption = False,
    port: PortOption = 0,
) -> None:
    """Open the triage screen; the agent may run beside it. Without a configuration it leads to one first.

    Example: hitchpost tui
    """
    if plain:
        open_plain(load_settings(context, config))
        return
    if web:
        serve(load_settings(context, config), port)
        return
    if _SERVED not in os.environ and (not sys.stdin.isatty() or not sys.stdout.isatty()):
        raise typer.BadParameter("the screen needs a terminal; for scripts there are `threads`, `leads` and `record`")
    file = settings_file(context, config)
    if not file.exists() and not _first_run(file):
        raise typer.Exit(FAILED)
    open_screen(file)


def _first_run(file: Path) -> bool:
    from hitchpost.first_run import FirstRunSteps
    from tui.app import run_first

    return run_first(FirstRunSteps(file))


def open_screen(file: Path) -> None:
    """The TUI on the database of this configuration, until the person leaves it.

    The screen stands first; the configuration is checked and the database opened behind it. Errors: ConfigError, Busy,
    Unreachable.
    """
    from hitchpost.logs import start_logs
    from tui import app
    from tui.keymap import keymap_of
    from tui.late_gateway import LateGateway
    from tui.notices import NoticeWay

    look = _look(file)
    keymap = keymap_of(look.key_set, look.own_keys, file)
    start_logs(quiet=True, file=file.with_name("screen.log"))
    with contextlib.ExitStack() as at_the_end:
        app.run(
            LateGateway(partial(_opened, file, at_the_end)),
            partial(_changeable, file),
            keymap=keymap,
            notify=NoticeWay(look.notify),
            language=look.language,
            theme=look.theme,
        )


def _look(file: Path) -> Look:
    """How the screen is to look. Errors: ConfigError."""
    from sync.glance import Look, glance

    if look := glance(file):
        return look
    from sync.settings import load

    settings = load(file)
    return Look(settings.language, settings.theme, settings.key_set, settings.own_keys, settings.notify)


def _opened(file: Path, at_the_end: contextlib.ExitStack) -> Gateway:
    from sync.settings import load

    settings = load(file)
    return _gateway(settings, at_the_end.enter_context(opened_store(settings)))


def _changeable(file: Path) -> SettingsGateway:
    from hitchpost.descriptions import described_in
    from hitchpost.trials import try_place
    from tui.settings_gateway import SettingsGateway

    return SettingsGateway(file, partial(try_place, file), partial(described_in, file))


def serve(settings: Settings, port: int) -> None:
    """The screen in a browser of this machine until Ctrl-C. Errors: ConfigError, BadParameter."""
    from tui.words import language_for, speak

    try:
        from tui.served.server import ScreenServer, listen
    except ImportError as error:
        raise typer.BadParameter("the browser's half is not installed: pip install 'hitchpost[browser]'") from error
    speak(language_for(settings.language))
    try:
        listening = listen(port)
    except OSError as error:
        raise typer.BadParameter(f"port {port} can't be used: {error.strerror}", param_hint="--port") from error
    command = [sys.executable, "-m", "hitchpost", "--config", str(settings.file.absolute()), "tui"]
    server = ScreenServer(command, listening)
    typer.echo(server.address)
    note("Open this address in a browser of this machine; Ctrl-C ends it. Keep it to yourself: it is the key.")
    server.run()


def open_plain(settings: Settings) -> None:
    """The desk as plain lines, until the person leaves it or the input ends."""
    from hitchpost.logs import start_logs
    from tui.plain.desk import PlainDesk
    from tui.words import language_for, speak

    start_logs(quiet=True, file=settings.file.with_name("screen.log"))
    speak(language_for(settings.language))
    with opened_store(settings) as store:
        PlainDesk(_gateway(settings, store), lambda: input("> "), typer.echo).run()


def _gateway(settings: Settings, store: Store) -> Gateway:
    from tui.gateway import Gateway

    return Gateway(
        store,
        author=settings.author,
        crm=settings.leads.crm,
        desk=settings.desk,
        configured=configured(settings),
        patience=settings.patience,
    )
