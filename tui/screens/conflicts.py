"""The same field changed here and in the CRM: both values with who and when, and one key to settle each."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Label

from crm_model.records import FieldSpec, FieldType, FieldValue
from crm_model.safe_text import safe_line
from tui.gateway import ConflictView, Gateway, RecordView
from tui.layout.conflict import conflict_lines
from tui.lines import Line
from tui.retelling import retold
from tui.screens.working import Dialog
from tui.values import BadValue
from tui.widgets.field_input import FieldInput
from tui.widgets.line_view import LineView
from tui.words import mark, say

_SETTLED = {
    "mine": mark("{field} kept as you had it"),
    "theirs": mark("{field} taken from the CRM"),
    "edited": mark("{field} set anew"),
}


class ConflictPage(LineView):
    """One conflict's two values side by side or under each other."""

    def __init__(self, gateway: Gateway, conflict: ConflictView, spec: FieldSpec) -> None:
        super().__init__()
        self._clock, self._conflict, self._spec = gateway.clock, conflict, spec

    def laid_out(self, width: int) -> list[Line]:
        return conflict_lines(self._conflict, self._spec, width, self._clock)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # A pane of lines never asks for a new layout, so the dialog learns here how tall this one is.
        return len(self.laid_out(max(width, 1)))


class ConflictScreen(Dialog[str | None]):
    """One conflict; ends with what was decided in words, or None. The triage screen opens the next one after it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m,1", "settle('mine')", "Mine", id="conflict.mine", show=False),
        Binding("t,2", "settle('theirs')", "Theirs", id="conflict.theirs", show=False),
        Binding("e,3", "write", "Another value", id="conflict.edit", show=False),
        Binding("ctrl+s", "save", "Save", show=False),
    ]

    def __init__(self, gateway: Gateway, record: RecordView, conflict: ConflictView) -> None:
        super().__init__(gateway)
        self._record, self._conflict = record, conflict
        found = (field.spec for field in record.fields if field.spec.name == conflict.field)
        self._spec = next(found, FieldSpec(conflict.field, conflict.field, FieldType.TEXT))

    def compose(self) -> ComposeResult:
        others = len(self._record.conflicts) - 1
        more = f" ({say('and {count} more', count=others)})" if others else ""
        record, field = safe_line(self._record.title), safe_line(self._spec.label)
        title = say("{record}: {field} was changed on both sides", record=record, field=field) + more
        with Vertical(classes="dialog"):
            yield Label(Content(title), classes="dialog-title")
            yield ConflictPage(self.gateway, self._conflict, self._spec)
            yield Label("", classes="dialog-error", markup=False)
            yield Label(say("m keep mine · t take theirs · e another value · Esc later"), classes="dialog-hint")

    def action_settle(self, choice: Literal["mine", "theirs"]) -> None:
        self._settle(choice, None)

    async def action_write(self) -> None:
        """Ask for a third value, beginning with mine."""
        if not self.query(FieldInput):
            field = FieldInput(self._spec, self._conflict.mine, self.gateway.clock, self._spec.options)
            await self.query_one(".dialog", Vertical).mount(field, after=self.query_one(ConflictPage))
        self.query_one(FieldInput).focus_control()

    @on(FieldInput.Entered)
    def action_save(self) -> None:
        try:
            value = self.query_one(FieldInput).value()
        except BadValue:
            return  # the field shows why
        self._settle("edited", value)

    def _settle(self, choice: Literal["mine", "theirs", "edited"], value: FieldValue) -> None:
        conflict_id, field = self._conflict.id, safe_line(self._spec.label)
        self.edit(lambda: self.gateway.resolve(conflict_id, choice, value), say(_SETTLED[choice], field=field))

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self.query_one(".dialog-error", Label).update(f"! {safe_line(retold(str(event.error)))}")
