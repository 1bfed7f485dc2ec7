"""Choosing a view: those that are always there with their counts, then those that the person keeps."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import Gateway, SavedView, View
from tui.screens.picker import Choice, Picker
from tui.widgets.header_bar import VIEW_WORDS, view_words
from tui.words import mark, say


class ViewPicker(Picker[SavedView]):
    """Ends with a view, or None; one that is always there has no name of its own."""

    TITLE_WORDS = mark("Show which list?")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("None of them.")

    def __init__(self, gateway: Gateway, *, current: View) -> None:
        super().__init__(gateway)
        self._current = current
        self._all: Sequence[Choice[SavedView]] | None = None

    def find(self, text: str) -> Sequence[Choice[SavedView]]:
        words = text.casefold().split()
        if self._all is None:
            self._all = self._choices_of()
        starts, holds = [], []
        for choice in self._all:
            name = choice.title.casefold()
            if words and name.startswith(words[0]) and all(word in name for word in words):
                starts.append(choice)
            elif all(word in name for word in words):
                holds.append(choice)
        return starts + holds

    def _choices_of(self) -> Sequence[Choice[SavedView]]:
        counts = self.gateway.view_counts()
        saved = [
            Choice(view, view.name, view_words(view.view) + (f" “{view.text}”" if view.text else ""))
            for view in self.gateway.saved_views()
        ]
        fixed = [
            Choice(SavedView("", view, ""), view_words(view), self._detail(view, counts.get(view)))
            for view in VIEW_WORDS
        ]
        return [*fixed, *saved]

    def _detail(self, view: View, count: int | None) -> str:
        number = "" if count is None else f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
        return f"{number} · {say('now')}".removeprefix(" · ") if view is self._current else number
