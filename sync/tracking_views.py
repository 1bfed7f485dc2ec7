"""What is known of a mail's reading, as the screen and the command line show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from crm_model.tracking import ConsentState, Fetcher, Purpose, Scope, TokenKind, TrackingMode, Who
from sync.hit_counts import HitCounts


@dataclass(frozen=True, slots=True)
class HitView:
    """One fetch and what it was judged to be. `link` are the words of what was clicked, or its address."""

    id: str
    kind: TokenKind
    at: datetime
    who: Who
    fetcher: Fetcher
    confidence: float
    reasons: tuple[str, ...]
    recipient: str
    link: str
    url: str
    program: str
    network: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether something happened to a mail: by whom at best, since when, and what says so."""

    who: Who
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailTracking:
    """How a mail of ours is followed and what came of it. `remark`: why it is less than was `wanted`.

    `opened` and `clicked` are None where nothing was fetched, `replied` where none of its readers wrote back; a
    person's before a machine's. In a count (`mode` aggregate) times say the day alone.
    """

    wanted: TrackingMode
    mode: TrackingMode
    basis: str
    remark: str
    counts: HitCounts = field(default_factory=HitCounts)
    hits: tuple[HitView, ...] = ()
    opened: Fact | None = None
    clicked: Fact | None = None
    replied: Fact | None = None
    reply: int | None = None

    def summary(self, when: Callable[[datetime], str]) -> str:
        """People first, in a line: "opened (person, 14:02), 2 machine opens". `when` puts a time into words."""
        return ", ".join(self.parts(when))

    def parts(self, when: Callable[[datetime], str]) -> list[str]:
        """What the summary is made of."""
        if self.mode is TrackingMode.NONE and not self.hits:
            words = [f"not tracked: {self.remark}" if self.remark else "not tracked"]
        else:
            words = [*_opens(self, when), *_clicks(self, when)] or ["not fetched yet"]
        if self.replied:
            words.append(f"answered ({when(self.replied.at)})")
        return words


@dataclass(frozen=True, slots=True)
class PersonReading:
    """What is known of a person by way of tracking: their answers, what they ended, their own last open and click.

    `answers` are purpose, state, source and time, the newest of each purpose; `mails` of ours were followed.
    """

    answers: tuple[tuple[Purpose, ConsentState, str, datetime], ...]
    ended: tuple[Scope, ...]
    mails: int
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    clicked: str = ""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that left, for lists."""

    id: int
    message_id: int | None
    thread_id: int | None
    account: str
    to: str
    subject: str
    sent_at: datetime
    tracking: MailTracking | None


@dataclass(frozen=True, slots=True)
class HumanNews:
    """A person opened a mail or followed a link in it, just now; `seq` is its place in the order of changes."""

    hit: HitView
    thread_id: int
    subject: str
    mode: TrackingMode
    seq: int


def _opens(tracking: MailTracking, when: Callable[[datetime], str]) -> Iterable[str]:
    counts = tracking.counts
    if counts.opened_at:
        more = f", {len(counts.opened_at)} times" if len(counts.opened_at) > 1 else ""
        yield f"opened (person, {when(counts.opened_at[-1])}{more})"
    yield from _counted(counts.machine_opens, "machine open", "machine opens")
    yield from _counted(counts.unclear_opens, "unclear open", "unclear opens")


def _clicks(tracking: MailTracking, when: Callable[[datetime], str]) -> Iterable[str]:
    counts = tracking.counts
    human = [hit for hit in tracking.hits if hit.kind is TokenKind.CLICK and hit.who is Who.HUMAN]
    for link in dict.fromkeys(hit.link for hit in human):
        last = max(hit.at for hit in human if hit.link == link)
        yield f"clicked “{link}” (person, {when(last)})"
    yield from _counted(counts.machine_clicks, "machine click", "machine clicks")
    yield from _counted(counts.unclear_clicks, "unclear click", "unclear clicks")


def _counted(count: int, one: str, many: str) -> Iterable[str]:
    if count:
        yield f"{count} {one if count == 1 else many}"
