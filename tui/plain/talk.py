"""Asking and telling line by line: what every part of the plain desk is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from crm_model.safe_text import safe_line
from tui.lines import Line
from tui.words import say

_DRAWN = str.maketrans("", "", "─▌")
END_OF_TEXT = "."
"""A line with this alone ends a text of several lines, as at every mail prompt since there are any."""

WIDTH = 200
"""Cells of a line: a screen reader breaks it as it likes."""


class Talk:
    """`ask` waits for a line and raises EOFError at the end of input, `tell` says one."""

    def __init__(self, ask: Callable[[], str], tell: Callable[[str], None]) -> None:
        self.ask, self.tell = ask, tell

    def ask_for(self, question: str) -> str:
        """What is answered, without blanks around it."""
        self.tell(question)
        return self.ask().strip()

    def ask_text(self) -> Iterable[str]:
        """The lines of a text until its end is typed."""
        self.tell(say("Write the text; a line with a dot alone ends it."))
        while (line := self.ask()) != END_OF_TEXT:
            yield line

    def pick(self, question: str, names: Sequence[str]) -> int | None:
        """The place of what is chosen by its number or the beginning of its name; None if nothing is."""
        for number, name in enumerate(names, start=1):
            self.tell(f"{number}. {safe_line(name)}")
        typed = self.ask_for(question) if names else ""
        return self.place_of(typed, names) if typed else None

    def place_of(self, typed: str, names: Sequence[str]) -> int | None:
        """Where what was typed stands, by number or beginning; says so where it does not."""
        if typed.isdecimal() and 0 < int(typed) <= len(names):
            return int(typed) - 1
        wanted = typed.casefold()
        found = next((place for place, name in enumerate(names) if name.casefold().startswith(wanted)), None)
        if found is None:
            self.tell(say("There is no “{text}” here.", text=safe_line(typed)))
        return found

    def lines(self, lines: Iterable[Line]) -> None:
        """What a screen would draw, without what is only drawn."""
        for line in lines:
            if text := " ".join(line.text.translate(_DRAWN).split()):
                self.tell(text)
