"""Decisions about conversations: yes, no, another record, put away; on one or on all that are marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from tui.gateway import ConversationView, FilingRuleRow, Mailview, RecordRow, TaughtRule, ThreadRow
from tui.keymap import KEYS
from tui.lines import OfferTarget
from tui.retelling import retold
from tui.screens.reading import once_read
from tui.screens.writing import WritingScreen
from tui.words import mark, say, say_many

REMARKS = (
    mark("wants to sell to us"),
    mark("a customer's question"),
    mark("known already"),
    mark("private"),
    mark("a job application"),
    mark("spam"),
    mark("not now"),
)
"""Why a suggested lead is none, in a salesperson's words."""


class DecidingScreen(WritingScreen):
    """Every decision is one edit; a decision on marked conversations is one edit too, and one undo."""

    @dataclass
    class SameFound(Message):
        thread_ids: tuple[int, ...]

    @dataclass
    class TaughtKnown(Message):
        taught: TaughtRule | None

    _corrected: tuple[int, int | None] | None = None  # conversation and record (None: no lead) of the last correction

    def the_conversation(self) -> ConversationView | None:
        """What is shown, unless the cursor has moved on and its conversation is still being read."""
        conversation = self.opened.conversation if self.opened and self.is_read else None
        return conversation if conversation and conversation.thread.id else None

    # --- yes -----------------------------------------------------------------------------------------------

    @once_read
    def action_open_thread(self) -> None:
        """Read the conversation: its pane gets the keys, and it counts as read here; the mailbox keeps its own mark."""
        self.show_pane(self.conversation)
        if self.opened and self.opened.conversation.thread.unread_count:
            thread_id = self.opened.conversation.thread.id
            self.edit(lambda: self.gateway.see(thread_id), quiet=True)

    @once_read
    def action_accept_candidate(self, place: int) -> None:
        """Say yes to the suggestion; with several candidates to this one."""
        conversation = self.the_conversation()
        suggestion = conversation.suggestion if conversation else None
        if conversation is None or suggestion is None:
            self.fail(say("There is nothing to accept here."))
        elif not suggestion.candidates:
            if place == 0:
                self._decide(lambda: self.gateway.accept(suggestion.id), say("Lead created"))
        elif place < len(suggestion.candidates):
            candidate = suggestion.candidates[place]
            if place:
                self._corrected = (conversation.thread.id, candidate.record_id)
            self._decide(
                lambda: self.gateway.accept(suggestion.id, candidate.record_id),
                self._taught(say("Linked to {title}", title=candidate.title), correction=bool(place)),
            )

    # --- no ------------------------------------------------------------------------------------------------

    def action_reject(self) -> None:
        target = self.sidebar.target if self.sidebar.has_focus else None
        if isinstance(target, OfferTarget):
            self.edit(
                lambda: self.gateway.reject_offer(target.offer_id),
                say("Not offered again ({key[undo]} undoes)", key=KEYS),
            )
        elif self.threads.marked:
            self.decide_marked(self.gateway.reject_all)
        else:
            self.reject("")

    @once_read
    def reject(self, remark: str) -> None:
        conversation = self.the_conversation()
        suggestion = conversation.suggestion if conversation else None
        if conversation is None or suggestion is None:
            self.fail(say("There is no suggestion to reject here."))
            return
        if not suggestion.candidates:
            self._corrected = (conversation.thread.id, None)
        words = self._taught(say("Suggestion rejected"), correction=not suggestion.candidates)
        self._decide(lambda: self.gateway.reject(suggestion.id, remark), words)

    def action_reject_why(self) -> None:
        """Ask why first; a typed reason of one's own is not asked for: it would cost more than it tells."""
        from tui.screens.choice_picker import ChoicePicker
        from tui.screens.picker import Choice

        marked = bool(self.threads.marked)

        def said(remark: str | None) -> None:
            if remark and marked:
                self.decide_marked(lambda ids: self.gateway.reject_all(ids, remark))
            elif remark:
                self.reject(remark)

        choices = [Choice(remark, say(remark)) for remark in REMARKS]
        self.app.push_screen(ChoicePicker(self.gateway, title=say("Why is this no lead?"), choices=choices), said)

    def _decide(self, call: Callable[[], None], words: str) -> None:
        """Run a decision once: until its conversation is read again, a second key finds nothing to decide."""
        self.opened, self.deciding = None, True
        self.edit(call, words)

    # --- many ----------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        if not self.threads.holds_threads:
            self.fail(say("Only conversations can be marked."))
            return
        self.threads.toggle_mark()
        self.hint()

    def action_mark_sender(self) -> None:
        """Mark all of the list from whoever wrote this; take all marks off if there are any."""
        thread_id = self.threads.thread_id
        if self.threads.marked:
            self.threads.unmark()
            self.hint()
        elif thread_id is not None:
            self._find_same(thread_id)

    @work(thread=True, exclusive=True, group="same", exit_on_error=False)
    def _find_same(self, thread_id: int) -> None:
        self.answer(lambda: self.SameFound(self.gateway.from_same(thread_id)))

    @on(SameFound)
    def _mark_same(self, event: SameFound) -> None:
        count = self.threads.mark(event.thread_ids)
        self.status.say(say("{count} marked: all in this list from the same sender", count=count))
        self.hint()

    def decide_marked(self, call: Callable[[list[int]], str]) -> None:
        ids = sorted(self.threads.marked)
        self.threads.unmark()
        self.hint()
        self.edit(lambda: say("{what} ({key[undo]} undoes)", key=KEYS, what=retold(call(ids))))

    # --- another record ------------------------------------------------------------------------------------

    def action_link(self) -> None:
        if self.threads.marked:
            self._link_marked(len(self.threads.marked))
        else:
            self._link_one()

    def _link_marked(self, count: int) -> None:
        from tui.screens.record_picker import RecordPicker

        def picked(row: RecordRow | None) -> None:
            if row is not None:
                self.decide_marked(lambda ids: self.gateway.link_all(ids, row.id))

        title = say_many("Link the marked one to which record?", "Link all {count} to which record?", count)
        self.app.push_screen(RecordPicker(self.gateway, title=title), picked)

    @once_read
    def _link_one(self) -> None:
        from tui.screens.record_picker import RecordPicker

        conversation = self.the_conversation()
        if conversation is None:
            return
        thread_id = conversation.thread.id

        def picked(row: RecordRow | None) -> None:
            if row is not None:
                self._corrected = (thread_id, row.id)
                words = self._taught(say("Linked to {title}", title=row.title), correction=True)
                self.edit(lambda: self.gateway.link(thread_id, row.id), words)

        self.app.push_screen(RecordPicker(self.gateway, title=say("Link to which record?")), picked)

    @once_read
    def action_unlink(self) -> None:
        conversation, record = self.the_conversation(), self.sidebar.record
        if conversation is None or not conversation.links:
            self.fail(say("This conversation is not linked."))
            return
        links = conversation.links
        link = next((link for link in links if record and link.record_id == record.id), links[0])
        self.edit(
            lambda: self.gateway.unlink(conversation.thread.id, link.record_id),
            say("Unlinked from {title}", title=link.title),
        )

    @once_read
    def action_create_lead(self) -> None:
        from tui.screens.lead_form import LeadForm

        if conversation := self.the_conversation():
            self.app.push_screen(LeadForm(self.gateway, conversation), self.said)

    # --- why, and always -----------------------------------------------------------------------------------

    @once_read
    def action_why(self) -> None:
        from tui.screens.evidence import EvidenceScreen

        if conversation := self.the_conversation():
            self.app.push_screen(EvidenceScreen(conversation, self.gateway.clock))

    def action_always(self) -> None:
        """Make a rule of the last correction."""
        if self._corrected is None:
            self.fail(
                say(
                    "Correct something first: link to another record, or reject a lead; {key[rule]} makes it a rule.",
                    key=KEYS,
                )
            )
        else:
            self._read_taught(*self._corrected)

    @work(thread=True, exclusive=True, group="taught", exit_on_error=False)
    def _read_taught(self, thread_id: int, record_id: int | None) -> None:
        self.answer(lambda: self.TaughtKnown(self.gateway.rule_taught_by(thread_id, record_id)))

    def action_rules(self) -> None:
        """Every rule; one of them to change or forget."""
        from tui.screens.rule_list import RuleList

        def chosen(row: FilingRuleRow | None) -> None:
            if row is not None:
                self._read_rule(row)

        self.app.push_screen(RuleList(self.gateway), chosen)

    @work(thread=True, exclusive=True, group="taught", exit_on_error=False)
    def _read_rule(self, row: FilingRuleRow) -> None:
        self.answer(lambda: self.TaughtKnown(self.gateway.rule_in_force(row)))

    @on(TaughtKnown)
    def _show_taught(self, event: TaughtKnown) -> None:
        from tui.screens.rule_form import RuleForm

        if event.taught is None:
            self.fail(say("Nobody outside wrote in that conversation, so there is no sender to make a rule for."))
        else:
            self.app.push_screen(RuleForm(self.gateway, event.taught), self.said)

    def _taught(self, words: str, *, correction: bool) -> str:
        return f"{words} · {say('{key[rule]}: always', key=KEYS)}" if correction else words

    # --- away, and back ------------------------------------------------------------------------------------

    def action_archive(self) -> None:
        """Out of the list at once; the database follows."""
        if self.threads.marked:
            self.decide_marked(self.gateway.archive_all)
        elif not self.threads.holds_threads:
            self._archive_shown()
        elif row := self.threads.row:
            self._archive(row)
            if not row.archived and self.view is not Mailview.ALL:
                self.threads.drop(row.id)

    @once_read
    def _archive_shown(self) -> None:
        if conversation := self.the_conversation():
            self._archive(conversation.thread)

    def _archive(self, row: ThreadRow) -> None:
        if row.archived:
            self.edit(lambda: self.gateway.unarchive(row.id), say("Taken back from the archive"))
        else:
            self.edit(lambda: self.gateway.archive(row.id), say("Archived ({key[undo]} undoes)", key=KEYS))

    def action_undo(self) -> None:
        self.edit(lambda: say("Undone: {what}", what=retold(self.gateway.undo())))

    def action_undo_list(self) -> None:
        from tui.screens.undo_list import UndoList

        def picked(action_id: int | None) -> None:
            if action_id is not None:
                self.edit(lambda: say("Undone: {what}", what=retold(self.gateway.undo(action_id))))

        self.app.push_screen(UndoList(self.gateway), picked)
