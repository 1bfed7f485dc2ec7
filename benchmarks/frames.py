"""What stands on a terminal, read from what a program draws, and how long it takes until something does.

Textual draws with moves of the cursor and text; more than that is not read here.
"""

from __future__ import annotations

import codecs
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.cells import get_character_cell_size

from benchmarks.terminal import COLUMNS, ROWS, Terminal

_CONTROL = re.compile(
    r"\x1b\[(?P<y>\d*);?(?P<x>\d*)H|\x1b\[[0-9;:?<>=!$ ]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]"
    r"|(?P<line>\n)|\r"
)
_CUT = re.compile(r"\x1b(?:\[[0-9;:?<>=!$ ]*|\][^\x07\x1b]*\x1b?)?$")
_LONGEST_START = 60.0
UNANSWERED = 5.0
"""Seconds that count for a key which nothing answers."""


class Frames(Terminal):
    """A running program of which we see what a person sees, colours apart."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._began = time.perf_counter()
        super().__init__(command)
        self._cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self._x = self._y = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._cut = ""

    @property
    def rows(self) -> list[str]:
        """The lines of the screen."""
        return ["".join(row) for row in self._cells]

    def since_start(self, shown: Callable[[], bool]) -> float:
        """Seconds from the program's start until the screen is so. Errors: TimeoutError."""
        return self._until(shown, self._began)

    def key(self, key: bytes, answered: Callable[[], bool]) -> float:
        """Seconds from a key until the frame is drawn that answers it; `UNANSWERED` if none is."""
        began = time.perf_counter()
        os.write(self._ours, key)
        try:
            return self._until(answered, began, UNANSWERED)
        except TimeoutError:
            return UNANSWERED

    def look(self, seconds: float) -> None:
        """Go on reading for so long: others may change what is shown."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._take(self._read(left))

    def _until(self, answered: Callable[[], bool], began: float, longest: float = _LONGEST_START) -> float:
        while True:
            chunk = self._read(max(began + longest - time.perf_counter(), 0))
            at = time.perf_counter()  # before what is drawn is read: that is no work of the program
            if not chunk or at - began > longest:
                raise TimeoutError("the screen never showed it:\n" + "\n".join(self.rows))
            self._take(chunk)
            if answered():
                return at - began

    def _take(self, chunk: bytes) -> None:
        text = self._cut + self._decoder.decode(chunk)
        cut = _CUT.search(text)
        self._cut = cut[0] if cut else ""
        text, place = text[: cut.start()] if cut else text, 0
        for control in _CONTROL.finditer(text):
            self._put(text[place : control.start()])
            place = control.end()
            if control["y"] is not None:
                self._y, self._x = int(control["y"] or 1) - 1, int(control["x"] or 1) - 1
            elif control["line"]:
                self._y, self._x = self._y + 1, 0
        self._put(text[place:])

    def _put(self, text: str) -> None:
        if not 0 <= self._y < ROWS:
            return
        row = self._cells[self._y]
        for character in text:
            cells = get_character_cell_size(character)
            if cells and self._x + cells <= COLUMNS:
                row[self._x : self._x + cells] = [character, *[""] * (cells - 1)]
            self._x += cells
