"""What a person types in one line: a note, a call, a task or a next touch, with a day before it in their own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_model.records import ActivityKind
from crm_model.typed_times import split_time
from tui.keymap import KEYS
from tui.times import Clock
from tui.values import BadValue
from tui.words import say

_MORNING = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` without the day; `at` is when it happened or is due, None for now and for no day."""

    text: str
    at: datetime | None = None


ReadEntry = Callable[[str, Clock], Entry]


def read_touch(typed: str, clock: Clock) -> Entry:
    """A day to come, and what is to be done then, if that is said. Errors: BadValue."""
    at, what = split_time(typed, clock.now(), clock.zone, _MORNING)
    if at is None:
        raise BadValue(say("Begin with a day: fri 9, +2w, 22 Nov, neste tirsdag."))
    if at <= clock.now():
        raise BadValue(say("{when} is over.", when=clock.full(at)))
    return Entry(what, at)


def read_task(typed: str, clock: Clock) -> Entry:
    """What is to be done; due on the day before it, tomorrow morning if none is said. Errors: BadValue."""
    at, what = split_time(typed, clock.now(), clock.zone, _MORNING)
    if not what:
        raise BadValue(say("Say what is to be done."))
    if at is None:
        today = clock.local(clock.now())
        at = (today + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    return Entry(what, at)


def read_past(typed: str, clock: Clock) -> Entry:
    """What was said or noted; a day that is over may stand before it with a colon behind. Errors: BadValue."""
    day, colon, rest = typed.partition(": ")
    at, left = split_time(day, clock.now(), clock.zone, _MORNING) if colon else (None, "")
    if at is None or left:
        return Entry(_some(typed))
    if day_is_ahead := at > clock.now():
        at -= timedelta(days=7)  # "fri" in a report is the last one
    if day_is_ahead and at > clock.now():
        when = clock.full(at + timedelta(days=7))
        raise BadValue(say("{when} is still to come; make it a task ({key[task]}).", key=KEYS, when=when))
    return Entry(_some(rest), at)


def _some(text: str) -> str:
    if not text.strip():
        raise BadValue(say("Write something first."))
    return text.strip()


READERS: dict[ActivityKind, ReadEntry] = {
    ActivityKind.TASK: read_task,
    ActivityKind.NOTE: read_past,
    ActivityKind.CALL: read_past,
}


def entry_words(entry: Entry, clock: Clock, *, is_due: bool) -> str:
    """What the line will do, while it is typed: "due Fri 20 Nov 09:00 · send the contract"."""
    when = clock.full(entry.at) if entry.at else ""
    return " · ".join(part for part in (say("due {when}", when=when) if when and is_due else when, entry.text) if part)
