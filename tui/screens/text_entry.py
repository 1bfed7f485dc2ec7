"""Writing a note, logging a call or making a task on a record."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, TextArea

from crm_model.records import ActivityKind, FieldSpec, FieldType
from crm_model.safe_text import safe_line
from tui.gateway import Gateway, RecordView
from tui.retelling import retold
from tui.screens.working import Dialog, once_typed
from tui.values import BadValue, typed_time
from tui.widgets.field_input import FieldInput
from tui.words import mark, say

_WORDS = {
    ActivityKind.NOTE: (mark("Note on {record}"), mark("Note written")),
    ActivityKind.CALL: (mark("Phone call on {record}"), mark("Call logged")),
    ActivityKind.TASK: (mark("Task on {record}"), mark("Task made")),
}


class TextEntry(Dialog[str | None]):
    """Ends with what was done in words, or None. A task asks when it is due, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", show=False, priority=True)]

    def __init__(self, gateway: Gateway, record: RecordView, kind: ActivityKind, text: str = "") -> None:
        super().__init__(gateway)
        self._record, self._kind, self._text = record, kind, text

    def compose(self) -> ComposeResult:
        title = say(_WORDS[self._kind][0], record=safe_line(self._record.title))
        with Vertical(classes="dialog entry"):
            yield Label(Content(title), classes="dialog-title")
            yield TextArea(self._text, compact=True, tab_behavior="focus", id="text")
            if self._kind is ActivityKind.TASK:
                yield FieldInput(FieldSpec("due", say("Due"), FieldType.TEXT), say("tomorrow"), self.gateway.clock)
            yield Label("", classes="dialog-error", markup=False)
            dated = say("^s saves · Esc drops it · due: fri, +2w, 22 Nov 14:30 or nothing")
            keys = dated if self._kind is ActivityKind.TASK else say("^s saves · Esc drops it")
            yield Label(keys, classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        area = self.query_one("#text", TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    @on(FieldInput.Entered)
    def _entered(self) -> None:
        self.action_save()

    @once_typed
    def action_save(self) -> None:
        text = self.query_one("#text", TextArea).text.strip()
        if not text:
            self._complain(say("Write something first."))
            return
        try:
            due = self._due()
        except BadValue as error:
            self.query_one(FieldInput).complain(retold(str(error)))
            return
        record_id, kind = self._record.id, self._kind
        self.edit(lambda: self.gateway.add_activity(record_id, kind, text, due), _WORDS[kind][1])

    def _due(self) -> datetime | None:
        if self._kind is not ActivityKind.TASK:
            return None
        text = self.query_one(FieldInput).text.strip()
        return typed_time(text, self.gateway.clock) if text else None

    def _complain(self, sentence: str) -> None:
        self.query_one(".dialog-error", Label).update(f"! {safe_line(sentence)}")

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self._complain(retold(str(event.error)))
