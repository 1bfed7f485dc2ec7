"""Choosing one of a few: a filter, a field, a value of a picklist."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import Gateway
from tui.screens.picker import Choice, Picker
from tui.words import mark


class ChoicePicker(Picker[str]):
    """Ends with the value chosen, or None. The `current` one stands first in sight and is marked in words."""

    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("None of them.")

    def __init__(self, gateway: Gateway, *, title: str, choices: Sequence[Choice[str]]) -> None:
        super().__init__(gateway)
        self._title = title
        self._all = choices

    @property
    def title_words(self) -> str:
        return self._title

    def find(self, text: str) -> Sequence[Choice[str]]:
        words = text.casefold().split()
        starts, holds = [], []
        for choice in self._all:
            name = choice.title.casefold()
            if words and name.startswith(words[0]) and all(word in name for word in words):
                starts.append(choice)
            elif all(word in f"{name} {choice.detail.casefold()}" for word in words):
                holds.append(choice)
        return starts + holds
