"""The next steps under Enter, 2 and 3: what each kind of step does, for one conversation or for all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.message import Message

from tui.gateway import ManyKind, ManyStep, Step, StepKind
from tui.keymap import KEYS
from tui.lines import TaskTarget
from tui.screens.noting import NotingScreen
from tui.screens.reading import once_read
from tui.widgets.next_line import NextLine
from tui.words import say


class SteppingScreen(NotingScreen):
    """A key takes the step that the line shows; a second key in haste finds nothing decided twice."""

    @dataclass
    class ManyKnown(Message):
        marked: frozenset[int]
        steps: tuple[ManyStep, ...]

    _many: tuple[ManyStep, ...] = ()

    def action_take(self, place: int) -> None:
        """Take the best step (0), the second or the third."""
        if self.threads.marked:
            self._take_many(place)
        elif not self.deciding:
            self._take(place)

    @once_read
    def _take(self, place: int) -> None:
        steps = self.opened.steps if self.opened else ()
        if place < len(steps):
            self._TAKEN[steps[place].kind](self, steps[place])
        else:
            self.fail(say("There is no such step here."))

    # --- one -----------------------------------------------------------------------------------------------

    def _link(self, step: Step) -> None:
        suggestion = self.sidebar.suggestion
        candidates = suggestion.candidates if suggestion else ()
        self.action_accept_candidate([each.record_id for each in candidates].index(step.about_id))

    def _settle_conflict(self, step: Step) -> None:
        if record := self.the_record():
            self.settle(record, step.about_id)

    def _mend_mail(self, step: Step) -> None:
        self.mend(step.about_id)

    def _add_offer(self, step: Step) -> None:
        self.edit(
            lambda: self.gateway.accept_offer(step.about_id), say("Added to the record ({key[undo]} undoes)", key=KEYS)
        )

    _TAKEN: ClassVar[Mapping[StepKind, Callable[[SteppingScreen, Step], None]]] = {
        StepKind.ACCEPT_LEAD: lambda screen, _step: screen.action_accept_candidate(0),
        StepKind.LINK: _link,
        StepKind.REJECT: lambda screen, _step: screen.reject(""),
        StepKind.SETTLE: _settle_conflict,
        StepKind.TASK_DONE: lambda screen, step: screen.toggle_task(TaskTarget(step.about_id, done=False)),
        StepKind.REPLY: lambda screen, _step: screen.action_answer("reply"),
        StepKind.WRITE: lambda screen, _step: screen.action_new_mail(),
        StepKind.ADD_OFFER: _add_offer,
        StepKind.NEXT_TOUCH: lambda screen, step: screen.put_off_until(step.on) if step.on else screen.action_later(),
        StepKind.TAKE_UP: lambda screen, _step: screen.take_up(),
        StepKind.FIND_RECORD: lambda screen, _step: screen.action_link(),
        StepKind.MAKE_LEAD: lambda screen, _step: screen.action_create_lead(),
        StepKind.ARCHIVE: lambda screen, _step: screen.action_archive(),
        StepKind.BRING_BACK: lambda screen, _step: screen.action_archive(),
        StepKind.MEND_MAIL: _mend_mail,
    }

    # --- many ----------------------------------------------------------------------------------------------

    def _take_many(self, place: int) -> None:
        """The steps are worked out with the marks as they are, not as the line last knew them."""

        known = self._many
        if place < len(known) and known[place].kind is ManyKind.LINK:
            self.action_link()  # asks first; nothing that was worked out can be out of date then
            return

        def take(ids: list[int]) -> str:
            steps = self.gateway.steps_for_many(ids)
            if place >= len(steps) or steps[place].kind is ManyKind.LINK:
                return say("There is no such step for these")
            taken = {
                ManyKind.ACCEPT: self.gateway.accept_all,
                ManyKind.ARCHIVE: self.gateway.archive_all,
                ManyKind.REJECT: self.gateway.reject_all,
            }
            return taken[steps[place].kind](ids)

        self.decide_marked(take)

    def hint(self) -> None:
        super().hint()
        marked = frozenset(self.threads.marked)
        if marked:
            self._know_many(marked)
        else:
            self._many = ()
            self.query_one(NextLine).show_many((), 0)

    @work(thread=True, exclusive=True, group="many", exit_on_error=False)
    def _know_many(self, marked: frozenset[int]) -> None:
        steps = self.gateway.steps_for_many
        self.answer(lambda: self.ManyKnown(marked, steps(sorted(marked))), stale_too=False)

    @on(ManyKnown)
    def _show_many(self, event: ManyKnown) -> None:
        if event.marked == self.threads.marked:
            self._many = event.steps
            self.query_one(NextLine).show_many(event.steps, len(event.marked))
