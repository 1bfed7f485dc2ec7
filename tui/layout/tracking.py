"""What is known of a mail's reading and of a person's, people before machines; and why that is believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crm_model.safe_text import safe_line
from crm_model.tracking import ConsentState, Fetcher, Purpose, Scope, TrackingMode, Who
from tui.gateway import HumanNews, MailTracking, MessageView, PersonReading
from tui.lines import Line, paragraph
from tui.retelling import retold
from tui.times import Clock, day_words
from tui.words import mark, say

_WHO = {Who.HUMAN: mark("person"), Who.MACHINE: mark("machine"), Who.UNKNOWN: mark("unclear")}
_ANSWERS = {
    ConsentState.GIVEN: mark("given"),
    ConsentState.REFUSED: mark("refused"),
    ConsentState.UNKNOWN: mark("unknown"),
}
_PURPOSES = {Purpose.OPEN: mark("opens"), Purpose.CLICK: mark("clicks"), Purpose.MAIL: mark("mail")}
_FETCHERS = {
    Fetcher.PERSON: mark("person"),
    Fetcher.PROXY: mark("proxy"),
    Fetcher.PREFETCH: mark("prefetch"),
    Fetcher.SCANNER: mark("scanner"),
    Fetcher.PREVIEW: mark("preview"),
    Fetcher.BOT: mark("bot"),
    Fetcher.OURSELVES: mark("ourselves"),
    Fetcher.UNCLEAR: mark("unclear"),
}
_STYLES = {ConsentState.GIVEN: "good", ConsentState.REFUSED: "bad", ConsentState.UNKNOWN: "dim"}
_MOST_HITS = 30


def reading_lines(message: MessageView, width: int, clock: Clock) -> list[Line]:
    """ "opened (person, 14:02), 2 machine opens" of a mail of ours; nothing of one that nobody wanted followed."""
    tracking = message.tracking
    if tracking is None or (message.delivery and message.delivery.sent_at is None):
        return []
    seen = tracking.counts.seen or tracking.replied
    return paragraph(summary_of(tracking, clock), width, "good" if seen else "dim")


def summary_of(tracking: MailTracking, clock: Clock) -> str:
    """In one line; in a count only days are told."""
    return ", ".join(map(retold, tracking.parts(_when(tracking.mode, clock, clock.short))))


def reading_evidence(message: MessageView, width: int, clock: Clock) -> list[Line]:
    """Every fetch with its verdict and reasons, oldest first, and what the mail itself says of its tracking."""
    tracking = message.tracking
    if tracking is None:
        return []
    lines = paragraph(say("Reading: {summary}", summary=summary_of(tracking, clock)), width, "strong")
    if tracking.remark:
        lines += paragraph(retold(tracking.remark), width, "warn", indent=2)
    when = _when(tracking.mode, clock, clock.full)
    for hit in tracking.hits[-_MOST_HITS:]:
        what = say("clicked “{link}”", link=hit.link) if hit.link else say("opened")
        finer = (say(_FETCHERS[hit.fetcher]),) if _FETCHERS[hit.fetcher] != _WHO[hit.who] else ()
        sure = ", ".join((*finer, f"{hit.confidence:.0%}"))
        lines += paragraph(f"{when(hit.at)} {what}: {say(_WHO[hit.who])} ({sure})", width, indent=2)
        for reason in hit.reasons:
            lines += paragraph(retold(reason), width, "dim", indent=4)
    if tracking.replied:
        lines += paragraph("; ".join(map(retold, tracking.replied.evidence)), width, "dim", indent=2)
    return lines


def person_lines(reading: PersonReading | None, width: int, clock: Clock) -> list[Line]:
    """The sidebar's section on a person: answers with their source and day, ends, the last open and click."""
    if reading is None:
        return []
    lines: list[Line] = []
    for purpose, state, source, at in reading.answers:
        words = f"{say(_PURPOSES[purpose])}: {say(_ANSWERS[state])} ({source}, {clock.short(at)})"
        lines += paragraph(words, width, _STYLES[state])
    for scope in reading.ended:
        lines += paragraph(say("wants no more mail") if scope is Scope.MAIL else say("wants no tracking"), width, "bad")
    if not reading.answers and not reading.ended:
        lines += paragraph(say("nobody asked them yet"), width, "dim")
    lines += _last(say("last opened"), reading.opened_at, "", width, clock)
    return lines + _last(say("last clicked"), reading.clicked_at, reading.clicked, width, clock)


def news_words(news: HumanNews, clock: Clock) -> str:
    """What is told when a person opens a mail or follows a link in it."""
    who = safe_line(news.hit.recipient) or say("Somebody")
    subject, link = safe_line(news.subject), safe_line(news.hit.link)
    when = _when(news.mode, clock, clock.short)(news.hit.at)
    if link:
        return say("{who} clicked “{link}” in “{subject}” ({when})", who=who, link=link, subject=subject, when=when)
    return say("{who} opened “{subject}” ({when})", who=who, subject=subject, when=when)


def _last(words: str, at: datetime | None, link: str, width: int, clock: Clock) -> list[Line]:
    if at is None:
        return []
    return paragraph(f"{words}: {clock.short(at)}{f' “{link}”' if link else ''}", width)


def _when(mode: TrackingMode, clock: Clock, finer: Callable[[datetime], str]) -> Callable[[datetime], str]:
    return (lambda at: day_words(clock.local(at))) if mode is TrackingMode.AGGREGATE else finer
