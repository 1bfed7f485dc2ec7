"""How a pass gets on: a bar with messages/s and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from crm_model.safe_text import safe_line
from hitchpost.output import note

if TYPE_CHECKING:
    from agent.summary import Progress

LINE_SECONDS = 5.0

Show = Callable[["Progress"], None]


@contextlib.contextmanager
def shown_progress() -> Iterator[Show]:
    """What the agent calls with each step."""
    if not sys.stderr.isatty():
        yield _Lines().show
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True, highlight=False), transient=True) as bars:
        tasks: dict[str, tuple[TaskID, float]] = {}

        def show(step: Progress) -> None:
            name = label(step)
            if name not in tasks:
                tasks[name] = (bars.add_task(name, total=step.total, rate=""), time.monotonic())
            task, began = tasks[name]
            bars.update(task, completed=step.done, total=step.total, rate=rate(step.done, time.monotonic() - began))

        yield show


class _Lines:
    """A line when the work changes and every few seconds; for logs and pipes."""

    def __init__(self) -> None:
        self._name, self._began, self._told = "", 0.0, 0.0

    def show(self, step: Progress) -> None:
        now, name = time.monotonic(), label(step)
        if name != self._name:
            self._name, self._began, self._told = name, now, 0.0
        if now - self._told >= LINE_SECONDS or step.done == step.total:
            self._told = now
            note(f"{name}: {amount(step)} {rate(step.done, now - self._began)}".rstrip())


def label(step: Progress) -> str:
    """What is going on, in words."""
    return safe_line(" ".join(part for part in (step.phase, step.account, step.folder) if part))


def amount(step: Progress) -> str:
    return f"{step.done} of {step.total}" if step.total else str(step.done)


def rate(done: int, seconds: float) -> str:
    """Speed since this work began; nothing before it means something."""
    return f"{done / seconds:,.0f}/s" if done and seconds > 0.5 else ""
