"""The TUI's program: its screens and bindings; what happens is in the screens."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.commands import COMMANDS
from tui.gateway import Configured, Desk, Gateway, Store
from tui.screens.triage import TriageScreen
from tui.themes import DARK, LIGHT
from tui.words import language_for, speak


class HitchpostApp(App[None]):
    """One person's triage. `keymap` remaps commands by their id (`tui.commands`)."""

    TITLE = "Hitchpost"
    CSS_PATH = "hitchpost.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon", "command_palette", "Every command by name", id="palette", show=False)
    ]

    def __init__(self, gateway: Gateway, *, keymap: dict[str, str] | None = None) -> None:
        super().__init__()
        self._gateway = gateway
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        if keymap:
            self.set_keymap(keymap)

    def get_default_screen(self) -> Screen[Any]:
        return TriageScreen(self._gateway)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        if isinstance(screen, TriageScreen):
            able = [command for command in COMMANDS if screen.can(command.action)]
            for command in able:
                yield SystemCommand(command.label, f"Key {command.shown}", partial(screen.run_action, command.action))


def run(store: Store, *, author: str, crm: str, desk: Desk, configured: Configured, language: str = "") -> None:
    """Show the triage screen until the person quits, in the language wished or else the terminal's.

    `crm` is where new leads go, `desk` what mail is written with, `configured` whose troubles are shown.
    """
    speak(language_for(language))
    HitchpostApp(Gateway(store, author=author, crm=crm, desk=desk, configured=configured)).run()
