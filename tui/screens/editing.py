"""What a person does with the record in the sidebar: fields, stage, conversion, notes, calls, tasks, conflicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from crm_model.errors import HitchpostError
from crm_model.records import ActivityKind, FieldType, FieldValue, RecordKind
from tui.gateway import FieldView, RecordRow, RecordView, TroubleRow
from tui.keymap import KEYS
from tui.layout.record import is_web_page
from tui.lines import ConflictTarget, FieldTarget, TaskTarget
from tui.screens.reading import ReadingScreen, once_read
from tui.screens.searching import SearchingScreen
from tui.widgets.field_input import EditSubmitted, choices_of
from tui.words import mark, say

NO_RECORD = mark("No record is shown: link one ({key[link]}) or make a lead ({key[lead.create]}).")
_STAGES = {RecordKind.OPPORTUNITY: "stage", RecordKind.LEAD: "status"}


class EditingScreen(SearchingScreen):
    """Every edit goes through the gateway in a worker; the sidebar shows it as soon as the store has it."""

    @dataclass
    class ConflictLoaded(Message):
        record: RecordView
        conflict_id: int

    def said(self, words: str | None) -> None:
        """A dialog ended, with what was done in words: say so and look at once."""
        if words:
            self.status.say(words)
        self.poll()

    @on(ReadingScreen.Done)
    def _done(self, event: ReadingScreen.Done) -> None:
        self.said(event.words)

    def fail(self, sentence: str) -> None:
        self.status.fail(sentence)

    def the_record(self) -> RecordView | None:
        """The record shown, or a line that says there is none."""
        record = self.sidebar.record
        if record is None:
            self.fail(say(NO_RECORD, key=KEYS))
        return record

    # --- fields --------------------------------------------------------------------------------------------

    @once_read
    def action_edit_field(self) -> None:
        """Edit the sidebar's chosen field, else ask which."""
        from tui.screens.choice_picker import ChoicePicker
        from tui.screens.picker import Choice

        record = self.the_record()
        if record is None:
            return
        target = self.sidebar.target if self.sidebar.has_focus else None
        if isinstance(target, FieldTarget):
            self.edit_named(record, target.name)
            return
        fields = [field for field in record.fields if not field.spec.read_only]
        choices = [Choice(field.spec.name, field.spec.label, field.display) for field in fields]

        def chosen(name: str | None) -> None:
            if name:
                self.edit_named(record, name)

        self.app.push_screen(
            ChoicePicker(self.gateway, title=say("Edit {record}", record=record.title), choices=choices), chosen
        )

    @once_read
    def action_change_stage(self) -> None:
        record = self.the_record()
        if record is None:
            return
        name = _STAGES.get(record.kind)
        if name:
            self.edit_named(record, name)
        elif record.opportunities:
            self.fail(say("This record has no stage; open its opportunity in the sidebar first (Tab, Enter)."))
        else:
            self.fail(say("This record has no stage."))

    def edit_named(self, record: RecordView, name: str) -> None:
        """Ask for a new value of this field in the way its type wants."""
        field = next((field for field in record.fields if field.spec.name == name), None)
        if field is None:
            self.fail(say("This record has no field “{name}”.", name=name))
        elif field.spec.read_only:
            self.fail(say("{field} can't be changed here; the CRM sets it.", field=field.spec.label))
        elif field.conflict:
            self.settle(record, field.conflict.id)
        else:
            self._ask(record, field)

    def _ask(self, record: RecordView, field: FieldView) -> None:
        from tui.screens.choice_picker import ChoicePicker
        from tui.screens.field_editor import FieldEditor
        from tui.screens.owner_picker import OwnerPicker
        from tui.screens.picker import Choice

        spec, submit = field.spec, self._submitter(record, field)
        if spec.type is FieldType.OWNER:
            self.app.push_screen(OwnerPicker(self.gateway, crm=record.crm), submit)
        elif spec.type is FieldType.REFERENCE:
            self._ask_reference(record, field)
        elif options := choices_of(spec, ()):
            choices = [Choice(value, label, say("now") if value == field.value else "") for value, label in options]
            title = say("{field} of {record}", field=spec.label, record=record.title)
            self.app.push_screen(ChoicePicker(self.gateway, title=title, choices=choices), submit)
        else:
            self.app.push_screen(FieldEditor(self.gateway, record, field), self.said)

    def _submitter(self, record: RecordView, field: FieldView) -> Callable[[str | None], None]:
        def submit(text: str | None) -> None:
            if text is None:
                return
            value: FieldValue = text == "yes" if field.spec.type is FieldType.BOOLEAN else text
            name = field.spec.name
            if value != field.value:
                self.post_message(EditSubmitted(record.id, {name: value}, {name: field.value}))

        return submit

    def _ask_reference(self, record: RecordView, field: FieldView) -> None:
        from tui.screens.record_picker import RecordPicker

        name, target = field.spec.name, field.spec.target

        def picked(row: RecordRow | None) -> None:
            if row is not None:
                self.edit(
                    lambda: self.gateway.change_record(
                        record.id, {name: self.gateway.reference(row.id)}, {name: field.value}
                    ),
                    f"{field.spec.label}: {row.title}",
                )

        kinds = frozenset({target}) if target else None
        self.app.push_screen(RecordPicker(self.gateway, title=field.spec.label, kinds=kinds), picked)

    @on(EditSubmitted)
    def _store_edit(self, event: EditSubmitted) -> None:
        words = ", ".join(event.fields).replace("_", " ").capitalize()
        self.edit(
            lambda: self.gateway.change_record(event.ref, event.fields, event.base),
            say("{fields} changed", fields=words),
        )

    # --- the rest of a record ------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key means anything now: not what the record's CRM can't do."""
        record = self.opened.record if self.opened else None
        if record is None:
            return True
        if action == "convert":
            return record.abilities.convert_lead
        if action == "write" and parameters:
            return parameters[0] in record.abilities.activities
        if action == "open_page":
            return is_web_page(record.url)
        return True

    @once_read
    def action_open_page(self) -> None:
        """Show the record in the CRM's own web page."""
        record = self.the_record()
        if record is not None and is_web_page(record.url):
            self.app.open_url(record.url)
            self.status.say(say("Opened {url}", url=record.url))

    @once_read
    def action_convert(self) -> None:
        from tui.screens.conversion import ConversionForm

        record = self.the_record()
        if record is None:
            return
        if record.kind is not RecordKind.LEAD or record.state == "converted":
            self.fail(say("Only a lead that is not converted yet can be converted."))
        else:
            self.app.push_screen(ConversionForm(self.gateway, record), self.said)

    @once_read
    def action_complete_task(self) -> None:
        """The sidebar's chosen task, else the record's first open one."""
        record = self.the_record()
        if record is None:
            return
        target = self.sidebar.target
        if not (self.sidebar.has_focus and isinstance(target, TaskTarget)):
            found = (row for row in record.activities if row.kind == ActivityKind.TASK and not row.done)
            target = next((TaskTarget(row.id, row.done) for row in found), None)
        if isinstance(target, TaskTarget):
            self.toggle_task(target)
        else:
            self.fail(say("No open task here."))

    def toggle_task(self, target: TaskTarget) -> None:
        activity_id, done = target.activity_id, not target.done
        self.edit(
            lambda: self.gateway.complete_task(activity_id, done), say("Task done") if done else say("Task open again")
        )

    @once_read
    def action_resolve(self) -> None:
        """The conflict of the record shown; where it has none, the list of all that waits for a person."""
        from tui.screens.trouble_list import TroubleList

        record = self.sidebar.record
        target = self.sidebar.target if self.sidebar.has_focus else None
        if record is None or not record.conflicts:
            self.app.push_screen(TroubleList(self.gateway), self._look_at)
        else:
            chosen = target.conflict_id if isinstance(target, ConflictTarget) else record.conflicts[0].id
            self.settle(record, chosen)

    def _look_at(self, trouble: TroubleRow | None) -> None:
        if trouble is None:
            return
        self.show_record(trouble.record_id)
        if trouble.conflict is not None:
            self._load_conflict(trouble.record_id, trouble.conflict.id)

    @work(thread=True, exclusive=True, group="conflict", exit_on_error=False)
    def _load_conflict(self, record_id: int, conflict_id: int) -> None:
        self.answer(lambda: self.ConflictLoaded(self.gateway.record(record_id), conflict_id))

    @on(ConflictLoaded)
    def _conflict_loaded(self, event: ConflictLoaded) -> None:
        self.settle(event.record, event.conflict_id)

    def settle(self, record: RecordView, conflict_id: int) -> None:
        from tui.screens.conflicts import ConflictScreen

        conflict = next((each for each in record.conflicts if each.id == conflict_id), None)
        if conflict is None:
            self.post_message(self.Failed(HitchpostError(say("This conflict is settled already."))))
        else:
            self.app.push_screen(ConflictScreen(self.gateway, record, conflict), self.said)
