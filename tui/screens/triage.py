"""The triage screen: every decision about a conversation, one key each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.actions import parse
from textual.binding import BindingType

from tui.commands import COMMANDS
from tui.gateway import Gateway, Mailview
from tui.keymap import KEYS
from tui.lines import (
    CandidateTarget,
    ConflictTarget,
    FieldTarget,
    OfferTarget,
    PageTarget,
    RecordTarget,
    SectionTarget,
    TaskTarget,
    ThreadTarget,
)
from tui.screens.reading import once_read
from tui.screens.viewing import ViewingScreen
from tui.widgets.sidebar import Sidebar
from tui.words import say

if TYPE_CHECKING:
    from tui.settings_gateway import SettingsGateway


class TriageScreen(ViewingScreen):
    """Bindings come from the table of commands; each action is a few lines over the gateway."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding() for command in COMMANDS]

    def __init__(self, gateway: Gateway, settings: Callable[[], SettingsGateway] | None = None) -> None:
        super().__init__(gateway)
        self._settings = settings

    def can(self, action: str) -> bool:
        """Whether a command of the table means anything for what is shown."""
        _, name, parameters = parse(action)
        return bool(self.check_action(name, parameters))

    # --- moving --------------------------------------------------------------------------------------------

    def action_next_thread(self) -> None:
        self.threads.action_step(1)

    def action_previous_thread(self) -> None:
        self.threads.action_step(-1)

    def action_back(self) -> None:
        """One step back: a record looked up in passing, the pane, the search."""
        if self._record_id is not None:
            self.show_record(None)
        elif not self.threads.has_focus:
            self.show_pane(self.threads)
        elif self.text:
            self.search_for("")
        else:
            self.status.clear()

    @once_read
    def action_next_record(self) -> None:
        """The next of several linked records."""
        ids = [link.record_id for link in self.opened.conversation.links if not link.broken] if self.opened else []
        if len(ids) < 2:
            self.fail(say("No other record is linked to this conversation."))
            return
        record = self.sidebar.record
        here = ids.index(record.id) if record and record.id in ids else -1
        self.show_record(ids[(here + 1) % len(ids)])

    @on(Sidebar.Chosen)
    def _act_on(self, event: Sidebar.Chosen) -> None:
        """Enter on a line of the sidebar."""
        record = self.sidebar.record
        match event.target:
            case FieldTarget(name) if record:
                self.edit_named(record, name)
            case RecordTarget(record_id):
                self.show_record(record_id)
            case ThreadTarget(thread_id):
                self._go_to(thread_id)
            case TaskTarget():
                self.toggle_task(event.target)
            case OfferTarget(offer_id):
                self.edit(
                    lambda: self.gateway.accept_offer(offer_id),
                    say("Added to the record ({key[undo]} undoes)", key=KEYS),
                )
            case CandidateTarget(index):
                self.action_accept_candidate(index)
            case ConflictTarget():
                self.action_resolve()
            case SectionTarget():
                self.fold(event.target)
            case PageTarget():
                self.action_open_page()

    def _go_to(self, thread_id: int) -> None:
        """Choose a conversation; one that is not in this list is looked for among all."""
        place = self.threads.window.place(thread_id) if self.threads.holds_threads else None
        if place is not None:
            self.threads.choose(place)
        else:
            self.wanted = thread_id
            self.show_view(Mailview.ALL, "")
        self.show_pane(self.threads)

    # --- the conversation ----------------------------------------------------------------------------------

    def action_fold(self) -> None:
        self.conversation.toggle_fold()

    def action_next_message(self) -> None:
        self.conversation.step_message(1)

    def action_previous_message(self) -> None:
        self.conversation.step_message(-1)

    def action_mark_read(self) -> None:
        thread_id = self.conversation_id
        if thread_id is not None:
            self.edit(lambda: self.gateway.mark_read(thread_id), say("Marked as read, in the mailbox too"))

    def action_mark_unread(self) -> None:
        thread_id = self.conversation_id
        if thread_id is not None:
            self.edit(lambda: self.gateway.mark_unread(thread_id), say("Marked as unread, in the mailbox too"))

    @once_read
    def action_split(self) -> None:
        conversation, message_id = self.the_conversation(), self.conversation.message_id
        if conversation is None or message_id is None:
            return
        if len(conversation.messages) < 2:
            self.fail(say("This conversation has one message only."))
        else:
            self.edit(
                lambda: self.gateway.split(message_id), say("Split: this message begins a conversation of its own")
            )

    @once_read
    def action_join(self) -> None:
        from tui.screens.thread_picker import ThreadPicker

        conversation = self.the_conversation()
        if conversation is None:
            return
        thread_id = conversation.thread.id

        def picked(other_id: int | None) -> None:
            if other_id is not None:
                self.edit(lambda: self.gateway.join(thread_id, other_id), say("Joined"))

        self.app.push_screen(ThreadPicker(self.gateway, not_this=thread_id), picked)

    # --- the screen ----------------------------------------------------------------------------------------

    def action_refresh_all(self) -> None:
        self.threads.outdate(list(self.threads.window.ids))
        self.reload()
        self.reopen()
        self.poll()

    def action_settings(self) -> None:
        from tui.screens.settings import SettingsScreen

        if self._settings is None:
            self.fail(say("This screen was opened without a configuration file."))
        else:
            self.app.push_screen(SettingsScreen(self.gateway, self._settings()), self.said)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        self.app.exit()
