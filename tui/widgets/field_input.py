"""One field of a record to type or choose, with its label beside it and what is wrong with it below."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select, TextArea

from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, Owner
from crm_model.safe_text import safe_line
from tui.retelling import retold
from tui.times import Clock
from tui.values import BadValue, shown_value, typed_value
from tui.words import mark, say

Choices = tuple[tuple[str, str], ...]

HINTS = {
    FieldType.DATE: mark("2026-11-22, 22 Nov, fri, +2w"),
    FieldType.DATETIME: "2026-11-22 14:30",
    FieldType.MONEY: mark("12500 or 12500.50"),
    FieldType.PERCENT: mark("0 to 100"),
    FieldType.EMAILS: "a@x.no, b@y.no",
}


@dataclass
class EditSubmitted(Message):
    """A person wants these fields set on the record `ref`; `base` is what they saw in them when they began."""

    ref: int
    fields: Fields
    base: Fields


def hint_words(sort: FieldType) -> str:
    """How a value of this sort is typed, "" where nothing need be said."""
    return say(HINTS[sort]) if sort in HINTS else ""


def choices_of(spec: FieldSpec, owners: tuple[Owner, ...]) -> Choices:
    """What can be chosen for a field, () where it is typed."""
    if spec.type is FieldType.PICKLIST:
        return spec.options
    if spec.type is FieldType.OWNER:
        return tuple((owner.id, owner.name) for owner in owners)
    return (("yes", say("Yes")), ("no", say("No"))) if spec.type is FieldType.BOOLEAN else ()


class FieldInput(Vertical):
    """Reads and checks one value; `group` and `spec.name` say which in a form of several records."""

    @dataclass
    class Entered(Message):
        """Enter was pressed in a one-line field."""

        field: FieldInput

    def __init__(
        self, spec: FieldSpec, value: FieldValue, clock: Clock, choices: Choices = (), group: str = ""
    ) -> None:
        super().__init__(classes="field")
        self.spec, self.group, self._clock, self._choices = spec, group, clock, choices
        self._text = shown_value(spec, value, clock)

    def compose(self) -> ComposeResult:
        star = " *" if self.spec.required else ""
        with Horizontal(classes="field-row"):
            yield Label(Content(safe_line(self.spec.label) + star), classes="field-label")
            yield self._control()
        yield Label("", classes="field-error", markup=False)

    def _control(self) -> Widget:
        if self._choices:
            options = [(Content(safe_line(label)), value) for value, label in self._choices]
            known = any(value == self._text for value, _ in self._choices)
            return Select(options, value=self._text if known else Select.NULL, compact=True, prompt="–")
        if self.spec.type is FieldType.LONG_TEXT:
            return TextArea(self._text, compact=True, tab_behavior="focus")
        return Input(self._text, placeholder=hint_words(self.spec.type), compact=True)

    @property
    def text(self) -> str:
        """What stands in the control, as `typed_value` reads it."""
        control = self.query_one("Input, TextArea, Select")
        if isinstance(control, Select):
            return "" if control.value is Select.NULL else str(control.value)
        return control.text if isinstance(control, TextArea) else control.value if isinstance(control, Input) else ""

    def value(self) -> FieldValue:
        """The checked value. Errors: BadValue, which is shown below the field too."""
        try:
            value = typed_value(self.spec, self.text, self._clock)
        except BadValue as error:
            self.complain(retold(str(error)))
            raise
        self.complain("")
        return value

    def complain(self, sentence: str) -> None:
        """Show what is wrong with this field; "" takes it back."""
        self.query_one(".field-error", Label).update(f"! {safe_line(sentence)}" if sentence else "")
        self.set_class(bool(sentence), "wrong")

    def focus_control(self) -> None:
        self.query_one("Input, TextArea, Select").focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered(self))
