"""Picking one thing out of many by typing: the shape of the record, conversation and choice pickers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from crm_model.safe_text import safe_line
from tui.cells import fit
from tui.gateway import Gateway
from tui.keymap import KEYS
from tui.retelling import retold
from tui.screens.working import Dialog
from tui.words import mark, say

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Value]):
    """One line to pick: `tag` in a narrow first column, `detail` dim behind the title."""

    value: Value
    title: str
    detail: str = ""
    tag: str = ""


class Picker(Dialog[Value | None], Generic[Value]):
    """A line to type in and what it finds below; arrows choose, Enter picks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Previous", show=False),
    ]
    TITLE_WORDS = mark("Pick")
    PLACEHOLDER = mark("Type to search")
    NOTHING = mark("Nothing found.")
    SELECTS_TEXT = True

    @dataclass
    class Found(Message):
        text: str
        choices: Sequence[Choice[Any]]

    def __init__(self, gateway: Gateway, text: str = "") -> None:
        super().__init__(gateway)
        self._text = text
        self._choices: Sequence[Choice[Value]] = ()

    @property
    def title_words(self) -> str:
        """What is asked, as it is shown."""
        return say(self.TITLE_WORDS)

    @abstractmethod
    def find(self, text: str) -> Sequence[Choice[Value]]:
        """What the text finds, best first. Runs in a worker."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog picker"):
            yield Label(Content(safe_line(self.title_words)), classes="dialog-title")
            yield Input(self._text, placeholder=say(self.PLACEHOLDER), compact=True, select_on_focus=self.SELECTS_TEXT)
            yield OptionList(compact=True)
            yield Label(say("↑ ↓ choose · Enter takes · Esc leaves"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._search(self._text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(event.value)

    @work(thread=True, exclusive=True, group="find", exit_on_error=False)
    def _search(self, text: str) -> None:
        self.answer(lambda: self.Found(text, self.find(text)), stale_too=False)

    @on(Found)
    def _show(self, event: Found) -> None:
        self._choices = event.choices
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_prompt(choice)) for choice in self._choices])
        if self._choices:
            options.highlighted = 0
        else:
            options.add_option(Option(self.nothing_words(event.text), disabled=True))

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self.query_one(".dialog-hint", Label).update(f"! {safe_line(retold(str(event.error)))}")

    def nothing_words(self, text: str) -> str:
        """What stands there when nothing is found for `text`."""
        return say(self.NOTHING, key=KEYS)

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if self._choices:
            options.highlighted = max(0, min((options.highlighted or 0) + by, len(self._choices) - 1))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._pick(self.query_one(OptionList).highlighted)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self._pick(event.option_index)

    def _pick(self, place: int | None) -> None:
        if place is not None and place < len(self._choices):
            self.dismiss(self._choices[place].value)


def _prompt(choice: Choice[Value]) -> Content:
    tag = fit(safe_line(choice.tag), 12) if choice.tag else ""
    detail = f"  {safe_line(choice.detail)}" if choice.detail else ""
    return Content.assemble((tag, "dim"), (safe_line(choice.title), ""), (detail, "dim"))
