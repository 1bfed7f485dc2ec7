"""A form over one or more records: the shape of making a lead and converting one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Label

from crm_model.errors import Rejected
from crm_model.records import FieldSpec, FieldValue
from crm_model.safe_text import safe_line
from tui.retelling import retold
from tui.screens.working import Dialog
from tui.values import BadValue
from tui.widgets.field_input import Choices, FieldInput
from tui.words import say


@dataclass(frozen=True, slots=True)
class FormField:
    spec: FieldSpec
    value: FieldValue = None
    choices: Choices = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under a heading; `name` keys the section's values."""

    name: str
    title: str
    fields: Sequence[FormField]


Values = dict[str, dict[str, FieldValue]]
"""Section name to field name to value; empty fields are left out."""


class FormScreen(Dialog[str | None]):
    """Ends with what was done in words, or None. Enter goes on to the next field, at the last one it saves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", show=False)]
    TITLE_WORDS = ""
    KEY_WORDS = ""

    @dataclass
    class SectionsKnown(Message):
        sections: Sequence[Section]

    @property
    def title_words(self) -> str:
        """What the form is about, as it is shown."""
        return say(self.TITLE_WORDS)

    @abstractmethod
    def sections(self) -> Sequence[Section]:
        """What the form asks. Runs in a worker."""

    @abstractmethod
    def store(self, values: Values) -> str:
        """Do it; what was done, in words. Runs in a worker. Errors: Rejected is shown beside its fields."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog form"):
            yield Label(Content(safe_line(self.title_words)), classes="dialog-title")
            yield VerticalScroll(can_focus=False)
            yield Label("", classes="dialog-error", markup=False)
            yield Label(say(self.KEY_WORDS), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._read_sections()

    @work(thread=True, exclusive=True, group="sections", exit_on_error=False)
    def _read_sections(self) -> None:
        self.answer(lambda: self.SectionsKnown(self.sections()))

    @on(SectionsKnown)
    async def _show_sections(self, event: SectionsKnown) -> None:
        body = self.query_one(VerticalScroll)
        for section in event.sections:
            await body.mount(Label(Content(safe_line(section.title)), classes="form-section"))
            await body.mount_all(
                FieldInput(field.spec, field.value, self.gateway.clock, field.choices, section.name)
                for field in section.fields
            )
        self._inputs()[0].focus_control()

    def _inputs(self) -> list[FieldInput]:
        return list(self.query(FieldInput))

    @on(FieldInput.Entered)
    def _entered(self, event: FieldInput.Entered) -> None:
        inputs = self._inputs()
        place = inputs.index(event.field)
        if place + 1 < len(inputs):
            inputs[place + 1].focus_control()
        else:
            self.action_save()

    def action_save(self) -> None:
        values: Values = {}
        wrong: list[FieldInput] = []
        for field in self._inputs():
            try:
                value = field.value()
            except BadValue:
                wrong.append(field)
                continue
            if value not in (None, "", ()):
                values.setdefault(field.group, {})[field.spec.name] = value
        if wrong:
            wrong[0].focus_control()
        else:
            self.edit(lambda: self.store(values))

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        errors = event.error.field_errors if isinstance(event.error, Rejected) else {}
        known = {name: field for field in self._inputs() if (name := _named(field, errors))}
        for name, field in known.items():
            field.complain(retold(errors[name]))
        sentence = "" if known and len(known) == len(errors) else f"! {safe_line(retold(str(event.error)))}"
        self.query_one(".dialog-error", Label).update(sentence)


def _named(field: FieldInput, errors: Mapping[str, str]) -> str:
    """The field's name among `errors`, with its section's before it where several records are asked for."""
    names = (f"{field.group}.{field.spec.name}", field.spec.name)
    return next((name for name in names if name in errors), "")
