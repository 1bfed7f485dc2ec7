"""A line to write in at the bottom of the screen: what it means stands under it while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from crm_model.safe_text import safe_line
from tui.retelling import retold
from tui.values import BadValue


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `meaning` says what a text would do or raises BadValue; `take` gets the text that was entered.

    `more` gets the text when there is to be more room for it, where there can be.
    """

    label: str
    hint: str
    meaning: Callable[[str], str]
    take: Callable[[str], None]
    more: Callable[[str], None] | None = None


class EntryLine(Vertical):
    """Hidden until something is asked; Enter takes what is typed, Escape leaves, and the focus goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("down", "more", "More room", show=False),
        Binding("tab,shift+tab", "stay", "Nothing", show=False),
    ]

    @dataclass
    class Left(Message):
        """The line is closed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._question: Question | None = None
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("", id="asked", markup=False)
            yield Input(compact=True)
        yield Label("", id="means", markup=False)

    @property
    def is_open(self) -> bool:
        return self._question is not None

    def ask(self, question: Question, text: str = "") -> None:
        """Open the line; what was in it before is gone."""
        if not self.is_open:
            self._before = self.screen.focused
        self._question = question
        self.screen.add_class("-entering")
        self.query_one("#asked", Label).update(Content(f" {safe_line(question.label)} "))
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
        field.focus()
        self._explain(text)

    def _explain(self, text: str) -> None:
        if self._question is None:
            return
        words = self._question.hint
        if text.strip():
            try:
                words = self._question.meaning(text)
            except BadValue as error:
                words = f"! {error}"
        self.query_one("#means", Label).update(Content(f" {safe_line(words)}"))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._explain(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        question = self._question
        if question is None:
            return
        try:
            question.meaning(event.value)
        except BadValue as error:
            self.query_one("#means", Label).update(Content(f" ! {safe_line(retold(str(error)))}"))
            return
        self.action_leave()
        question.take(event.value)

    def action_more(self) -> None:
        question, text = self._question, self.query_one(Input).value
        if question and question.more:
            self.action_leave()
            question.more(text)

    def action_stay(self) -> None:
        """Tab goes nowhere while something is asked."""

    def action_leave(self) -> None:
        self._question = None
        self.screen.remove_class("-entering")
        if self._before is not None:
            self._before.focus()
        self.post_message(self.Left())
