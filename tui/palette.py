"""The command palette in the person's language: every command of the screen by name, and the few of the program."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.command import CommandPalette, Hit, Hits, Provider
from textual.screen import Screen
from textual.theme import ThemeProvider

from tui.keymap import commands_in_use
from tui.screens.triage import TriageScreen
from tui.words import say


class NothingFound(Provider):
    """Says in the person's language that no command has such a name; Textual would say it in English."""

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        if not any(matcher.match(command.title) > 0 for command in self.app.get_system_commands(self.screen)):
            yield Hit(1.0, say("Nothing found."), _nothing)


def commands_of(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What can be done from this screen, with the key that does it."""
    yield SystemCommand(say("Theme"), say("Choose the colours"), partial(choose_theme, app))
    yield SystemCommand(say("Screenshot"), say("Keep a picture of the screen as it is"), partial(_keep_picture, app))
    if isinstance(screen, TriageScreen):
        for command in commands_in_use():
            if screen.can(command.action):
                words = say("Key {key}", key=command.shown)
                yield SystemCommand(say(command.label), words, partial(screen.run_action, command.action))
    else:
        yield SystemCommand(say("Quit"), "", app.action_quit)


def open_palette(app: App[Any]) -> None:
    """Show it, once."""
    if not CommandPalette.is_open(app):
        app.push_screen(CommandPalette(placeholder=say("Type to search"), id="--command-palette"))


def choose_theme(app: App[Any]) -> None:
    """The themes by name."""
    app.push_screen(CommandPalette(providers=[ThemeProvider], placeholder=say("Type to search")))


def _keep_picture(app: App[Any]) -> None:
    app.set_timer(0.1, app.deliver_screenshot)  # once the palette is gone


def _nothing() -> None:
    """There is nothing to do."""
