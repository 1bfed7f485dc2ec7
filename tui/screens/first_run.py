"""The first run: five short pages from nothing to the first conversation. Nothing is written before the last one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Label, Select

from crm_model.errors import HitchpostError
from crm_model.safe_text import safe_line
from tui.cells import fit
from tui.first_steps import TITLES, FirstSteps, Looked, Page, Question, asked_pages, missing
from tui.retelling import retold
from tui.screens.working import once_typed
from tui.words import say

_WIDTH_OF_SENDER, _WIDTH_OF_OUTCOME = 24, 18


class FirstRun(Screen[bool]):
    """Ends with whether a configuration was written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "go_on", "Next", show=False, priority=True),
        Binding("escape", "back", "Back", show=False, priority=True),
    ]

    @dataclass
    class Asked(Message):
        questions: Sequence[Question]

    @dataclass
    class Checked(Message):
        lines: Sequence[str]

    @dataclass
    class Seen(Message):
        mails: Sequence[Looked]

    @dataclass
    class Refused(Message):
        error: HitchpostError

    class Finished(Message):
        """The configuration is written."""

    def __init__(self, steps: FirstSteps) -> None:
        super().__init__()
        self._steps = steps
        self._answers: dict[str, str] = {}
        self._page = Page.PERSON
        self._questions: Sequence[Question] = ()
        self._doubted = ""  # the answers that did not work and may be kept all the same

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog first"):
            yield Label("", id="title", markup=False)
            yield VerticalScroll(can_focus=False)
            yield Label("", classes="dialog-error", markup=False)
            yield Label("", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._ask()

    # --- pages ---------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        pages = asked_pages(self._answers)
        number = pages.index(self._page) + 1
        title = say("{number} of {count} · {title}", number=number, count=len(pages), title=say(TITLES[self._page]))
        self.query_one("#title", Label).update(title)
        self._tell("")
        last = self._page is pages[-1]
        hint = (
            say("Enter writes the configuration and opens the screen") if last else say("Enter goes on · ^n next page")
        )
        self.query_one(".dialog-hint", Label).update(f"{hint} · {say('Esc goes back')} · {say('^q leaves')}")
        if self._page is Page.LOOK:
            self._tell(say("reading your newest mail …"))
            self._look()
        else:
            self._read_questions()

    @work(thread=True, exclusive=True, group="first", exit_on_error=False)
    def _read_questions(self) -> None:
        self._answer(lambda: self.Asked(self._steps.questions(self._page, dict(self._answers))))

    @work(thread=True, exclusive=True, group="first", exit_on_error=False)
    def _look(self) -> None:
        self._answer(lambda: self.Seen(self._steps.look(dict(self._answers))))

    @work(thread=True, exclusive=True, group="first", exit_on_error=False)
    def _check(self) -> None:
        self._answer(lambda: self.Checked(self._steps.check(self._page, dict(self._answers))))

    @work(thread=True, exclusive=True, group="first", exit_on_error=False)
    def _finish(self) -> None:
        def finished() -> Message:
            self._steps.finish(dict(self._answers))
            return self.Finished()

        self._answer(finished)

    def _answer(self, call: Callable[[], Message]) -> None:
        try:
            message = call()
        except HitchpostError as error:
            message = self.Refused(error)
        self.post_message(message)

    @on(Asked)
    async def _show_questions(self, event: Asked) -> None:
        self._questions = event.questions
        body = self.query_one(VerticalScroll)
        await body.remove_children()
        await body.mount_all(_Row(each, self._answers.get(self._key(each), each.value)) for each in event.questions)
        self._focus_first()

    @on(Seen)
    async def _show_mails(self, event: Seen) -> None:
        self._tell("")
        body = self.query_one(VerticalScroll)
        await body.remove_children()
        lines = [
            Label(Content.assemble((fit(safe_line(_outcome(mail)), _WIDTH_OF_OUTCOME), "bold"), _who(mail)))
            for mail in event.mails
        ]
        await body.mount_all(lines or [Label(say("There is no mail yet."))])
        self.set_focus(None)

    # --- answers -------------------------------------------------------------------------------------------

    def _key(self, question: Question) -> str:
        return f"{self._page}.{question.name}"

    def _take(self) -> None:
        for row in self.query(_Row):
            self._answers[self._key(row.question)] = row.text.strip()

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        """Another kind asks other questions."""
        row = event.select.parent
        if (
            isinstance(row, _Row)
            and row.question.name == "kind"
            and row.text != self._answers.get(self._key(row.question))
        ):
            self._take()
            self._ask()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        controls = list(self.query("Input, Select"))
        place = controls.index(event.input)
        if place + 1 < len(controls):
            self.set_focus(controls[place + 1])  # at once: `focus()` would wait, and keys typed ahead be lost
        else:
            self.action_go_on()

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter" and self.focused is None:
            event.stop()
            self.action_go_on()

    @once_typed
    def action_go_on(self) -> None:
        self._take()
        lacking = missing(self._questions, self._page, self._answers)
        if self._page is Page.LOOK or (self._page is asked_pages(self._answers)[-1] and lacking is None):
            self._finish()
        elif lacking is not None:
            self._tell(say("! “{label}” is needed.", label=retold(lacking.label)))
        elif self._doubted == repr(self._answers):  # a person insists
            self._turn(1)
        else:
            self._tell(say("trying …"))
            self._check()

    def action_back(self) -> None:
        self._take()
        self._turn(-1)

    def _turn(self, by: int) -> None:
        pages = asked_pages(self._answers)
        self._page = pages[max(0, min(pages.index(self._page) + by, len(pages) - 1))]
        self._ask()

    @on(Checked)
    def _checked(self) -> None:
        self._turn(1)

    @on(Refused)
    def _refused(self, event: Refused) -> None:
        self._doubted = repr(self._answers)
        words = say("Enter or ^n again goes on all the same.") if self._page is not Page.LOOK else ""
        self._tell(f"! {safe_line(retold(str(event.error)))} {words}".rstrip())

    @on(Finished)
    def _finished(self) -> None:
        self.dismiss(True)

    def _tell(self, sentence: str) -> None:
        self.query_one(".dialog-error", Label).update(sentence)

    def _focus_first(self) -> None:
        controls = list(self.query("Input, Select"))
        if controls:
            self.set_focus(controls[0])


class _Row(Horizontal):
    """A question with its answer."""

    def __init__(self, question: Question, text: str) -> None:
        super().__init__(classes="field-row")
        self.question, self._text = question, text

    def compose(self) -> ComposeResult:
        star = " *" if self.question.required else ""
        yield Label(Content(safe_line(retold(self.question.label)) + star), classes="field-label")
        if self.question.choices:
            options = [(Content(safe_line(retold(words))), value) for value, words in self.question.choices]
            yield Select(options, value=self._text or options[0][1], allow_blank=False, compact=True)
        else:
            yield Input(self._text, placeholder=retold(self.question.help), password=self.question.secret, compact=True)

    @property
    def text(self) -> str:
        """What is answered."""
        control = self.query_one("Input, Select")
        return str(control.value) if isinstance(control, Input | Select) else ""


def _outcome(mail: Looked) -> str:
    told = retold(mail.outcome)
    return say(mail.outcome) if told == mail.outcome else told


def _who(mail: Looked) -> str:
    return f" {fit(safe_line(mail.sender), _WIDTH_OF_SENDER)} {safe_line(mail.subject)}"
