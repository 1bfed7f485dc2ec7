"""A scanner that looks at a link at the moment in which a person opens it."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import EARLY_SECONDS, Seen, Trail, looks_human
from crm_model.tracking import Fetcher, HitVerdict

_AHEAD_SECONDS = 5.0


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The first of two fetches of one link from two networks, where the second looks like a person's."""
    if not seen.is_click or seen.seconds < EARLY_SECONDS:
        return None
    if any(
        looks_human(other) and not lists.checks_links(other.agent) for other in trail.followed(seen, _AHEAD_SECONDS)
    ):
        return machine(Fetcher.SCANNER, 0.7, "another network opened the same link right after: the one who clicked")
    return None
