"""Why a conversation is where it is: each message's verdict, each link and the open question, with what was seen."""

from __future__ import annotations

from crm_model.links import Reason
from tui.gateway import ConversationView, LinkRow, MessageView
from tui.layout.conversation import verdict_words
from tui.layout.record import kind_words
from tui.layout.tracking import reading_evidence
from tui.lines import BLANK, Line, heading, line, paragraph
from tui.retelling import retold, rule_words
from tui.times import Clock
from tui.words import say


def evidence_lines(conversation: ConversationView, width: int, clock: Clock) -> list[Line]:
    """Links first, then what is asked, then the messages, newest first."""
    lines = [heading(say("Linked to"), width)] if conversation.links else []
    for link in conversation.links:
        lines += _link(link, width)
    if conversation.suggestion:
        odds = f"{conversation.suggestion.odds:.0%}"
        new = not conversation.suggestion.candidates
        asked = (
            say("Asked: a new lead, {odds} sure", odds=odds)
            if new
            else say("Asked: one of these records, {odds} sure", odds=odds)
        )
        lines += [BLANK, heading(asked, width)]
        for candidate in conversation.suggestion.candidates:
            lines += paragraph(f"{candidate.odds:.0%}  {kind_words(candidate.kind)} {candidate.title}", width)
            lines += paragraph(
                retold(candidate.reason.evidence) or rule_words(candidate.reason.rule), width, "dim", indent=5
            )
        lines += _reasons(conversation.suggestion.reasons, width)
    for message in reversed(conversation.messages):
        lines += [BLANK, *_message(message, width, clock)]
    return lines[1:] if lines and lines[0] == BLANK else lines


def _link(link: LinkRow, width: int) -> list[Line]:
    gone = f" ({say('gone')})" if link.broken else ""
    lines = paragraph(f"{kind_words(link.kind)} {link.title}{gone}", width, "strong")
    return [
        *lines,
        *paragraph(
            f"{retold(link.evidence) or rule_words(link.rule)} · {say('by {author}', author=link.author)}",
            width,
            "dim",
            indent=2,
        ),
    ]


def _message(message: MessageView, width: int, clock: Clock) -> list[Line]:
    sender = message.from_.name or message.from_.email or say("(no sender)")
    said = verdict_words(message.verdict) if message.verdict else say("not judged")
    sure = ", " + say("{odds} sure", odds=f"{message.probability:.0%}") if message.verdict else ""
    lines = [heading(f"{clock.short(message.at)} {sender}", width), line(f"{said}{sure}")]
    return [*lines, *_reasons(message.reasons, width), *reading_evidence(message, width, clock)]


def _reasons(reasons: tuple[Reason, ...], width: int) -> list[Line]:
    lines: list[Line] = []
    for reason in reasons:
        lines += paragraph(f"{rule_words(reason.rule)}: {retold(reason.evidence)}", width, "dim", indent=2)
    return lines
