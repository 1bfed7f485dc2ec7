"""Attaching files: a path is typed, what it may become stands below."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding
from textual.widgets import Input, OptionList

from crm_model.errors import Rejected
from tui.gateway import Gateway
from tui.layout.conversation import size_words
from tui.screens.picker import Choice, Picker
from tui.words import mark, say

_MOST = 200
_ANEW = re.compile(r".*/(?=/|~/)")


@dataclass(frozen=True, slots=True)
class Picked:
    """A file to attach or, `attached`, to take off again."""

    path: str
    attached: bool = False
    is_folder: bool = False


class FilePicker(Picker[Picked]):
    """Ends with a file, or None. A folder opens; Tab completes."""

    BINDINGS = [Binding("tab", "complete", "Complete", show=False, priority=True)]  # noqa: RUF012 - as in Picker
    TITLE_WORDS = mark("Attach which file?")
    PLACEHOLDER = mark("A path: ~/Documents/of…")
    NOTHING = mark("No such file.")
    SELECTS_TEXT = False  # what is typed goes on from the folder

    def __init__(self, gateway: Gateway, attached: Sequence[str], folder: str = "~/") -> None:
        super().__init__(gateway, folder)
        self._attached = tuple(attached)

    def find(self, text: str) -> Sequence[Choice[Picked]]:
        taken = [Choice(Picked(path, attached=True), Path(path).name, "", say("take off")) for path in self._attached]
        return [*taken, *_completions(text)]

    def action_complete(self) -> None:
        """What is chosen goes into the line; a folder shows what it holds."""
        place = self.query_one(OptionList).highlighted
        if place is not None and place < len(self._choices):
            self._fill(self._choices[place].value)

    def _pick(self, place: int | None) -> None:
        chosen = self._choices[place].value if place is not None and place < len(self._choices) else None
        if chosen is not None and chosen.is_folder:
            self._fill(chosen)
        else:
            super()._pick(place)

    def _fill(self, chosen: Picked) -> None:
        line = self.query_one(Input)
        line.value = f"{chosen.path}/" if chosen.is_folder else chosen.path
        line.cursor_position = len(line.value)


def _completions(text: str) -> list[Choice[Picked]]:
    """Files and folders whose names begin as typed, folders first. Errors: Rejected where nothing can be read."""
    text = _ANEW.sub("", text)  # as in Emacs `//` begins at the root, `/~/` at home: the prefill may stay
    folder, _, begun = text.rpartition("/")
    shown = f"{folder}/" if "/" in text else ""
    try:
        with os.scandir(Path(shown or ".").expanduser()) as entries:
            found = sorted(
                (entry for entry in entries if _fits(entry.name, begun)),
                key=lambda entry: (not entry.is_dir(), entry.name.casefold()),
            )[:_MOST]
            return [_choice(shown, entry) for entry in found]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a home that nobody has
        raise Rejected(say("{folder} can't be looked into.", folder=folder)) from error


def _fits(name: str, begun: str) -> bool:
    return name.casefold().startswith(begun.casefold()) and (begun.startswith(".") or not name.startswith("."))


def _choice(shown: str, entry: os.DirEntry[str]) -> Choice[Picked]:
    path = f"{shown}{entry.name}"
    if entry.is_dir():
        return Choice(Picked(path, is_folder=True), f"{entry.name}/")
    try:
        size = size_words(entry.stat().st_size)
    except OSError:  # gone meanwhile, or a link to nowhere
        size = ""
    return Choice(Picked(path), entry.name, size)
