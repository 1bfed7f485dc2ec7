"""The desk as plain lines, for screen readers: every answer is said once, from top to bottom; nothing is drawn over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from typing import ClassVar

from crm_model.errors import HitchpostError
from crm_model.records import ActivityKind
from crm_model.safe_text import safe_line
from tui.gateway import Gateway, Mailview, Opened, Step, StepKind, Wish
from tui.keymap import KEYS
from tui.layout.conversation import conversation_lines
from tui.layout.next_steps import step_lines
from tui.layout.record import record_lines
from tui.layout.suggestion import suggestion_lines
from tui.lines import Line
from tui.retelling import retold
from tui.words import mark, say

_WIDTH = 200
_DRAWN = str.maketrans("", "", "─▌")
_HELP = mark(
    "Enter, 2, 3: take a step · j, k: next, previous · r: record · a: archive · n text: note · / words: search"
)
_MORE = mark("m: read the messages again · u: undo · ?: this help · q: quit")


class PlainDesk:
    """One command by line: its first letter, what it needs behind it. `ask` raises EOFError at the end of input."""

    def __init__(self, gateway: Gateway, ask: Callable[[], str], tell: Callable[[str], None]) -> None:
        self._gateway, self._ask, self._tell = gateway, ask, tell
        self._text, self._at = "", 0
        self._keys: list[int] = []
        self._opened: Opened | None = None

    def run(self) -> None:
        """Until the person quits or the input ends."""
        self._search("")
        while True:
            try:
                typed = self._ask().strip()
            except EOFError:
                return
            if typed == "q":
                return
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
        self._lines(step_lines(self._opened.steps, _WIDTH, 2, self._opened.remark))

    def _step(self, by: int) -> None:
        self._at += by
        self._open()

    def _messages(self, _rest: str) -> None:
        if self._opened:
            self._lines(conversation_lines(self._opened.conversation, _WIDTH, self._gateway.clock, unfolded=False))

    def _record(self, _rest: str) -> None:
        if self._opened is None or (self._opened.record is None and not self._opened.conversation.suggestion):
            self._tell(say("Not linked"))
        elif asked := self._opened.conversation.suggestion:
            self._lines(suggestion_lines(asked, _WIDTH, {}))
        elif record := self._opened.record:
            talk = self._opened.conversation
            self._lines(record_lines(record, talk.links, _WIDTH, self._gateway.clock, thread_id=talk.thread.id))

    def _lines(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if text := " ".join(line.text.translate(_DRAWN).split()):
                self._tell(text)

    def _help(self, _rest: str) -> None:
        self._tell(say(_HELP))
        self._tell(say(_MORE))

    # --- what one does --------------------------------------------------------------------------------------

    def _take(self, place: int) -> None:
        steps = self._opened.steps if self._opened else ()
        if place >= len(steps) or self._opened is None:
            self._tell(say("There is no such step here."))
        elif act := self._STEPS.get(steps[place].kind):
            act(self, self._opened, steps[place])
            self._tell(say("Done; {key[undo]} undoes it.", key=KEYS))
            self._open()
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
        "r": _record,
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
        StepKind.ARCHIVE: lambda desk, opened, _step: desk._gateway.archive(opened.conversation.thread.id),
        StepKind.BRING_BACK: lambda desk, opened, _step: desk._gateway.unarchive(opened.conversation.thread.id),
    }
