"""Time since the mail left: what comes at once nobody read."""

from __future__ import annotations

from datetime import timedelta

from agent.tracking.judging import lists
from agent.tracking.judging.said import human, machine, unclear
from agent.tracking.judging.trail import EARLY_SECONDS, LATE_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict

_AT_ONCE_SECONDS = 5.0
_LOOK_SECONDS = 10.0
_OLD = timedelta(days=3 * 365)


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Delays on the way make the time a lower bound; so it speaks against a person, never for one."""
    if seen.is_click:
        return _click(seen, trail)
    if seen.seconds >= _LOOK_SECONDS:
        return None
    return unclear(f"the image fetched {max(0, int(seen.seconds))} s after the mail left")


def _click(seen: Seen, trail: Trail) -> HitVerdict | None:
    if seen.seconds < _AT_ONCE_SECONDS:
        return machine(Fetcher.SCANNER, 0.85, f"a link opened {max(0, int(seen.seconds))} s after the mail left")
    early = seen.seconds < EARLY_SECONDS
    old = seen.seconds < LATE_SECONDS and lists.is_old(seen.agent, seen.hit.at, _OLD)
    if old and not (trail.read_in_network(seen) or trail.shown_before(seen)):
        if early:
            return machine(Fetcher.SCANNER, 0.7, "a browser of more than three years ago, within a minute")
        return unclear("a browser of more than three years ago, within minutes, and no look at the mail before")
    if not early:
        return None
    if trail.shown_before(seen):
        return human(Fetcher.PERSON, 0.6, f"opened {int(seen.seconds)} s after the mail left, which was shown before")
    return unclear(f"a link opened {int(seen.seconds)} s after the mail left, without a look at the mail before")
