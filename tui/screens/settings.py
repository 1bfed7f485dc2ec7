"""The configuration, all of it: seen, changed, tried, written after a look at the diff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from crm_model.safe_text import safe_line
from tui.cells import cut, fit
from tui.gateway import Gateway
from tui.layout.settings import TABLE_WORDS, group_words, row_help, row_words
from tui.retelling import retold
from tui.screens.choice_picker import ChoicePicker
from tui.screens.field_map import FieldMapList, FieldRuleForm
from tui.screens.long_text import LongText
from tui.screens.picker import Choice
from tui.screens.settings_diff import SettingsDiff
from tui.screens.working import Dialog
from tui.settings_gateway import (
    SEVERAL,
    AddEntry,
    Change,
    FieldRow,
    Proposal,
    RemoveEntry,
    SetKey,
    SettingGroup,
    SettingRow,
    SettingsGateway,
    kinds_of,
)
from tui.words import say, say_many

_KEY_WIDTH = 22
_LEAST_VALUE = 12


class SettingsScreen(Dialog[str | None]):
    """Groups on the left, their keys on the right, one line to type in. Ends with what was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Write", show=False, priority=True),
        Binding("n", "add", "New", show=False),
        Binding("x", "clear", "Default", show=False),
        Binding("X", "remove", "Remove", show=False),
        Binding("t", "try_it", "Try", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("tab", "other_list", "Other list", show=False, priority=True),
    ]

    @dataclass
    class Proposed(Message):
        proposal: Proposal

    @dataclass
    class Tried(Message):
        lines: Sequence[str]

    def __init__(self, gateway: Gateway, settings: SettingsGateway) -> None:
        super().__init__(gateway)
        self._settings = settings
        self._changes: list[Change] = []
        self._proposal: Proposal | None = None
        self._leaving = False
        self._said = ""
        self._shown = ("", "")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog settings"):
            yield Label(Content(safe_line(str(self._settings.path))), classes="dialog-title")
            with Horizontal():
                yield OptionList(id="groups", compact=True)
                yield OptionList(id="rows", compact=True)
            yield Label("", id="meaning", markup=False)
            yield Input(id="typed", compact=True)
            yield Label("", classes="dialog-error", markup=False)
            keys = say("Enter edit · x default · n new · X remove · t try · u undo · ^s write")
            yield Label(keys, classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#typed").display = False
        self._propose()

    # --- what is shown -------------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="propose", exit_on_error=False)
    def _propose(self) -> None:
        base = self._proposal.base if self._proposal else None
        self.answer(lambda: self.Proposed(self._settings.propose(list(self._changes), base)), stale_too=False)

    @on(Proposed)
    def _show(self, event: Proposed) -> None:
        groups, rows = self._lists()
        group_at, row_at = groups.highlighted or 0, rows.highlighted or 0
        self._proposal = event.proposal
        groups.clear_options()
        groups.add_options([Option(Content(group_words(group))) for group in event.proposal.groups])
        groups.highlighted = min(group_at, len(event.proposal.groups) - 1)
        self._show_rows(row_at)
        self._complain(event.proposal.problem)
        if self._said and not event.proposal.problem:
            self.query_one(".dialog-error", Label).update(self._said)
        self._said = ""
        count = len(self._changes)
        unsaved = say_many("{count} change not written", "{count} changes not written", count) if count else ""
        title = " · ".join(part for part in (safe_line(str(self._settings.path)), unsaved) if part)
        self.query_one(".dialog-title", Label).update(Content(title))

    @on(OptionList.OptionHighlighted, "#groups")
    def _group_chosen(self) -> None:
        group = self._group()
        if group and (group.table, group.entry) != self._shown:  # else it is only drawn anew
            self._show_rows(0)

    def _show_rows(self, at: int) -> None:
        group, rows = self._group(), self._lists()[1]
        self._shown = (group.table, group.entry) if group else ("", "")
        rows.clear_options()
        room = max(rows.scrollable_content_region.width - _KEY_WIDTH, _LEAST_VALUE)
        for row in group.rows if group else ():
            key, value = row_words(row)
            shown = (cut(value, room), "bold" if row.value else "")  # all of it stands in the line that edits it
            rows.add_option(Option(Content.assemble(fit(key, _KEY_WIDTH), shown)))
        if group and group.rows:
            rows.highlighted = min(at, len(group.rows) - 1)

    @on(OptionList.OptionHighlighted, "#rows")
    def _row_chosen(self) -> None:
        row = self._row()
        self.query_one("#meaning", Label).update(row_help(row) if row else "")

    # --- changing ------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#groups")
    def _into_rows(self) -> None:
        self.set_focus(self._lists()[1])

    @on(OptionList.OptionSelected, "#rows")
    def _edit(self) -> None:
        group, row = self._group(), self._row()
        if row is None or group is None:
            return
        if (group.table, row.key) == ("crm", "fields"):
            self._show_fields(group.entry)
            return
        if row.choices:
            choices = [Choice(each, each, say("now") if each == row.value else "") for each in row.choices]
            self.app.push_screen(ChoicePicker(self.gateway, title=row.key, choices=choices), self._chosen)
            return
        if "\n" in row.value:  # a line would lose where the others begin
            self.app.push_screen(LongText(self.gateway, row.key, row.value), self._chosen)
            return
        typed = self.query_one("#typed", Input)
        typed.display = True
        typed.value = row.value
        self.set_focus(typed)  # at once: `focus()` would wait, and keys typed ahead be lost

    def _show_fields(self, crm: str) -> None:
        """Every field of a CRM, ours beside theirs; one of them to change, then all of them again."""
        proposal = self._proposal
        if proposal is None or proposal.problem:
            self._complain(say("First mend what is wrong: {problem}", problem=proposal.problem if proposal else "–"))
            return
        listed = FieldMapList(self.gateway, crm, lambda: self._settings.field_rows(proposal, crm))

        def picked(row: FieldRow | None) -> None:
            if row is not None:
                form = FieldRuleForm(self.gateway, crm, row, listed.rows_of(row.kind))
                self.app.push_screen(form, lambda words: self._take_rule(form) if words else None)

        self.app.push_screen(listed, picked)

    def _take_rule(self, form: FieldRuleForm) -> None:
        if form.changes:
            self._leaving = False
            self._changes.extend(form.changes)
            self._propose()

    def _chosen(self, value: str | None) -> None:
        if value is not None:
            self._set(value)

    @on(Input.Submitted, "#typed")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_input()
        self._set(event.value)

    def _set(self, text: str) -> None:
        group, row = self._group(), self._row()
        if group and row and text != row.value:
            self._change(SetKey(group.table, group.entry, row.key, text))

    def _change(self, change: Change) -> None:
        self._leaving = False
        self._changes.append(change)
        self._propose()

    def action_clear(self) -> None:
        self._set("")

    def action_undo(self) -> None:
        if self._changes:
            self._changes.pop()
            self._propose()

    def action_remove(self) -> None:
        group = self._group()
        if group and group.entry:
            self._change(RemoveEntry(group.table, group.entry))

    def action_add(self) -> None:
        """A new mailbox, CRM, hook, …: what, of which kind, with which name."""
        choices = [
            Choice(f"{table} {kind}".strip(), f"{say(TABLE_WORDS.get(table, table))} {kind}".strip())
            for table in SEVERAL
            for kind in kinds_of(table) or ("",)
        ]

        def picked(what: str | None) -> None:
            if what:
                table, _, kind = what.partition(" ")
                self._change(AddEntry(table, self._free_name(kind or table), kind))

        self.app.push_screen(ChoicePicker(self.gateway, title=say("Add what?"), choices=choices), picked)

    def _free_name(self, wish: str) -> str:
        taken = {group.entry for group in self._proposal.groups} if self._proposal else set()
        return next(
            name for number in range(1, 1000) if (name := wish if number == 1 else f"{wish}{number}") not in taken
        )

    # --- trying and writing --------------------------------------------------------------------------------

    def action_try_it(self) -> None:
        group = self._group()
        if group is None or group.table not in ("mail_account", "crm", "hook"):
            self._complain(say("Mailboxes, CRMs and hooks can be tried; choose one on the left."))
        elif self._changes:
            self._complain(say("Write the changes first (^s); what is written is what is tried."))
        else:
            self.query_one(".dialog-error", Label).update(say("trying {name} …", name=group.entry))
            self._try(group)

    @work(thread=True, exclusive=True, group="try", exit_on_error=False)
    def _try(self, group: SettingGroup) -> None:
        self.answer(lambda: self.Tried(self._settings.try_place(group.table, group.entry)), stale_too=False)

    @on(Tried)
    def _tried(self, event: Tried) -> None:
        self.query_one(".dialog-error", Label).update(safe_line(" · ".join(event.lines)) or say("It works."))

    def action_review(self) -> None:
        if self._proposal is None or not self._proposal.changes:
            self._complain(say("Nothing is changed yet."))
            return
        proposal = self._proposal

        def answered(write: bool | None) -> None:
            if write:
                self.edit(
                    lambda: self._settings.write(proposal),
                    say("Configuration written; this screen and a running agent read it when they start again"),
                )

        self.app.push_screen(SettingsDiff(proposal), answered)

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self._changes, self._proposal, self._said = [], None, event.words
        self._propose()

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self._complain(retold(str(event.error)))

    # --- the rest ------------------------------------------------------------------------------------------

    def action_other_list(self) -> None:
        groups, rows = self._lists()
        (groups if rows.has_focus else rows).focus()

    def action_cancel(self) -> None:
        """Esc: first out of the line, then out of the screen; with changes it wants a second one."""
        if self.query_one("#typed").display:
            self._close_input()
        elif self._changes and not self._leaving:
            self._leaving = True
            self._complain(say("Not written yet: ^s looks and writes, Esc again leaves it as it was."))
        else:
            self.dismiss(None)

    def _close_input(self) -> None:
        self.query_one("#typed").display = False
        self.set_focus(self._lists()[1])

    def _complain(self, sentence: str) -> None:
        self.query_one(".dialog-error", Label).update(f"! {safe_line(sentence)}" if sentence else "")

    def _lists(self) -> tuple[OptionList, OptionList]:
        return self.query_one("#groups", OptionList), self.query_one("#rows", OptionList)

    def _group(self) -> SettingGroup | None:
        at = self._lists()[0].highlighted
        groups = self._proposal.groups if self._proposal else ()
        return groups[at] if at is not None and at < len(groups) else None

    def _row(self) -> SettingRow | None:
        group, at = self._group(), self._lists()[1].highlighted
        return group.rows[at] if group and at is not None and at < len(group.rows) else None
