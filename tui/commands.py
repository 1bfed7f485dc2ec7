"""Every command of the triage screen in one table: the bindings, the help, the command palette and the README read it.

`id` is what a person remaps in a keymap; `action` is a method of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from tui.words import mark


@dataclass(frozen=True, slots=True)
class Command:
    """`keys` in Textual's spelling, `shown` as people write them."""

    id: str
    keys: str
    shown: str
    action: str
    label: str
    group: str

    def binding(self) -> Binding:
        return Binding(
            self.keys, self.action, self.label, id=self.id, key_display=self.shown, tooltip=self.label, show=False
        )


_MOVE, _DECIDE, _RECORD = mark("Move"), mark("Decide"), mark("Record")
_MAIL, _WRITE, _SHOW = mark("Conversation"), mark("Write"), mark("Screen")

COMMANDS: tuple[Command, ...] = (
    Command("next", "J", "J", "next_thread", mark("Next conversation, from any pane"), _MOVE),
    Command("previous", "K", "K", "previous_thread", mark("Previous conversation, from any pane"), _MOVE),
    Command("open", "o,right", "o  →", "open_thread", mark("Open the conversation"), _MOVE),
    Command("pane.next", "tab", "Tab", "next_pane", mark("Next pane"), _MOVE),
    Command("pane.previous", "shift+tab", "S-Tab", "previous_pane", mark("Previous pane"), _MOVE),
    Command("back", "escape,left", "Esc  ←", "back", mark("Back to the list; clear the search"), _MOVE),
    Command("record.next", "greater_than_sign", ">", "next_record", mark("Next linked record in the sidebar"), _MOVE),
    Command(
        "accept", "enter,1", "Enter  1", "take(0)", mark("Take the best next step, as the line below says"), _DECIDE
    ),
    Command("accept.2", "2", "2", "take(1)", mark("Take the second best"), _DECIDE),
    Command("accept.3", "3", "3", "take(2)", mark("Take the third best"), _DECIDE),
    Command("reject", "x", "x", "reject", mark("Reject the suggestion"), _DECIDE),
    Command("reject.why", "X", "X", "reject_why", mark("Reject, and say why"), _DECIDE),
    Command("why", "w", "w", "why", mark("Why: what the agent saw"), _DECIDE),
    Command("rule", "A", "A", "always", mark("Always: make a rule of the last correction"), _DECIDE),
    Command("rules", "E", "E", "rules", mark("Rules: what corrections taught, to change or forget"), _DECIDE),
    Command("mark", "space", "Space", "mark", mark("Mark, to act on all that are marked"), _DECIDE),
    Command("mark.sender", "asterisk", "*", "mark_sender", mark("Mark all from this sender; none if marked"), _DECIDE),
    Command("link", "l", "l", "link", mark("Link to another record"), _DECIDE),
    Command("unlink", "L", "L", "unlink", mark("Unlink from the record shown"), _DECIDE),
    Command("lead.create", "c", "c", "create_lead", mark("Create a lead"), _DECIDE),
    Command("later", "h", "h", "later", mark("Put off until a day: the next touch, and what to do then"), _DECIDE),
    Command("archive", "a", "a", "archive", mark("Archive, or take back from the archive"), _DECIDE),
    Command("undo", "u", "u", "undo", mark("Undo the last action"), _DECIDE),
    Command("undo.list", "U", "U", "undo_list", mark("List what can be undone"), _DECIDE),
    Command("edit", "e", "e", "edit_field", mark("Edit a field"), _RECORD),
    Command("stage", "s", "s", "change_stage", mark("Change the stage or status"), _RECORD),
    Command("lead.convert", "C", "C", "convert", mark("Convert the lead"), _RECORD),
    Command("history", "H", "H", "history", mark("Who changed the chosen field, from what"), _RECORD),
    Command("note", "n", "n", "write('note')", mark("Write a note"), _RECORD),
    Command("task", "t", "t", "write('task')", mark("Make a task"), _RECORD),
    Command("call", "p", "p", "write('call')", mark("Log a phone call"), _RECORD),
    Command("task.done", "d", "d", "complete_task", mark("Task done, or open again"), _RECORD),
    Command("resolve", "v", "v", "resolve", mark("Resolve conflicts; list all, and refused changes"), _RECORD),
    Command("page", "b", "b", "open_page", mark("Open the record in the browser"), _RECORD),
    Command("fold", "z", "z", "fold", mark("Show or fold quoted text"), _MAIL),
    Command("message.next", "right_curly_bracket", "}", "next_message", mark("Next message"), _MAIL),
    Command("message.previous", "left_curly_bracket", "{", "previous_message", mark("Previous message"), _MAIL),
    Command("read", "m", "m", "mark_read", mark("Mark as read, in the mailbox too"), _MAIL),
    Command("unread", "M", "M", "mark_unread", mark("Mark as unread, in the mailbox too"), _MAIL),
    Command("split", "number_sign", "#", "split", mark("Split the conversation at this message"), _MAIL),
    Command("join", "ampersand", "&", "join", mark("Join with another conversation"), _MAIL),
    Command("reply", "r", "r", "answer('reply')", mark("Reply"), _WRITE),
    Command("reply.all", "R", "R", "answer('reply_all')", mark("Reply to everybody"), _WRITE),
    Command("forward", "F", "F", "answer('forward')", mark("Forward, with what is attached"), _WRITE),
    Command("mail.new", "N", "N", "new_mail", mark("New mail, to the person shown"), _WRITE),
    Command("outbox", "O", "O", "outbox", mark("Outbox: drafts, what waits, what failed"), _WRITE),
    Command("search", "slash", "/", "search", mark("Search as you type"), _SHOW),
    Command("filter", "f", "f", "choose_view", mark("Choose the view: conversations, leads, opportunities, …"), _SHOW),
    Command("filter.next", "right_square_bracket", "]", "step_view(1)", mark("Next view"), _SHOW),
    Command("filter.previous", "left_square_bracket", "[", "step_view(-1)", mark("Previous view"), _SHOW),
    Command("view.triage", "T", "T", "show('triage')", mark("Back to triage"), _SHOW),
    Command("view.pipeline", "P", "P", "show('pipeline')", mark("Opportunities by stage, with their sums"), _SHOW),
    Command("view.save", "V", "V", "save_view", mark("Keep the view and its search under a name"), _SHOW),
    Command("refresh", "f5", "F5", "refresh_all", mark("Read everything again"), _SHOW),
    Command("settings", "comma", ",", "settings", mark("Settings: mailboxes, CRMs, all of the configuration"), _SHOW),
    Command("help", "question_mark", "?", "help", mark("Keys and marks"), _SHOW),
    Command("quit", "q", "q", "quit", mark("Quit"), _SHOW),
)
"""In the order the help shows them."""

LIST_KEYS = (
    ("j k  ↓ ↑", mark("Next, previous line or conversation")),
    ("g G  Home End", mark("First, last")),
    ("PgDn PgUp  ^d ^u", mark("A page on, a page back")),
    ("^p  :", mark("Command palette: every command by name")),
)
"""What the panes themselves bind; shown in the help under Move."""
