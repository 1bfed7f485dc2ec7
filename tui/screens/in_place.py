"""What is done in the sidebar where it stands: a field's value, its history, its conflict, folding."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on, work
from textual.geometry import Region
from textual.message import Message

from crm_model.errors import HitchpostError, Rejected
from crm_model.records import Fields, FieldType
from tui.gateway import FieldChange, FieldView, RecordView
from tui.keymap import KEYS
from tui.lines import FieldTarget, SectionTarget
from tui.retelling import retold
from tui.screens.editing import EditingScreen
from tui.screens.reading import once_read
from tui.widgets.field_input import Choices, choices_of
from tui.widgets.place_editor import PlaceEditor
from tui.widgets.sidebar import Sidebar
from tui.words import mark, say

_NEEDS_ROOM = (FieldType.REFERENCE, FieldType.REFERENCES)
_LONGEST_LINE = 200


_SETTLED = {
    "mine": mark("Conflict settled: kept as you had it ({key[undo]} undoes)"),
    "theirs": mark("Conflict settled: taken from the CRM ({key[undo]} undoes)"),
}


def takes_a_line(field: FieldView) -> bool:
    """Whether a field's value can be typed where it stands; a text as long as it is one line of a bearable length."""
    if field.spec.type is FieldType.LONG_TEXT:
        text = str(field.value or "")
        return "\n" not in text and len(text) <= _LONGEST_LINE
    return field.spec.type not in _NEEDS_ROOM


class InPlaceScreen(EditingScreen):
    """No dialog where a line will do; what needs more room has one still."""

    @dataclass
    class EditorReady(Message):
        record_id: int
        field: FieldView
        choices: Choices

    @dataclass
    class Stored(Message):
        words: str

    @dataclass
    class Refused(Message):
        """The value was refused; the editor keeps it."""

        sentence: str

    @dataclass
    class HistoryKnown(Message):
        name: str
        changes: tuple[FieldChange, ...]

    @dataclass
    class FoldsKnown(Message):
        folded: frozenset[str]

    def begin(self) -> None:
        super().begin()
        self._read_folds()

    # --- a value -------------------------------------------------------------------------------------------

    def edit_named(self, record: RecordView, name: str) -> None:
        """In place if the field is in sight in the sidebar that has the keys, else as dialogs do it."""
        field = next((each for each in record.fields if each.spec.name == name), None)
        can_be = field and not field.spec.read_only and not field.conflict and takes_a_line(field)
        if field and can_be and self.sidebar.has_focus and self.sidebar.place_of(name) is not None:
            self._read_choices(record.crm, record.id, field)
        else:
            super().edit_named(record, name)

    @work(thread=True, exclusive=True, group="editor", exit_on_error=False)
    def _read_choices(self, crm: str, record_id: int, field: FieldView) -> None:
        def ready() -> Message:
            owners = self.gateway.owners_of(crm) if field.spec.type is FieldType.OWNER else ()
            return self.EditorReady(record_id, field, choices_of(field.spec, owners))

        self.answer(ready, stale_too=False)

    @on(EditorReady)
    def _open_editor(self, event: EditorReady) -> None:
        place = self.sidebar.place_of(event.field.spec.name)
        record = self.sidebar.record
        if place is None or record is None or record.id != event.record_id:
            return  # the sidebar moved on
        here = self.sidebar.content_region
        label = min(self.sidebar.label_width(event.field.spec.name), here.width // 2)
        row = Region(here.x + label, here.y + min(place, max(here.height - 2, 0)), here.width - label, 2)
        self.query_one(PlaceEditor).edit(event.record_id, event.field, event.choices, row)

    @on(PlaceEditor.Entered)
    def _entered(self, event: PlaceEditor.Entered) -> None:
        name, seen = event.field.spec.name, event.field.value
        if event.value == seen:
            self.query_one(PlaceEditor).action_leave()
        else:
            self._store(event.record_id, {name: event.value}, {name: seen}, event.field.spec.label)

    # Not exclusive, as every edit.
    @work(thread=True, group="edits", exit_on_error=False)
    def _store(self, record_id: int, fields: Fields, base: Fields, label: str) -> None:
        try:
            self.gateway.change_record(record_id, fields, base)
        except HitchpostError as error:
            known = error.field_errors if isinstance(error, Rejected) else {}
            self.post_message(self.Refused(retold(next(iter(known.values()), str(error)))))
        else:
            self.post_message(self.Stored(say("{fields} changed ({key[undo]} undoes)", key=KEYS, fields=label)))

    @on(Stored)
    def _stored(self, event: Stored) -> None:
        self.query_one(PlaceEditor).close()
        self.sidebar.focus()
        self.said(event.words)

    @on(Refused)
    def _refused(self, event: Refused) -> None:
        self.query_one(PlaceEditor).complain(event.sentence)

    @on(PlaceEditor.Left)
    def _editor_left(self) -> None:
        self.sidebar.focus()

    # --- its conflict --------------------------------------------------------------------------------------

    @on(Sidebar.Settled)
    def _settled(self, event: Sidebar.Settled) -> None:
        self.edit(lambda: self.gateway.resolve(event.conflict_id, event.choice), say(_SETTLED[event.choice], key=KEYS))

    # --- its history ---------------------------------------------------------------------------------------

    @once_read
    def action_history(self) -> None:
        """Who changed the chosen field, from what to what, right under it; again closes it."""
        record, target = self.the_record(), self.sidebar.target
        if record is None:
            return
        if not isinstance(target, FieldTarget):
            self.fail(
                say(
                    "Choose a field in the sidebar first (Tab, j and k): {key[history]} shows who changed it.", key=KEYS
                )
            )
        elif self.sidebar.look.history_of == target.name:
            self.sidebar.look_at(replace(self.sidebar.look, history_of="", history=()))
        else:
            self._read_history(record.id, target.name)

    @work(thread=True, exclusive=True, group="history", exit_on_error=False)
    def _read_history(self, record_id: int, name: str) -> None:
        self.answer(lambda: self.HistoryKnown(name, self.gateway.field_changes(record_id, name)), stale_too=False)

    @on(HistoryKnown)
    def _show_history(self, event: HistoryKnown) -> None:
        self.sidebar.look_at(replace(self.sidebar.look, history_of=event.name, history=event.changes))

    # --- folding -------------------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="folds", exit_on_error=False)
    def _read_folds(self) -> None:
        self.answer(lambda: self.FoldsKnown(self.gateway.folded()))

    @on(FoldsKnown)
    def _know_folds(self, event: FoldsKnown) -> None:
        if event.folded:
            self.sidebar.look_at(replace(self.sidebar.look, folded=event.folded))

    def fold(self, target: SectionTarget) -> None:
        """Fold a section away or open it; it stays so, for every record and the next time."""
        folded = self.sidebar.look.folded ^ {target.key}
        self.sidebar.look_at(replace(self.sidebar.look, folded=folded))
        self.edit(lambda: self.gateway.keep_folded(folded), quiet=True)
