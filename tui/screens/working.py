"""What every screen shares: database work in threads whose answers come back as messages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar

from textual import on, work
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.worker import Worker, WorkerState, get_current_worker

from crm_model.errors import HitchpostError
from tui.gateway import Gateway
from tui.words import say

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Given = ParamSpec("Given")
ScreenT = TypeVar("ScreenT", bound=Screen[Any])


def once_typed(
    action: Callable[Concatenate[ScreenT, Given], None],
) -> Callable[Concatenate[ScreenT, Given], None]:
    """Let an action of a priority key wait for the letters before it: such a key overtakes what is typed in haste.

    A focused widget takes its keys one by one from a queue of its own; the action stands at the end of that queue.
    """

    @wraps(action)
    def stand_in_line(screen: ScreenT, /, *given: Given.args, **named: Given.kwargs) -> None:
        (screen.focused or screen).call_later(partial(action, screen, *given, **named))

    return stand_in_line


class WorkingScreen(Screen[Result], Generic[Result]):
    """A screen over the gateway. Workers never touch widgets: they post, handlers draw."""

    @dataclass
    class Done(Message):
        """An edit is stored; `words` say which."""

        words: str

    @dataclass
    class Failed(Message):
        """A read or an edit came to nothing; the error's text is a sentence for the person."""

        error: HitchpostError

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self.gateway = gateway

    # Not exclusive: an exclusive worker cancels the one before it, and a cancelled edit would be a lost edit.
    @work(thread=True, group="edits", exit_on_error=False)
    def edit(self, call: Callable[[], object], words: str = "", *, quiet: bool = False) -> None:
        """Run an edit; the words of `Done` are `words`, else what the edit itself answers, none if `quiet`."""

        def done() -> Message:
            answer = call()
            return self.Done("" if quiet else words or str(answer))

        self.answer(done)

    def answer(self, call: Callable[[], Message], *, stale_too: bool = True) -> None:
        """In a worker: post what `call` makes, or why it could not; a superseded answer only if `stale_too`."""
        try:
            message = call()
        except HitchpostError as error:
            message = self.Failed(error)
        if stale_too or not get_current_worker().is_cancelled:
            self.post_message(message)

    @on(Worker.StateChanged)
    def _worker_broke(self, event: Worker.StateChanged) -> None:
        """A bug in a worker ends as a sentence, not as the end of the program."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            name = type(event.worker.error).__name__
            _log.error("worker_crashed", exc_info=event.worker.error, extra={"worker": event.worker.name})
            self.post_message(
                self.Failed(HitchpostError(say("Something went wrong here ({name}); nothing was changed.", name=name)))
            )


class Overlay(ModalScreen[Result], Generic[Result]):
    """A screen over another one. It ends once: a second key in haste would end the screen below with it."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class Dialog(WorkingScreen[Result], Overlay[Result]):
    """A screen over the triage screen that ends with a result, or with None on Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Close", show=False)]

    def action_cancel(self) -> None:
        self.dismiss(None)
