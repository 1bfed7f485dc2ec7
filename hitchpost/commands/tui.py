"""`hitchpost tui`: the triage screen."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.exits import FAILED
from hitchpost.session import ConfigOption, configured, load_settings, opened_store, settings_file

if TYPE_CHECKING:
    from sync.settings import Settings
    from sync.store.database import Store
    from tui.gateway import Gateway


PlainOption = Annotated[bool, typer.Option("--plain", help="Plain lines instead of a screen, for screen readers.")]


def tui(context: typer.Context, config: ConfigOption = None, plain: PlainOption = False) -> None:
    """Open the triage screen; the agent may run beside it. Without a configuration it leads to one first.

    Example: hitchpost tui
    """
    if plain:
        open_plain(load_settings(context, config))
        return
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise typer.BadParameter("the screen needs a terminal; for scripts there are `threads`, `leads` and `record`")
    file = settings_file(context, config)
    if not file.exists() and not _first_run(file):
        raise typer.Exit(FAILED)
    open_screen(load_settings(context, config))


def _first_run(file: Path) -> bool:
    from hitchpost.first_run import FirstRunSteps
    from tui.app import run_first

    return run_first(FirstRunSteps(file))


def open_screen(settings: Settings) -> None:
    """The TUI on this configuration's database, until the person leaves it."""
    from hitchpost.descriptions import described_in
    from hitchpost.logs import start_logs
    from hitchpost.trials import try_place
    from tui import app
    from tui.keymap import keymap_of
    from tui.notices import NoticeWay
    from tui.settings_gateway import SettingsGateway

    keymap = keymap_of(settings.key_set, settings.own_keys, settings.file)
    start_logs(quiet=True, file=settings.file.with_name("screen.log"))
    with opened_store(settings) as store:
        gateway = _gateway(settings, store)
        trying, describing = partial(try_place, settings.file), partial(described_in, settings.file)
        changeable = SettingsGateway(settings.file, trying, describing)
        app.run(
            gateway,
            changeable,
            keymap=keymap,
            notify=NoticeWay(settings.notify),
            language=settings.language,
            theme=settings.theme,
        )


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
