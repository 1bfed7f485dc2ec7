"""A field edited where it stands: a line over its value, what is wrong or could be chosen right under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input, Label

from crm_model.records import FieldType, FieldValue
from crm_model.safe_text import safe_line
from tui.gateway import FieldView
from tui.retelling import retold
from tui.times import Clock
from tui.values import BadValue, shown_value, typed_value
from tui.widgets.field_input import Choices, hint_words
from tui.words import say


class PlaceEditor(Vertical):
    """Hidden until a field is edited; stays open until the value is stored, so that nothing typed is lost."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave it as it was", show=False),
        Binding("down", "choose(1)", "Next value", show=False),
        Binding("up", "choose(-1)", "Previous value", show=False),
        Binding("tab,shift+tab", "stay", "Nothing", show=False),
    ]

    @dataclass
    class Entered(Message):
        """A checked value for the field of this record; `base` is what was seen in it."""

        record_id: int
        field: FieldView
        value: FieldValue

    @dataclass
    class Left(Message):
        """Closed without a change."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self._record_id = 0
        self._field: FieldView | None = None
        self._choices: Choices = ()
        self._chosen = 0

    def compose(self) -> ComposeResult:
        yield Input(compact=True)
        yield Label("", markup=False)

    @property
    def is_open(self) -> bool:
        return self._field is not None

    def edit(self, record_id: int, field: FieldView, choices: Choices, place: Region) -> None:
        """Open over this place of the screen."""
        self._record_id, self._field, self._choices, self._chosen = record_id, field, choices, 0
        self.styles.offset = (place.x, place.y)
        self.styles.width = place.width
        self.screen.add_class("-editing")
        line = self.query_one(Input)
        line.value = "" if choices else shown_value(field.spec, field.value, self._clock)
        line.placeholder = safe_line(field.display) if choices else ""
        line.cursor_position = len(line.value)
        line.focus()
        self._explain()

    def close(self) -> None:
        self._field = None
        self.screen.remove_class("-editing")

    def complain(self, sentence: str) -> None:
        """What was entered is refused; it stays to be mended."""
        self._tell(f"! {sentence}")

    @property
    def _fitting(self) -> Choices:
        typed = self.query_one(Input).value.strip().casefold()
        return tuple(each for each in self._choices if typed in each[1].casefold() or typed == each[0].casefold())

    def _explain(self) -> None:
        if self._field is None:
            return
        if self._choices:
            fitting = self._fitting
            shown = [f"[{label}]" if at == self._chosen else label for at, (_, label) in enumerate(fitting)]
            self._tell(" · ".join(shown[max(self._chosen - 1, 0) :]) or f"! {say('none of the values')}")
            return
        try:
            typed_value(self._field.spec, self.query_one(Input).value, self._clock)
        except BadValue as error:
            self.complain(retold(str(error)))
        else:
            hint = hint_words(self._field.spec.type)
            self._tell(f"{hint} · Enter, Esc" if hint else say("Enter stores it · Esc leaves it as it was"))

    def _tell(self, words: str) -> None:
        self.query_one(Label).update(Content(safe_line(words)))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._chosen = 0
        self._explain()

    def action_choose(self, by: int) -> None:
        self._chosen = max(0, min(self._chosen + by, len(self._fitting) - 1))
        self._explain()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        field, text = self._field, event.value
        if field is None:
            return
        if self._choices:
            if not self._fitting:
                return
            text = self._fitting[self._chosen][0]
        if not self._choices and text == shown_value(field.spec, field.value, self._clock):
            self.action_leave()
            return
        try:
            value = text if field.spec.type is FieldType.OWNER else typed_value(field.spec, text, self._clock)
        except BadValue as error:
            self.complain(retold(str(error)))
            return
        self.post_message(self.Entered(self._record_id, field, value))

    def action_stay(self) -> None:
        """Tab goes nowhere while a field is edited."""

    def action_leave(self) -> None:
        self.close()
        self.post_message(self.Left())
