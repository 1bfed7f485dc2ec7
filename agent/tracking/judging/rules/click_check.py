"""A scanner that looks at a link at the moment in which a person opens it."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The first of two fetches of one link from two networks, where the second looks like a person's."""
    if not seen.is_click or not trail.is_click_check(seen):
        return None
    return machine(Fetcher.SCANNER, 0.7, "another network opened the same link right after: the one who clicked")
