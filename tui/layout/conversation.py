"""A conversation as lines: each message's head, what the agent thought of it, its text, its attachments."""

from __future__ import annotations

from itertools import pairwise

from rich.cells import cell_len

from crm_model.links import VerdictKind
from crm_model.mail import Attachment, Direction, Outcome
from crm_model.safe_text import safe_line, safe_text
from tui.cells import cut, wrap
from tui.gateway import ConversationView, MessageView
from tui.keymap import KEYS
from tui.layout.delivery import delivery_style, delivery_words
from tui.layout.tracking import reading_lines
from tui.lines import BLANK, Line, MessageTarget, Span, line, paragraph
from tui.retelling import retold
from tui.times import Clock
from tui.words import mark, say, say_many

MOST_LINES = 1500
"""Lines of one message that are laid out; what is longer is read in a mail client."""

_MOST_TEXT = 200_000
_FULL_LINE = 56
_ROOMY = 60
_ARROWS = {Direction.INCOMING: "←", Direction.OUTGOING: "→", Direction.INTERNAL: "↔"}
_OUTCOMES = {
    Outcome.LINKED: mark("linked"),
    Outcome.SUGGESTED: mark("waits for you"),
    Outcome.HELD: mark("held: no rule was sure"),
    Outcome.IGNORED: mark("no lead"),
    Outcome.QUARANTINED: mark("could not be read; its bytes are kept"),
    Outcome.FAILED: mark("will be tried again"),
}


def conversation_lines(conversation: ConversationView, width: int, clock: Clock, *, unfolded: bool) -> list[Line]:
    """All messages, oldest first, a rule between them."""
    lines: list[Line] = []
    for message in conversation.messages:
        if lines:
            lines += [BLANK]
        lines += message_lines(message, width, clock, unfolded=unfolded)
    return lines


def message_lines(message: MessageView, width: int, clock: Clock, *, unfolded: bool) -> list[Line]:
    """One message; its first line carries the target that splitting asks for."""
    lines = [_head(message, width, clock), *_recipients(message, width), *_state(message, width, clock), BLANK]
    lines += _body(message.text, width)
    lines += _folded(message.quoted, width, unfolded=unfolded)
    lines += _signature(message.signature, width, unfolded=unfolded)
    if message.truncated:
        lines += paragraph(say("The message is longer; the rest is in your mail client."), width, "dim")
    if message.attachments:
        lines += [BLANK, *(_attachment(attachment, width) for attachment in message.attachments)]
    return lines


_FLAG_MARKS = (("\\flagged", "⚑"), ("\\answered", "↩"))


def _head(message: MessageView, width: int, clock: Clock) -> Line:
    when = clock.full(message.at)
    marks = f"{_ARROWS[message.direction]}{'●' if message.unread else ' '} "
    marks += "".join(f"{mark} " for flag, mark in _FLAG_MARKS if flag in message.flags)
    who = message.from_.name or message.from_.email if width < _ROOMY else str(message.from_)
    sender = cut(safe_line(who) or say("(no sender)"), max(width - len(when) - len(marks) - 4, 8))
    rule = "─" * max(width - len(marks) - cell_len(sender) - len(when) - 2, 1)
    target = MessageTarget(message.id)
    return Line((Span(marks, "accent"), Span(sender, "title"), Span(f" {rule} ", "dim"), Span(when, "label")), target)


def _recipients(message: MessageView, width: int) -> list[Line]:
    lines = []
    for word, people in ((say("to"), message.to), (say("cc"), message.cc)):
        if people:
            names = ", ".join(person.name or person.email for person in people[:12])
            more = " " + say("and {count} more", count=len(people) - 12) if len(people) > 12 else ""
            lines.append(line(cut(f"{word} {safe_line(names)}{more}", width), "dim"))
    return lines


_VERDICTS = (
    mark("enquiry"),
    mark("web form"),
    mark("forwarded enquiry"),
    mark("newsletter"),
    mark("notification"),
    mark("auto reply"),
    mark("bounce"),
    mark("calendar"),
    mark("internal"),
    mark("pitch"),
    mark("support"),
    mark("spam"),
)


def verdict_words(verdict: str) -> str:
    """ "web form" for "web_form"; unknown ones as they are."""
    return say(safe_line(verdict or VerdictKind.OTHER.value).replace("_", " "))


def _verdict(message: MessageView, width: int) -> Line:
    """What it is, how sure, what came of it and the first reason, in one line."""
    odds = f" {message.probability:.0%}" if message.probability else ""
    reason = "; ".join(safe_line(retold(reason.evidence)) for reason in message.reasons[:2] if reason.evidence)
    outcome = say(_OUTCOMES[message.outcome])
    words = f"{verdict_words(message.verdict)}{odds} · {outcome}"
    rest = cut(f" · {reason}" if reason else "", max(width - len(words), 0))
    style = "warn" if message.outcome in (Outcome.QUARANTINED, Outcome.FAILED) else "label"
    return Line((Span(cut(words, width), style), Span(rest, "dim")))


def _state(message: MessageView, width: int, clock: Clock) -> list[Line]:
    """What came of it; of a mail of ours first how far it is, with the whole reason and mend of any trouble."""
    mail = message.delivery
    if mail is None:
        return [_verdict(message, width)]
    lines = paragraph(delivery_words(mail, clock), width, delivery_style(mail))
    lines += reading_lines(message, width, clock)
    return [*lines, _verdict(message, width)] if mail.sent_at else lines


def _body(text: str, width: int, style: str = "") -> list[Line]:
    parts = wrap(reflowed(safe_text(text[:_MOST_TEXT]).strip("\n"), width), width)
    shown = [Line((Span(part, style),)) for part in parts[:MOST_LINES]]
    if len(parts) > MOST_LINES or len(text) > _MOST_TEXT:
        shown.append(line(say("… the rest is in your mail client."), "dim"))
    return shown


def reflowed(text: str, width: int) -> str:
    """Paragraphs that their sender broke near column 70 joined again where the pane is narrower than that.

    Without this every second line of such a mail is a stump. Short lines, lists and indented lines stay.
    """
    lines = text.split("\n")
    made = lines[:1]
    for before, after in pairwise(lines):
        if width < len(before) and len(before) >= _FULL_LINE and after[:1].isalpha():
            made[-1] += f" {after.rstrip()}"
        else:
            made.append(after)
    return "\n".join(made)


def _folded(text: str, width: int, *, unfolded: bool) -> list[Line]:
    if not text.strip():
        return []
    if unfolded:
        return [line(f"▾ {say('quoted ({key[fold]} folds)', key=KEYS)}", "quote"), *_body(text, width, "quote")]
    count = text.strip().count("\n") + 1
    words = say_many(
        "{count} quoted line ({key[fold]} unfolds)", "{count} quoted lines ({key[fold]} unfolds)", count, key=KEYS
    )
    return [line(f"▸ {words}", "quote")]


def _signature(text: str, width: int, *, unfolded: bool) -> list[Line]:
    if not text.strip():
        return []
    if unfolded:
        return [line(f"▾ {say('signature ({key[fold]} folds)', key=KEYS)}", "quote"), *_body(text, width, "quote")]
    return [line(f"▸ {say('signature ({key[fold]} unfolds)', key=KEYS)}", "quote")]


def _attachment(attachment: Attachment, width: int) -> Line:
    tail = f"  {size_words(attachment.size)}  {safe_line(attachment.content_type)}"
    name = cut(safe_line(attachment.name) or say("(no name)"), max(width - len(tail) - 2, 8))
    return Line(
        (Span("@ ", "accent"), Span(name, "strong"), Span(cut(tail, max(width - cell_len(name) - 2, 0)), "dim"))
    )


def size_words(size: int) -> str:
    """ "830 B", "12 kB", "4.1 MB": thousands, as mail clients count."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
