"""Editing a field that is typed; a refusal is shown beside the field and nothing typed is lost."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label

from crm_model.errors import Rejected
from crm_model.records import FieldType
from crm_model.safe_text import safe_line
from tui.gateway import FieldView, Gateway, RecordView
from tui.retelling import retold
from tui.screens.working import Dialog
from tui.values import BadValue, shown_value
from tui.widgets.field_input import EditSubmitted, FieldInput
from tui.words import say


class FieldEditor(Dialog[str | None]):
    """Ends with what was done in words, or None. The base of the edit is the value seen at the beginning."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", show=False)]

    def __init__(self, gateway: Gateway, record: RecordView, field: FieldView) -> None:
        super().__init__(gateway)
        self._record, self._field = record, field

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(Content(safe_line(self._record.title)), classes="dialog-title")
            yield FieldInput(self._field.spec, self._field.value, self.gateway.clock)
            is_long = self._field.spec.type is FieldType.LONG_TEXT
            keys = (
                say("^s saves · Esc leaves it as it was") if is_long else say("Enter saves · Esc leaves it as it was")
            )
            yield Label(keys, classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(FieldInput).focus_control()

    @on(FieldInput.Entered)
    def _entered(self) -> None:
        self.action_save()

    def action_save(self) -> None:
        try:
            value = self.query_one(FieldInput).value()
        except BadValue:
            return  # the field shows why
        name = self._field.spec.name
        unchanged = self.query_one(FieldInput).text == shown_value(
            self._field.spec, self._field.value, self.gateway.clock
        )
        if unchanged or value == self._field.value:
            self.dismiss(None)
        else:
            self.post_message(EditSubmitted(self._record.id, {name: value}, {name: self._field.value}))

    @on(EditSubmitted)
    def _store(self, event: EditSubmitted) -> None:
        label = safe_line(self._field.spec.label)
        self.edit(
            lambda: self.gateway.change_record(event.ref, event.fields, event.base),
            say("{fields} changed", fields=label),
        )

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        error, name = event.error, self._field.spec.name
        sentence = error.field_errors.get(name, str(error)) if isinstance(error, Rejected) else str(error)
        self.query_one(FieldInput).complain(retold(sentence))
