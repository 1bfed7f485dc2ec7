"""The desk as plain lines, for screen readers: every answer is said once, from top to bottom; nothing is drawn over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import ClassVar

from crm_model.errors import HitchpostError
from crm_model.records import ActivityKind
from crm_model.safe_text import safe_line
from tui.gateway import DraftKind, Gateway, Mailview, Opened, RecordView, Step, StepKind, Wish
from tui.keymap import KEYS
from tui.layout.conversation import conversation_lines
from tui.layout.next_steps import step_lines
from tui.layout.record import record_lines
from tui.layout.suggestion import suggestion_lines
from tui.plain.fields import edit_field, settle_conflicts
from tui.plain.talk import WIDTH, Talk
from tui.plain.writing import answer, write
from tui.retelling import retold
from tui.words import mark, say

_HELP = mark(
    "Enter, 2, 3: take a step · j, k: next, previous · m: read the messages again · i: record · / words: search"
)
_MORE = mark("r: reply · R: reply to everybody · e field: edit · v: settle conflicts · l words: link · n text: note")
_LAST = mark("x why: no to what is asked · z: read what is quoted, too · a: archive · u: undo · ?: this help · q: quit")


class PlainDesk:
    """One command by line: its first letter, what it needs behind it. `ask` raises EOFError at the end of input."""

    def __init__(self, gateway: Gateway, ask: Callable[[], str], tell: Callable[[str], None]) -> None:
        self._gateway, self._talk, self._tell = gateway, Talk(ask, tell), tell
        self._text, self._at = "", 0
        self._keys: list[int] = []
        self._opened: Opened | None = None

    def run(self) -> None:
        """Until the person quits or the input ends."""
        self._search("")
        with contextlib.suppress(EOFError):
            while (typed := self._talk.ask().strip()) != "q":
                try:
                    self._obey(typed)
                except HitchpostError as error:
                    self._tell(f"! {safe_line(retold(str(error)))}")

    def _obey(self, typed: str) -> None:
        command, rest = typed[:1] or "1", typed[1:].strip()
        if command in "123" and not rest:
            self._take(int(command) - 1)
        elif command in self._COMMANDS:
            self._COMMANDS[command](self, rest)
        else:
            self._help("")

    # --- where one is ---------------------------------------------------------------------------------------

    def _search(self, text: str) -> None:
        self._text, self._at = text, 0
        self._open()

    def _open(self) -> None:
        """Say where one is in the list as it is now, and what stands there."""
        view = Mailview.ALL if self._text else Mailview.TRIAGE
        self._keys = list(self._gateway.list_keys(view, self._text).keys)
        self._at = max(0, min(self._at, len(self._keys) - 1))
        self._opened = self._gateway.opened(view, self._keys[self._at]) if self._keys else None
        if self._opened is None:
            self._tell(say("Nothing found.") if self._text else say("{view}: nothing here.", view=say("Triage")))
            return
        place = say("{place} of {count}", place=self._at + 1, count=len(self._keys))
        self._tell(f"{place}: {safe_line(self._opened.conversation.thread.subject) or say('(no subject)')}")
        self._messages("")
        self._talk.lines(step_lines(self._opened.steps, WIDTH, 2, self._opened.remark))

    def _step(self, by: int) -> None:
        self._at += by
        self._open()

    def _messages(self, _rest: str) -> None:
        self._read(unfolded=False)

    def _whole(self, _rest: str) -> None:
        self._read(unfolded=True)

    def _read(self, *, unfolded: bool) -> None:
        if self._opened:
            clock = self._gateway.clock
            self._talk.lines(conversation_lines(self._opened.conversation, WIDTH, clock, unfolded=unfolded))

    def _record(self, _rest: str) -> None:
        if self._opened is None or (self._opened.record is None and not self._opened.conversation.suggestion):
            self._tell(say("Not linked"))
        elif asked := self._opened.conversation.suggestion:
            self._talk.lines(suggestion_lines(asked, WIDTH, {}))
        elif record := self._opened.record:
            talk = self._opened.conversation
            self._talk.lines(record_lines(record, talk.links, WIDTH, self._gateway.clock, thread_id=talk.thread.id))

    def _help(self, _rest: str) -> None:
        self._tell(say(_HELP))
        self._tell(say(_MORE))
        self._tell(say(_LAST))

    # --- what one does --------------------------------------------------------------------------------------

    def _take(self, place: int) -> None:
        steps = self._opened.steps if self._opened else ()
        if place >= len(steps) or self._opened is None:
            self._tell(say("There is no such step here."))
        elif act := self._STEPS.get(steps[place].kind):
            act(self, self._opened, steps[place])
            self._tell(say("Done; {key[undo]} undoes it.", key=KEYS))
            self._open()
        elif ask := self._ASKING.get(steps[place].kind):
            ask(self, "")
        else:
            self._tell(say("This step needs the screen: hitchpost tui"))

    def _archive(self, _rest: str) -> None:
        if self._opened:
            self._gateway.archive(self._opened.conversation.thread.id)
            self._tell(say("Archived ({key[undo]} undoes)", key=KEYS))
            self._open()

    def _note(self, text: str) -> None:
        if self._opened is None or self._opened.record is None:
            self._tell(say("Not linked"))
        elif not text:
            self._tell(say("Write something first."))
        else:
            self._gateway.add_activity(self._opened.record.id, ActivityKind.NOTE, text)
            self._tell(say("Note written ({key[undo]} undoes)", key=KEYS))

    def _reply(self, _rest: str) -> None:
        self._answer_mail(DraftKind.REPLY)

    def _reply_all(self, _rest: str) -> None:
        self._answer_mail(DraftKind.REPLY_ALL)

    def _answer_mail(self, kind: DraftKind) -> None:
        if self._opened:
            answer(self._talk, self._gateway, self._opened, kind)
            self._open()

    def _write(self, _rest: str) -> None:
        if record := self._record_here():
            write(self._talk, self._gateway, self._gateway.begin_mail(record.id))
            self._open()

    def _edit(self, name: str) -> None:
        if record := self._record_here():
            edit_field(self._talk, self._gateway, record, name)
            self._open()

    def _settle(self, _rest: str) -> None:
        if record := self._record_here():
            settle_conflicts(self._talk, self._gateway, record)
            self._open()

    def _link(self, words: str) -> None:
        if self._opened is None:
            return
        words = words or self._talk.ask_for(say("Words of its name; nothing leaves it."))
        rows = self._gateway.search_records(words) if words else ()
        names = [f"{row.title}, {row.subtitle}" for row in rows]
        place = self._talk.pick(say("Which one? Nothing leaves it."), names)
        if place is None:
            self._tell(say("Left as it is.") if rows or not words else say("Nothing found."))
            return
        self._gateway.link(self._opened.conversation.thread.id, rows[place].id)
        self._tell(say("Linked to {title}", title=safe_line(rows[place].title)))
        self._open()

    def _reject(self, remark: str) -> None:
        if self._opened and (asked := self._opened.conversation.suggestion):
            self._gateway.reject(asked.id, remark)
            self._tell(say("Done; {key[undo]} undoes it.", key=KEYS))
            self._open()
        else:
            self._tell(say("There is no suggestion to reject here."))

    def _record_here(self) -> RecordView | None:
        record = self._opened.record if self._opened else None
        if record is None:
            self._tell(say("Not linked"))
        return record

    def _undo(self, _rest: str) -> None:
        self._tell(say("Undone: {what}", what=safe_line(retold(self._gateway.undo()))))
        self._open()

    def _answer(self, opened: Opened, step: Step) -> None:
        if asked := opened.conversation.suggestion:
            self._gateway.accept(asked.id, step.about_id if step.kind is StepKind.LINK else None)

    def _refuse(self, opened: Opened, _step: Step) -> None:
        if asked := opened.conversation.suggestion:
            self._gateway.reject(asked.id)

    def _put_off(self, opened: Opened, step: Step) -> None:
        if step.on:
            now = self._gateway.clock.local(self._gateway.clock.now())
            wish = Wish(datetime.combine(step.on, time(9), now.tzinfo), step.on)
            self._gateway.put_off(opened.conversation.thread.id, wish, opened.record.id if opened.record else None)

    _COMMANDS: ClassVar[Mapping[str, Callable[[PlainDesk, str], None]]] = {
        "j": lambda desk, _rest: desk._step(1),
        "k": lambda desk, _rest: desk._step(-1),
        "/": _search,
        "m": _messages,
        "z": _whole,
        "i": _record,
        "r": _reply,
        "R": _reply_all,
        "e": _edit,
        "v": _settle,
        "l": _link,
        "x": _reject,
        "a": _archive,
        "n": _note,
        "u": _undo,
        "?": _help,
    }
    _STEPS: ClassVar[Mapping[StepKind, Callable[[PlainDesk, Opened, Step], None]]] = {
        StepKind.ACCEPT_LEAD: _answer,
        StepKind.LINK: _answer,
        StepKind.REJECT: _refuse,
        StepKind.NEXT_TOUCH: _put_off,
        StepKind.TASK_DONE: lambda desk, _opened, step: desk._gateway.complete_task(step.about_id, True),
        StepKind.ADD_OFFER: lambda desk, _opened, step: desk._gateway.accept_offer(step.about_id),
        StepKind.TAKE_UP: lambda desk, opened, _step: desk._gateway.take_up(
            opened.conversation.thread.id, opened.record.id if opened.record else None
        ),
        StepKind.ARCHIVE: lambda desk, opened, _step: desk._gateway.archive(opened.conversation.thread.id),
        StepKind.BRING_BACK: lambda desk, opened, _step: desk._gateway.unarchive(opened.conversation.thread.id),
    }
    _ASKING: ClassVar[Mapping[StepKind, Callable[[PlainDesk, str], None]]] = {
        StepKind.REPLY: _reply,
        StepKind.WRITE: _write,
        StepKind.SETTLE: _settle,
        StepKind.FIND_RECORD: _link,
    }
    """Steps that ask before they do anything."""
