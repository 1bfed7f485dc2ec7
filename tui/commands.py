"""Every command of the triage screen in one table: the bindings, the help, the command palette and the README read it.

`id` is what a person remaps in a keymap; `action` is a method of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


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


_MOVE, _DECIDE, _RECORD, _MAIL, _SHOW = "Move", "Decide", "Record", "Conversation", "Screen"
_WRITE = "Write"

COMMANDS: tuple[Command, ...] = (
    Command("next", "J", "J", "next_thread", "Next conversation, from any pane", _MOVE),
    Command("previous", "K", "K", "previous_thread", "Previous conversation, from any pane", _MOVE),
    Command("open", "o,right", "o  →", "open_thread", "Open the conversation", _MOVE),
    Command("pane.next", "tab", "Tab", "next_pane", "Next pane", _MOVE),
    Command("pane.previous", "shift+tab", "S-Tab", "previous_pane", "Previous pane", _MOVE),
    Command("back", "escape,left", "Esc  ←", "back", "Back to the list; clear the search", _MOVE),
    Command("record.next", "greater_than_sign", ">", "next_record", "Next linked record in the sidebar", _MOVE),
    Command("accept", "enter,1", "Enter  1", "take(0)", "Take the best next step, as the line below says", _DECIDE),
    Command("accept.2", "2", "2", "take(1)", "Take the second best", _DECIDE),
    Command("accept.3", "3", "3", "take(2)", "Take the third best", _DECIDE),
    Command("reject", "x", "x", "reject", "Reject the suggestion", _DECIDE),
    Command("reject.why", "X", "X", "reject_why", "Reject, and say why", _DECIDE),
    Command("why", "w", "w", "why", "Why: what the agent saw", _DECIDE),
    Command("rule", "A", "A", "always", "Always: make a rule of the last correction", _DECIDE),
    Command("mark", "space", "Space", "mark", "Mark, to act on all that are marked", _DECIDE),
    Command("mark.sender", "asterisk", "*", "mark_sender", "Mark all from this sender; none if marked", _DECIDE),
    Command("link", "l", "l", "link", "Link to another record", _DECIDE),
    Command("unlink", "L", "L", "unlink", "Unlink from the record shown", _DECIDE),
    Command("lead.create", "c", "c", "create_lead", "Create a lead", _DECIDE),
    Command("later", "h", "h", "later", "Put off until a day: the next touch, and what to do then", _DECIDE),
    Command("archive", "a", "a", "archive", "Archive, or take back from the archive", _DECIDE),
    Command("undo", "u", "u", "undo", "Undo the last action", _DECIDE),
    Command("undo.list", "U", "U", "undo_list", "List what can be undone", _DECIDE),
    Command("edit", "e", "e", "edit_field", "Edit a field", _RECORD),
    Command("stage", "s", "s", "change_stage", "Change the stage or status", _RECORD),
    Command("lead.convert", "C", "C", "convert", "Convert the lead", _RECORD),
    Command("history", "H", "H", "history", "Who changed the chosen field, from what", _RECORD),
    Command("note", "n", "n", "write('note')", "Write a note", _RECORD),
    Command("task", "t", "t", "write('task')", "Make a task", _RECORD),
    Command("call", "p", "p", "write('call')", "Log a phone call", _RECORD),
    Command("task.done", "d", "d", "complete_task", "Task done, or open again", _RECORD),
    Command("resolve", "v", "v", "resolve", "Resolve conflicts; list all, and refused changes", _RECORD),
    Command("page", "b", "b", "open_page", "Open the record in the browser", _RECORD),
    Command("fold", "z", "z", "fold", "Show or fold quoted text", _MAIL),
    Command("message.next", "right_curly_bracket", "}", "next_message", "Next message", _MAIL),
    Command("message.previous", "left_curly_bracket", "{", "previous_message", "Previous message", _MAIL),
    Command("read", "m", "m", "mark_read", "Mark as read, in the mailbox too", _MAIL),
    Command("unread", "M", "M", "mark_unread", "Mark as unread, in the mailbox too", _MAIL),
    Command("split", "number_sign", "#", "split", "Split the conversation at this message", _MAIL),
    Command("join", "ampersand", "&", "join", "Join with another conversation", _MAIL),
    Command("reply", "r", "r", "answer('reply')", "Reply", _WRITE),
    Command("reply.all", "R", "R", "answer('reply_all')", "Reply to everybody", _WRITE),
    Command("forward", "F", "F", "answer('forward')", "Forward, with what is attached", _WRITE),
    Command("mail.new", "N", "N", "new_mail", "New mail, to the person shown", _WRITE),
    Command("outbox", "O", "O", "outbox", "Outbox: drafts, what waits, what failed", _WRITE),
    Command("search", "slash", "/", "search", "Search as you type", _SHOW),
    Command("filter", "f", "f", "choose_view", "Choose the view: conversations, leads, opportunities, …", _SHOW),
    Command("filter.next", "right_square_bracket", "]", "step_view(1)", "Next view", _SHOW),
    Command("filter.previous", "left_square_bracket", "[", "step_view(-1)", "Previous view", _SHOW),
    Command("view.triage", "T", "T", "show('triage')", "Back to triage", _SHOW),
    Command("view.pipeline", "P", "P", "show('pipeline')", "Opportunities by stage, with their sums", _SHOW),
    Command("view.save", "V", "V", "save_view", "Keep the view and its search under a name", _SHOW),
    Command("refresh", "f5", "F5", "refresh_all", "Read everything again", _SHOW),
    Command("settings", "comma", ",", "settings", "Settings: mailboxes, CRMs, all of the configuration", _SHOW),
    Command("help", "question_mark", "?", "help", "Keys and marks", _SHOW),
    Command("quit", "q", "q", "quit", "Quit", _SHOW),
)
"""In the order the help shows them."""

LIST_KEYS = (
    ("j k  ↓ ↑", "Next, previous line or conversation"),
    ("g G  Home End", "First, last"),
    ("PgDn PgUp  ^d ^u", "A page on, a page back"),
    ("^p  :", "Command palette: every command by name"),
)
"""What the panes themselves bind; shown in the help under Move."""
