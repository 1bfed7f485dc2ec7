"""The bottom line: what just happened or went wrong; else the keys that matter now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from crm_model.safe_text import safe_line

_SECONDS = 6.0


class StatusLine(Static):
    """A message stays for some seconds, a failure until the next message; hints come back after it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, markup=False)
        self._hints: Sequence[tuple[str, str]] = ()
        self._message = ""
        self._timer: Timer | None = None

    @property
    def message(self) -> str:
        return self._message

    def hint(self, hints: Sequence[tuple[str, str]]) -> None:
        """Keys and what they do, the most useful first."""
        self._hints = hints
        if not self._message:
            self._draw()

    def say(self, message: str) -> None:
        self._set(safe_line(message), "")
        self._timer = self.set_timer(_SECONDS, self.clear)

    def fail(self, message: str) -> None:
        """A sentence about what went wrong; the "!" says so without colour."""
        self._set(f"! {safe_line(message)}", "bold $text-error")

    def clear(self) -> None:
        """Back to the hints."""
        if self._message:
            self._message = ""
            self._draw()

    def _set(self, message: str, style: str) -> None:
        if self._timer:
            self._timer.stop()
        self._message = message
        self.set_class(cell_len(message) + 1 > self.size.width, "-long")  # a sentence with the mend is never cut
        self.update(Content.assemble((f" {message}", style)), layout=self.has_class("-long"))

    def _draw(self) -> None:
        self.remove_class("-long")
        parts: list[tuple[str, str]] = []
        for key, words in self._hints:
            parts += [(f" {key}", "bold $text-accent"), (f" {words} ", "")]
        self.update(Content.assemble(*parts) if parts else "", layout=False)
