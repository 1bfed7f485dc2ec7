"""What is best done next, as one line or two: the keys with their steps, and why the first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.gateway import ManyKind, ManyStep, Step, StepKind
from tui.keymap import KEYS, key_shown
from tui.lines import BLANK, Line, Span, paragraph
from tui.retelling import retold
from tui.times import day_words
from tui.words import mark, say

STEP_KEYS = ("Enter", "2", "3")
WORDS = {
    StepKind.ACCEPT_LEAD: mark("Create the lead"),
    StepKind.LINK: mark("File to"),
    StepKind.REJECT: mark("No to this"),
    StepKind.SETTLE: mark("Settle the conflict on"),
    StepKind.TASK_DONE: mark("Done:"),
    StepKind.REPLY: mark("Reply to"),
    StepKind.WRITE: mark("Write to"),
    StepKind.NEXT_TOUCH: mark("Put off until"),
    StepKind.TAKE_UP: mark("Taken up:"),
    StepKind.ADD_OFFER: mark("Add"),
    StepKind.FIND_RECORD: mark("File to a record"),
    StepKind.MAKE_LEAD: mark("Make a lead"),
    StepKind.ARCHIVE: mark("Archive"),
    StepKind.BRING_BACK: mark("Take back from the archive"),
    StepKind.MEND_MAIL: mark("Mend the mail or send it again"),
}
_ALONE = {StepKind.REPLY: mark("Reply"), StepKind.TAKE_UP: mark("Taken up")}
"""The words where there is nothing to name."""

_MANY = {
    ManyKind.ACCEPT: mark("Say yes to what is asked"),
    ManyKind.ARCHIVE: mark("Archive"),
    ManyKind.REJECT: mark("Say no to what is asked"),
    ManyKind.LINK: mark("File to a record"),
}
_MOST_NAME = 28
_LEAST_REASON = 12


def step_lines(steps: Sequence[Step], width: int, height: int, remark: str = "") -> list[Line]:
    """Steps with their keys; the reason of the first behind them, or on the second line where there is one.

    Without steps the remark over all lines.
    """
    if not steps:
        return ([*paragraph(retold(remark), width, "warn", indent=1)] * bool(remark) + [BLANK] * height)[:height]
    words = [_words(step, like=steps[0] if place else None) for place, step in enumerate(steps)]
    return _lines(words, safe_line(retold(steps[0].reason)), width, height)


def many_lines(steps: Sequence[ManyStep], marked: int, width: int, height: int) -> list[Line]:
    """The same for what is marked."""
    words = [
        say("{what} ({count} of {marked})", what=say(_MANY[step.kind]), count=step.count, marked=marked)
        for step in steps
    ]
    return _lines(words, say("for all that are marked; {key[undo]} takes all of it back", key=KEYS), width, height)


def _words(step: Step, *, like: Step | None) -> str:
    """What the step does; of the same kind as the first one only what it is about."""
    about = day_words(step.on) if step.on else cut(safe_line(step.about), _MOST_NAME)
    if like and about and like.kind is step.kind:
        return about
    words = WORDS[step.kind]
    return f"{say(words)} {about}" if about else say(_ALONE.get(step.kind, words))


def _lines(words: list[str], reason: str, width: int, height: int) -> list[Line]:
    keys = [key_shown(key) for key in STEP_KEYS[: len(words)]]
    taken = sum(cell_len(key) + 4 for key in keys)
    spans: list[Span] = []
    for key, step in zip(keys, _fitted(words, width - taken), strict=True):
        spans += [Span(f" {key}", "key"), Span(f" {step}", "" if spans else "strong"), Span("  ")]
    if height > 1:
        return [Line(tuple(spans)), Line((Span(cut(f" – {reason}", width), "dim"),)), *[BLANK] * (height - 2)]
    room = width - sum(cell_len(span.text) for span in spans)
    return [Line((*spans, Span(cut(f"– {reason}", room) if room > _LEAST_REASON else "", "dim")))]


def _fitted(words: list[str], room: int) -> list[str]:
    """The words cut so that all of them fit, the longest ones first."""
    most = max(map(cell_len, words), default=0)
    while most > 1 and sum(min(cell_len(each), most) for each in words) > room:
        most -= 1
    return [cut(each, most) for each in words]
