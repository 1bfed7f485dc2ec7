"""The TUI's program: its screens and bindings; what happens is in the screens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App, SystemCommand, get_system_commands_provider
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input, TextArea

from crm_model.errors import HitchpostError
from tui.gateway import Gateway
from tui.keymap import use_keys
from tui.late_gateway import LateGateway
from tui.notices import NoticeWay, notice
from tui.palette import NothingFound, choose_theme, commands_of, open_palette
from tui.screens.triage import TriageScreen
from tui.themes import DARK, MONO, THEMES, theme_for
from tui.words import language_for, say_many, speak

if TYPE_CHECKING:
    from tui.first_steps import FirstSteps
    from tui.settings_gateway import SettingsGateway

_KEYBOARD = 0
_TERMINAL_SECONDS = 5.0


class HitchpostApp(App[None]):
    """One person's triage. `keymap` remaps commands by their id (`tui.commands`)."""

    TITLE = "Hitchpost"
    CSS_PATH = "hitchpost.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        get_system_commands_provider,
        NothingFound,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon", "command_palette", "Every command by name", id="palette", show=False)
    ]

    def __init__(
        self,
        gateway: Gateway,
        *,
        settings: Callable[[], SettingsGateway] | None = None,
        keymap: dict[str, str] | None = None,
        notify: NoticeWay = NoticeWay.OFF,
        theme: Theme = DARK,
    ) -> None:
        super().__init__()
        self._gateway, self._settings, self._notify = gateway, settings, notify
        self.refused: HitchpostError | None = None
        for each in THEMES.values():
            self.register_theme(each)
        self.theme = theme.name
        use_keys(keymap or {})
        if keymap:
            self.set_keymap(keymap)

    @on(TriageScreen.DueCame)
    def _tell(self, event: TriageScreen.DueCame) -> None:
        """Let the terminal say it to a person who looks elsewhere."""
        self._tell_terminal(say_many("a conversation is due", "{count} conversations are due", event.count))

    @on(TriageScreen.WasRead)
    def _tell_read(self, event: TriageScreen.WasRead) -> None:
        self._tell_terminal(event.words)

    def _tell_terminal(self, words: str) -> None:
        if self._driver is not None and (sequence := notice(words, self._notify, os.environ)):
            self._driver.write(sequence)

    @on(DescendantFocus)
    def _steady(self, event: DescendantFocus) -> None:
        """A blinking cursor would draw a dialog and all that lies behind it twice a second, over ssh too."""
        if isinstance(event.widget, Input | TextArea):
            event.widget.cursor_blink = False

    def on_mount(self) -> None:
        if self._driver is not None and os.isatty(_KEYBOARD):
            self.set_interval(_TERMINAL_SECONDS, self._leave_a_lost_terminal)
        if isinstance(self._gateway, LateGateway):
            self.call_after_refresh(self._open, self._gateway)

    def _leave_a_lost_terminal(self) -> None:
        """A terminal that is gone without a hang-up signal reads as end of file without end: half a processor."""
        if not os.isatty(_KEYBOARD):
            self.exit()

    @work(thread=True, exit_on_error=False)
    def _open(self, gateway: LateGateway) -> None:
        """Without its database the program ends; `refused` says why."""
        try:
            gateway.open()
        except HitchpostError as error:
            self.refused = error
            self.call_from_thread(self.exit)

    def get_default_screen(self) -> Screen[Any]:
        return TriageScreen(self._gateway, self._settings)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return commands_of(self, screen)

    def action_command_palette(self) -> None:
        open_palette(self)

    def action_change_theme(self) -> None:
        choose_theme(self)


def run(
    gateway: Gateway,
    settings: Callable[[], SettingsGateway],
    *,
    keymap: dict[str, str] | None = None,
    notify: NoticeWay = NoticeWay.AUTO,
    language: str = "",
    theme: str = "auto",
) -> None:
    """Show the triage screen until the person quits, in the language wished or else the terminal's.

    `settings` is the configuration that can be changed, `keymap` the keys by command (`tui.keymap`), `notify` how the
    terminal tells of what came due, `theme` a name of `tui.themes.THEMES` or "auto".
    """
    speak(language_for(language))
    look = _look(theme)
    app = HitchpostApp(gateway, settings=settings, keymap=keymap, notify=notify, theme=look)
    app.run()
    if app.refused:
        raise app.refused


def _look(wish: str) -> Theme:
    """The theme, now that nobody else need dim colours: without colour ours has none, and Textual would add greys."""
    theme = theme_for(wish, os.environ)
    if theme is MONO:
        os.environ.pop("NO_COLOR", None)
    return theme


class FirstRunApp(App[bool]):
    """The pages of a first run; ends with whether a configuration was written."""

    TITLE = "Hitchpost"
    CSS_PATH = "hitchpost.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, steps: FirstSteps, theme: Theme = DARK) -> None:
        super().__init__()
        self._steps = steps
        self.register_theme(theme)
        self.theme = theme.name

    def on_mount(self) -> None:
        from tui.screens.first_run import FirstRun

        self.push_screen(FirstRun(self._steps), self.exit)


def run_first(steps: FirstSteps) -> bool:
    """Lead through a first run in the terminal's language; whether there is a configuration now."""
    speak(language_for(""))
    return bool(FirstRunApp(steps, _look("auto")).run())
