"""Notes, calls, tasks and next touches, each written in one line at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from crm_model.records import ActivityKind
from tui.entries import READERS, Entry, entry_words, read_touch
from tui.gateway import Mailview, RecordView, Wish
from tui.keymap import KEYS
from tui.screens.deciding import DecidingScreen
from tui.screens.editing import NO_RECORD
from tui.screens.reading import once_read
from tui.values import BadValue
from tui.widgets.entry_line import EntryLine, Question
from tui.words import mark, say

_LABELS = {ActivityKind.NOTE: mark("Note:"), ActivityKind.CALL: mark("Call:"), ActivityKind.TASK: mark("Task:")}
_HINTS = {
    ActivityKind.NOTE: mark("Enter writes it on {title} · ↓ more room · Esc leaves"),
    ActivityKind.CALL: mark(
        "What was said with {title}? “yesterday 14: …” for another time · ↓ more room · Esc leaves"
    ),
    ActivityKind.TASK: mark("fri 9 send the contract · +2w call · neste tirsdag … · ↓ more room · Esc leaves"),
}
_DONE = {
    ActivityKind.NOTE: mark("Note written ({key[undo]} undoes)"),
    ActivityKind.CALL: mark("Call logged ({key[undo]} undoes)"),
    ActivityKind.TASK: mark("Task made ({key[undo]} undoes)"),
}
_LATER = mark("fri 9 · +2w ask about the budget · neste tirsdag · 22 Nov 14:30 · Esc leaves")

_TIMED_VIEWS = (Mailview.TRIAGE, Mailview.DUE)


class NotingScreen(DecidingScreen):
    """What the line says is read while it is typed, and stored by Enter."""

    @property
    def entry(self) -> EntryLine:
        return self.query_one(EntryLine)

    # --- on the record -------------------------------------------------------------------------------------

    @once_read
    def action_write(self, kind: str) -> None:
        record = self.sidebar.record
        if record is None:
            self._refuse(say(_LABELS[ActivityKind(kind)]))
        else:
            self._ask_text(record, ActivityKind(kind))

    def _refuse(self, label: str) -> None:
        """The line opens all the same: who types without looking must not type commands."""

        def meaning(_typed: str) -> str:
            raise BadValue(say(NO_RECORD, key=KEYS))

        self.entry.ask(Question(label, say(NO_RECORD, key=KEYS), meaning, lambda _typed: None))

    def _ask_text(self, record: RecordView, kind: ActivityKind) -> None:
        from tui.screens.text_entry import TextEntry

        clock, read = self.gateway.clock, READERS[kind]

        def take(typed: str) -> None:
            entry = read(typed, clock)
            due, at = (entry.at, None) if kind is ActivityKind.TASK else (None, entry.at)
            self.edit(
                lambda: self.gateway.add_activity(record.id, kind, entry.text, due, at), say(_DONE[kind], key=KEYS)
            )

        def more(typed: str) -> None:
            self.app.push_screen(TextEntry(self.gateway, record, kind, typed), self.said)

        self.entry.ask(
            Question(
                label=say(_LABELS[kind]),
                hint=say(_HINTS[kind], title=record.title),
                meaning=lambda typed: entry_words(read(typed, clock), clock, is_due=kind is ActivityKind.TASK),
                take=take,
                more=more,
            )
        )

    # --- the next touch ------------------------------------------------------------------------------------

    def action_later(self) -> None:
        """Put it off, or all that are marked, until a day; what is to be done then becomes the record's task."""
        if self.threads.marked:
            ids = sorted(self.threads.marked)
            self._ask_touch(say("Put off {count} until:", count=len(ids)), self._put_off_many)
        else:
            self._later()

    @once_read
    def _later(self) -> None:
        if self.the_conversation() or self.sidebar.record:
            self._ask_touch(say("Put off until:"), self._put_off)

    def _ask_touch(self, label: str, put_off: Callable[[Wish], None]) -> None:
        clock = self.gateway.clock
        self.entry.ask(
            Question(
                label=label,
                hint=say(_LATER),
                meaning=lambda typed: entry_words(read_touch(typed, clock), clock, is_due=False),
                take=lambda typed: put_off(self._wish(read_touch(typed, clock))),
            )
        )

    def _wish(self, entry: Entry) -> Wish:
        at = entry.at or self.gateway.clock.now()
        return Wish(at, self.gateway.clock.local(at).date(), entry.text)

    def put_off_until(self, on: date) -> None:
        """Put off until the morning of a day."""
        now = self.gateway.clock.local(self.gateway.clock.now())
        self._put_off(Wish(datetime.combine(on, time(9), now.tzinfo), on))

    def _put_off(self, wish: Wish) -> None:
        conversation, record = self.the_conversation(), self.sidebar.record
        thread_id = conversation.thread.id if conversation else None
        record_id = record.id if record else None
        until = self.gateway.clock.full(wish.at)
        self.edit(
            lambda: self.gateway.put_off(thread_id, wish, record_id),
            say("Put off until {when} ({key[undo]} undoes)", key=KEYS, when=until),
        )
        if self.view in _TIMED_VIEWS and thread_id is not None:
            self.threads.drop(thread_id)

    def _put_off_many(self, wish: Wish) -> None:
        self.decide_marked(lambda ids: self.gateway.put_off_all(ids, wish))

    def take_up(self) -> None:
        """What came back is dealt with."""
        conversation, record = self.the_conversation(), self.sidebar.record
        if conversation is not None:
            thread_id, record_id = conversation.thread.id, record.id if record else None
            self.edit(
                lambda: self.gateway.take_up(thread_id, record_id), say("Taken up ({key[undo]} undoes)", key=KEYS)
            )
